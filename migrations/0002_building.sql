-- The building: its flats, its list of phones, the attempts to join it, what was paid, and the feed.

create table buildings (
  tenant_id        uuid primary key references tenants,
  street           text not null check (char_length(street) between 1 and 120),
  city             text not null check (char_length(city) between 1 and 80),
  -- A short word that must come with the invite link; null when the link alone is enough.
  invite_code      text check (invite_code ~ '^[A-Z0-9]{4,12}$'),
  needs_approval   boolean not null default false,
  people_per_flat  int not null default 6 check (people_per_flat between 1 and 20),
  price_minor      bigint not null default 300 check (price_minor between 0 and 100000),
  price_currency   text not null default 'usd' check (price_currency in ('usd', 'ils')),
  created_at       timestamptz not null
);
call directory.wall('buildings');

create table flats (
  tenant_id  uuid not null references tenants,
  flat_id    uuid not null,
  -- As the building writes it: "14", "14א", "חנות 2".
  number     text not null check (char_length(number) between 1 and 12),
  floor      int not null check (floor between -10 and 200),
  -- Reading order inside the building.
  position   int not null,
  primary key (tenant_id, flat_id),
  unique (tenant_id, number)
);
create index flats_in_order on flats (tenant_id, position);
call directory.wall('flats');

alter table memberships add foreign key (tenant_id, flat_id) references flats (tenant_id, flat_id);

create table roster (
  tenant_id  uuid not null references tenants,
  flat_id    uuid not null,
  phone      text not null check (phone ~ '^\+[1-9][0-9]{7,14}$'),
  name       text,
  primary key (tenant_id, flat_id, phone),
  foreign key (tenant_id, flat_id) references flats (tenant_id, flat_id)
);
create index roster_by_phone on roster (tenant_id, phone);
call directory.wall('roster');

-- One attempt to join, from the first page to the first view of the feed; its times are the join time we measure.
create table joins (
  tenant_id        uuid not null references tenants,
  join_id          uuid not null,
  -- Hash of the secret in the browser's join cookie: only that browser is signed in by the return page.
  browser_hash     bytea not null,
  state            text not null check (state in ('started', 'sent', 'paying', 'admitted', 'waiting', 'failed')),
  flat_id          uuid,
  name             text check (char_length(name) between 2 and 80),
  phone            text,
  consent_version  text,
  consented_at     timestamptz,
  membership_id    uuid,
  -- True when this attempt made the person; only then may the return page sign in.
  new_person       boolean,
  signed_in_at     timestamptz,
  started_at       timestamptz not null,
  sent_at          timestamptz,
  payment_opened_at timestamptz,
  confirmed_at     timestamptz,
  first_feed_at    timestamptz,
  primary key (tenant_id, join_id),
  foreign key (tenant_id, flat_id) references flats (tenant_id, flat_id),
  foreign key (tenant_id, membership_id) references memberships (tenant_id, membership_id)
);
create unique index joins_by_browser on joins (tenant_id, browser_hash);
create index joins_by_time on joins (tenant_id, started_at);
create index joins_of_membership on joins (tenant_id, membership_id) where membership_id is not null;
create index joins_waiting on joins (tenant_id, flat_id) where state = 'waiting';
call directory.wall('joins');

-- Our intent to be paid, stored before any provider is called. One row is one Stripe Checkout Session.
create table checkouts (
  tenant_id        uuid not null references tenants,
  checkout_id      uuid not null,
  -- What is bought: 'membership' of a flat. The buying room is told by a job when it is paid.
  purpose          text not null check (purpose in ('membership')),
  subject_id       uuid not null,
  flat_id          uuid not null,
  state            text not null check (state in ('intended', 'open', 'paid', 'expired', 'failed', 'refunding', 'refunded')),
  amount_minor     bigint not null check (amount_minor > 0),
  currency         text not null check (currency in ('usd', 'ils')),
  -- Sent to the provider with the call and stored before it, so that a repeated call is the same call.
  idempotency_key  text not null,
  return_path      text not null,
  cancel_path      text not null,
  product_name     text not null,
  provider_session text,
  provider_url     text,
  provider_payment text,
  provider_subscription text,
  refund_reason    text,
  settled_by       text check (settled_by in ('return', 'webhook', 'sweep')),
  created_at       timestamptz not null,
  opened_at        timestamptz,
  settled_at       timestamptz,
  primary key (tenant_id, checkout_id),
  unique (tenant_id, idempotency_key),
  foreign key (tenant_id, flat_id) references flats (tenant_id, flat_id)
);
create index checkouts_by_subject on checkouts (tenant_id, subject_id);
create index checkouts_unsettled on checkouts (tenant_id, created_at) where state in ('intended', 'open', 'refunding');
call directory.wall('checkouts');

-- One paid subscription a flat.
create table flat_subscriptions (
  tenant_id      uuid not null references tenants,
  flat_id        uuid not null,
  checkout_id    uuid not null,
  provider_subscription text,
  begun_at       timestamptz not null,
  ended_at       timestamptz,
  primary key (tenant_id, checkout_id),
  foreign key (tenant_id, flat_id) references flats (tenant_id, flat_id),
  foreign key (tenant_id, checkout_id) references checkouts (tenant_id, checkout_id)
);
create unique index flat_subscriptions_one on flat_subscriptions (tenant_id, flat_id) where ended_at is null;
call directory.wall('flat_subscriptions');

-- ---------------------------------------------------------------------------------------------------- feed
create table posts (
  tenant_id      uuid not null references tenants,
  post_id        uuid not null,
  membership_id  uuid,
  kind           text not null check (kind in ('post', 'notice', 'joined', 'event')),
  body           text not null check (char_length(body) between 0 and 4000),
  title          text check (char_length(title) <= 120),
  pinned         boolean not null default false,
  pinned_until   timestamptz,
  event_at       timestamptz,
  client_key     uuid,
  reports        int not null default 0,
  removed_at     timestamptz,
  removed_by     uuid,
  created_at     timestamptz not null,
  primary key (tenant_id, post_id),
  foreign key (tenant_id, membership_id) references memberships (tenant_id, membership_id)
);
create index posts_newest on posts (tenant_id, created_at desc, post_id desc) where removed_at is null;
create index posts_pinned on posts (tenant_id, created_at desc) where pinned and removed_at is null;
create unique index posts_sent_once on posts (tenant_id, membership_id, client_key) where client_key is not null;
call directory.wall('posts');

create table comments (
  tenant_id      uuid not null references tenants,
  comment_id     uuid not null,
  post_id        uuid not null,
  membership_id  uuid not null,
  body           text not null check (char_length(body) between 1 and 1000),
  client_key     uuid,
  removed_at     timestamptz,
  created_at     timestamptz not null,
  primary key (tenant_id, comment_id),
  foreign key (tenant_id, post_id) references posts (tenant_id, post_id),
  foreign key (tenant_id, membership_id) references memberships (tenant_id, membership_id)
);
create index comments_of_post on comments (tenant_id, post_id, created_at) where removed_at is null;
create unique index comments_sent_once on comments (tenant_id, membership_id, client_key) where client_key is not null;
call directory.wall('comments');

create table reactions (
  tenant_id      uuid not null references tenants,
  post_id        uuid not null,
  membership_id  uuid not null,
  created_at     timestamptz not null,
  primary key (tenant_id, post_id, membership_id),
  foreign key (tenant_id, post_id) references posts (tenant_id, post_id),
  foreign key (tenant_id, membership_id) references memberships (tenant_id, membership_id)
);
call directory.wall('reactions');

create table post_reports (
  tenant_id      uuid not null references tenants,
  post_id        uuid not null,
  membership_id  uuid not null,
  reason         text not null check (char_length(reason) between 1 and 300),
  created_at     timestamptz not null,
  primary key (tenant_id, post_id, membership_id),
  foreign key (tenant_id, post_id) references posts (tenant_id, post_id),
  foreign key (tenant_id, membership_id) references memberships (tenant_id, membership_id)
);
call directory.wall('post_reports');

create table pictures (
  tenant_id   uuid not null references tenants,
  picture_id  uuid not null,
  post_id     uuid,
  place       int not null default 0,
  width       int not null,
  height      int not null,
  -- Re-encoded by us; never the bytes that were sent.
  bytes       bytea not null check (octet_length(bytes) <= 1048576),
  created_at  timestamptz not null,
  primary key (tenant_id, picture_id),
  foreign key (tenant_id, post_id) references posts (tenant_id, post_id)
);
create index pictures_of_post on pictures (tenant_id, post_id, place);
call directory.wall('pictures');

-- The chip filters and the counts on the first screen read these; grants by who does what.
grant select, insert, update on buildings, flats, roster, joins, checkouts, posts, comments, pictures to vantera_web;
grant select, insert, delete on reactions, roster to vantera_web;
grant select, insert on post_reports, flat_subscriptions to vantera_web;
grant select, insert, update on joins, posts, checkouts, flat_subscriptions to vantera_worker;
grant select on buildings, flats, roster, comments, reactions, post_reports, pictures to vantera_worker;
grant select, update on checkouts to vantera_payments;
grant select on buildings, flats, flat_subscriptions to vantera_payments;

-- Which tenant a provider's session belongs to: the way of an inbound event to its tenant.
create policy directory_reads on checkouts for select to vantera_directory using (true);
grant select on checkouts to vantera_directory;
create unique index checkouts_by_session on checkouts (provider_session) where provider_session is not null;
create function directory.checkout_by_session(p_session text) returns table (tenant_id uuid, checkout_id uuid)
language sql stable security definer set search_path = public, pg_temp as $$
  select tenant_id, checkout_id from checkouts where provider_session = p_session
$$;
create index checkouts_open_everywhere on checkouts (created_at) where state in ('intended', 'open', 'refunding');
-- For the sweeper: the unsettled checkouts older than a moment, oldest first.
create function directory.checkouts_unsettled(p_before timestamptz, p_limit int) returns table (tenant_id uuid, checkout_id uuid)
language sql stable security definer set search_path = public, pg_temp as $$
  select tenant_id, checkout_id from checkouts where state in ('intended', 'open', 'refunding') and created_at < p_before order by created_at limit p_limit
$$;
call directory.hand_over('directory.checkout_by_session(text)', 'vantera_payments, vantera_worker');
call directory.hand_over('directory.checkouts_unsettled(timestamptz, int)', 'vantera_payments, vantera_worker');
