-- Inbound webhooks of every provider: kept once, led to their tenant, cut into months.
--
-- Why two tables. An event is kept once by (provider, account, event id), for as long as a provider may repeat it; the
-- events themselves are many and old ones are let go a month at a time. A unique key of a partitioned table must hold
-- the column it is cut by, so it could not say "once" across months: inbound_ids says it, small and without bodies, and
-- the events stand beside it in their months.
--
-- Expand: the three functions of 0001 keep their names and meaning, for processes of the version before. They may go
-- once none of those runs.

-- Where events of a tenant come from: its WhatsApp number, its page, its bot, its account with a payment provider.
create table intake_accounts (
  tenant_id   uuid not null references tenants,
  account_id  uuid not null,
  provider    text not null check (provider in ('stripe', 'whatsapp', 'messenger', 'telegram', 'voicenter', 'morning', 'icount', 'grow', 'payme', 'google')),
  -- As the provider calls it: a phone_number_id, a page's id, a bot's name, a channel's id.
  account     text not null check (char_length(account) between 1 and 128),
  -- The phone, digits alone with the country's code, where the provider tells the event's by it (Voicenter, WhatsApp).
  phone       text check (phone ~ '^[1-9][0-9]{6,14}$'),
  -- SHA-256 of the secret in the account's own address; null where one address serves all accounts of a provider.
  path_hash   bytea check (octet_length(path_hash) = 32),
  -- The provider's secrets as JSON, sealed by the vault (place: the tenant, 'intake_accounts', 'sealed', account_id).
  sealed      bytea,
  created_at  timestamptz not null,
  closed_at   timestamptz,
  primary key (tenant_id, account_id)
);
-- One account is one tenant's: whoever adds it a second time is refused.
create unique index intake_accounts_once on intake_accounts (provider, account) where closed_at is null;
create unique index intake_accounts_by_phone on intake_accounts (provider, phone) where closed_at is null and phone is not null;
create unique index intake_accounts_by_path on intake_accounts (path_hash) where closed_at is null and path_hash is not null;
call directory.wall('intake_accounts');
grant select, insert, update on intake_accounts to vantera_web, vantera_worker;
grant select on intake_accounts to vantera_payments, vantera_directory;
create policy directory_reads on intake_accounts for select to vantera_directory using (true);

-- ---------------------------------------------------------------------------------------------------- once
create table inbound_ids (
  provider     text not null,
  account      text not null,
  event_id     text not null,
  inbound_id   uuid not null,
  received_at  timestamptz not null,
  primary key (provider, account, event_id)
);
create unique index inbound_ids_of_event on inbound_ids (inbound_id);
create index inbound_ids_by_age on inbound_ids (received_at);

-- ---------------------------------------------------------------------------------------------------- by month
alter table inbound_events rename to inbound_events_before;
alter table inbound_events_before rename constraint inbound_events_pkey to inbound_events_before_pkey;
create table inbound_events (
  inbound_id    uuid not null,
  provider      text not null,
  account       text not null default '',
  event_id      text not null,
  kind          text not null,
  content_type  text not null default 'application/json',
  body          bytea not null,
  -- received (a job waits) | processed | ignored | kept (nobody reads it yet) | unconfirmed (the provider was not asked
  -- back yet) | refuted (it was, and knew otherwise) | unrouted (no tenant has this account)
  state         text not null check (state in ('received', 'processed', 'ignored', 'kept', 'unconfirmed', 'refuted', 'unrouted')),
  -- Whether its words were signed, or must be asked about.
  proven        boolean not null default true,
  tenant_id     uuid,
  received_at   timestamptz not null,
  processed_at  timestamptz,
  -- How often an operator had it read again, and when last.
  replays       int not null default 0,
  replayed_at   timestamptz,
  primary key (inbound_id, received_at)
) partition by range (received_at);
create index inbound_events_latest on inbound_events (received_at desc, inbound_id desc);
create index inbound_events_by_event on inbound_events (event_id);
create index inbound_events_unrouted on inbound_events (provider, account, received_at) where state = 'unrouted';
create index inbound_events_of_tenant on inbound_events (tenant_id, received_at desc) where tenant_id is not null;

-- What is forged is counted and never kept: how many a provider and an hour, and why they were not believed.
create table inbound_forged (
  provider  text not null,
  hour      timestamptz not null,
  reason    text not null,
  count     bigint not null,
  primary key (provider, hour, reason)
);

do $$ declare t text; begin
  foreach t in array array['inbound_ids', 'inbound_events', 'inbound_forged'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy directory_only on %I to vantera_directory using (true) with check (true)', t);
    execute format('grant select, insert, update, delete on %I to vantera_directory', t);
  end loop;
end $$;

-- Makes the months around a moment and takes away those that are over for longer than they are kept. Belongs to the
-- tables' owner: partitions do not inherit their parent's walls, so each gets its own (nobody is let in but through the
-- parent). What falls into no month lands in the last table and is not lost.
create table inbound_events_else partition of inbound_events default;
alter table inbound_events_else enable row level security;
alter table inbound_events_else force row level security;

create function directory.inbound_months(p_now timestamptz, p_kept_months int) returns int
language plpgsql security definer set search_path = public, pg_temp as $$
declare first timestamptz; name text; gone int := 0; oldest text;
begin
  if p_kept_months < 1 then raise exception 'events are kept for a month at least'; end if;
  for ahead in 0..2 loop
    first := date_trunc('month', p_now at time zone 'UTC') at time zone 'UTC' + make_interval(months => ahead);
    name := 'inbound_events_' || to_char(first at time zone 'UTC', 'YYYY_MM');
    if to_regclass(name) is null then
      execute format('create table %I partition of inbound_events for values from (%L) to (%L)', name, first, first + interval '1 month');
      execute format('alter table %I enable row level security', name);
      execute format('alter table %I force row level security', name);
    end if;
  end loop;
  oldest := 'inbound_events_' || to_char((p_now at time zone 'UTC') - make_interval(months => p_kept_months), 'YYYY_MM');
  for name in select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
              where i.inhparent = 'inbound_events'::regclass and c.relname ~ '^inbound_events_[0-9]{4}_[0-9]{2}$' and c.relname < oldest loop
    execute format('drop table %I', name);
    gone := gone + 1;
  end loop;
  return gone;
end $$;
revoke all on function directory.inbound_months(timestamptz, int) from public;
grant execute on function directory.inbound_months(timestamptz, int) to vantera_worker;
select directory.inbound_months(now(), 12);

-- What was kept so far. The owner is bound by the walls too, so they stand aside for this.
alter table inbound_events_before no force row level security;
alter table inbound_ids no force row level security;
alter table inbound_events no force row level security;
insert into inbound_events (inbound_id, provider, event_id, kind, body, state, tenant_id, received_at, processed_at)
  select inbound_id, provider, event_id, kind, body, state, tenant_id, received_at, processed_at from inbound_events_before;
insert into inbound_ids (provider, account, event_id, inbound_id, received_at) select provider, '', event_id, inbound_id, received_at from inbound_events_before;
alter table inbound_ids force row level security;
alter table inbound_events force row level security;
drop table inbound_events_before;
