-- The feed is searched, a post may be mended for a while, put back by who took it down, and hidden by one reader.

-- A text as it is searched: small letters, without niqqud, geresh and gershayim, final letters like the others.
-- src/feed/server/finding.rs says the same in Rust.
create function directory.plain_text(p_text text) returns text language sql immutable strict parallel safe
as $$ select regexp_replace(translate(lower(p_text), '־ךםןףץ', ' כמנפצ'), '[\u0591-\u05c7\u200c-\u200f\u061c"''׳״’‘“”`´]', '', 'g') $$;

alter table posts add column plain text not null generated always as (directory.plain_text(coalesce(title, '') || ' ' || body)) stored;
alter table comments add column plain text not null generated always as (directory.plain_text(body)) stored;

-- Most servers have trigrams; one without them reads a tenant's posts one by one.
do $$ begin
  if exists (select from pg_extension where extname = 'pg_trgm') then
    create index posts_plain on posts using gin (plain gin_trgm_ops) where removed_at is null;
    create index comments_plain on comments using gin (plain gin_trgm_ops) where removed_at is null;
  end if;
end $$;

-- LIKE is not leakproof, so under a policy it would use no index: this function reads the tenant's setting itself.
create policy directory_reads on posts for select to vantera_directory using (true);
create policy directory_reads on comments for select to vantera_directory using (true);
grant select on posts, comments to vantera_directory;
create function directory.search_feed(p_patterns text[], p_before timestamptz, p_before_id uuid, p_limit int)
returns table (post_id uuid, comment_id uuid, said_at timestamptz)
language sql stable security definer set search_path = public, pg_temp as $$
  select f.post_id, f.comment_id, f.created_at from (
    select p.post_id, null::uuid as comment_id, p.created_at, p.post_id as said_id from posts p
    where p.tenant_id = directory.current_tenant() and p.removed_at is null and p.plain like p_patterns[1] and p.plain like all (p_patterns)
    union all
    select c.post_id, c.comment_id, c.created_at, c.comment_id from comments c
    join posts p on p.tenant_id = c.tenant_id and p.post_id = c.post_id and p.removed_at is null
    where c.tenant_id = directory.current_tenant() and c.removed_at is null and c.plain like p_patterns[1] and c.plain like all (p_patterns)
  ) f
  where (f.created_at, f.said_id) < (p_before, p_before_id) order by f.created_at desc, f.said_id desc limit p_limit
$$;
call directory.hand_over('directory.search_feed(text[], timestamptz, uuid, int)', 'vantera_web');

-- When its author last mended a post; the board says that it was.
alter table posts add column edited_at timestamptz;

-- Posts one reader does not want to see. They stand for everybody else, and the search still finds them.
create table post_hides (
  tenant_id      uuid not null references tenants,
  membership_id  uuid not null,
  post_id        uuid not null,
  created_at     timestamptz not null,
  primary key (tenant_id, membership_id, post_id),
  foreign key (tenant_id, membership_id) references memberships (tenant_id, membership_id),
  foreign key (tenant_id, post_id) references posts (tenant_id, post_id)
);
call directory.wall('post_hides');
grant select, insert, delete on post_hides to vantera_web;
