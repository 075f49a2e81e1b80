-- When each reader last looked at the feed, and what a post was when it was written.

create table feed_visits (
  tenant_id      uuid not null references tenants,
  membership_id  uuid not null,
  -- The latest look; looks that follow one another closely are one visit.
  seen_at        timestamptz not null,
  -- The end of the visit before: what was written after it is new. Null on the first visit.
  since_at       timestamptz,
  primary key (tenant_id, membership_id),
  foreign key (tenant_id, membership_id) references memberships (tenant_id, membership_id)
);
call directory.wall('feed_visits');
grant select, insert, update on feed_visits to vantera_web;

-- Whether the committee spoke, kept with the post: handing over the office does not rewrite who said what.
alter table posts add column from_committee boolean not null default false;

-- One index a filter chip; neighbours' posts are the many and are read from posts_newest.
create index posts_of_committee on posts (tenant_id, created_at desc, post_id desc) where removed_at is null and from_committee;
create index posts_of_events on posts (tenant_id, created_at desc, post_id desc) where removed_at is null and kind = 'event';
create index posts_by_event on posts (tenant_id, event_at) where removed_at is null and kind = 'event';
-- How much one member wrote lately.
create index posts_of_member on posts (tenant_id, membership_id, created_at);
create index comments_of_member on comments (tenant_id, membership_id, created_at);
