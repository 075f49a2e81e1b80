-- The webhooks gateway: who may be told what happens in a building, and where he is told.
--
-- A partner (insurer, maintenance vendor, municipality, developer) is global: he has endpoints and keys of his own and is
-- granted buildings by their committees. Only a grant is a tenant's row. Partners' tables are reached through definer
-- functions alone; what is sent stands in 0095_deliveries.sql.

create table partners (
  partner_id  uuid primary key,
  -- What a committee types to find him: 6 letters and digits (Crockford's base 32).
  code        text not null unique check (code ~ '^[0-9A-HJKMNP-TV-Z]{6}$'),
  name        text not null check (char_length(name) between 2 and 120),
  kind        text not null check (kind in ('insurer', 'maintenance', 'municipality', 'developer')),
  opened_by   uuid not null references people,
  created_at  timestamptz not null
);
create table partner_staff (
  staff_id    uuid primary key,
  partner_id  uuid not null references partners,
  person_id   uuid not null references people,
  added_at    timestamptz not null,
  ended_at    timestamptz
);
create unique index partner_staff_once on partner_staff (partner_id, person_id) where ended_at is null;
create index partner_staff_of_person on partner_staff (person_id) where ended_at is null;

-- A key of the REST API: shown once, kept as SHA-256 of its whole text (256 random bits need no salt).
create table partner_keys (
  key_id      uuid primary key,
  partner_id  uuid not null references partners,
  name        text not null check (char_length(name) between 1 and 60),
  -- The first characters, so that its owner knows it again.
  prefix      text not null,
  key_hash    bytea not null unique check (octet_length(key_hash) = 32),
  -- 'read' or 'write' (which reads too)
  scope       text not null check (scope in ('read', 'write')),
  created_by  uuid references people,
  created_at  timestamptz not null,
  last_used_at timestamptz,
  revoked_at  timestamptz
);
create index partner_keys_of on partner_keys (partner_id);

create table gateway_endpoints (
  endpoint_id   uuid primary key,
  partner_id    uuid not null references partners,
  url           text not null check (char_length(url) between 8 and 2000),
  description   text not null default '' check (char_length(description) <= 200),
  -- Types, or families that end in '.*'; empty means all that the building grants.
  event_types   text[] not null default '{}',
  state         text not null check (state in ('active', 'disabled', 'deleted')),
  -- 'owner' | 'gone' (it answered 410) | 'failing' (nothing arrived for days) | 'operator'
  disabled_reason text,
  disabled_at   timestamptz,
  -- Messages a minute at most.
  per_minute    int not null default 600 check (per_minute between 1 and 6000),
  -- Since when nothing arrives; null while it answers.
  failing_since timestamptz,
  failures_in_a_row int not null default 0,
  -- Nothing is sent before (Retry-After, or the pause after failures).
  hold_until    timestamptz,
  created_at    timestamptz not null
);
create index gateway_endpoints_of on gateway_endpoints (partner_id) where state <> 'deleted';

-- Signing secrets of an endpoint, sealed by the vault (place: tenant 'platform', table 'gateway_secrets', column 'sealed',
-- row the secret's id). While one replaces another both sign.
create table gateway_secrets (
  secret_id    uuid primary key,
  endpoint_id  uuid not null references gateway_endpoints,
  sealed       bytea not null,
  created_at   timestamptz not null,
  -- Signs no more after; null for the newest.
  expires_at   timestamptz
);
create index gateway_secrets_of on gateway_secrets (endpoint_id);

do $$ declare t text; begin
  foreach t in array array['partners', 'partner_staff', 'partner_keys', 'gateway_endpoints', 'gateway_secrets'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy directory_only on %I to vantera_directory using (true) with check (true)', t);
    execute format('grant select, insert, update on %I to vantera_directory', t);
  end loop;
end $$;

-- What a building's committee allows a partner to be told, until when.
create table gateway_grants (
  tenant_id    uuid not null references tenants,
  grant_id     uuid not null,
  partner_id   uuid not null references partners,
  -- Types, or families that end in '.*'; never empty.
  event_types  text[] not null check (cardinality(event_types) between 1 and 40),
  granted_by   uuid,
  granted_at   timestamptz not null,
  -- Told nothing from then on; null for as long as it is not withdrawn.
  ends_at      timestamptz,
  withdrawn_by uuid,
  withdrawn_at timestamptz,
  primary key (tenant_id, grant_id)
);
create unique index gateway_grants_one on gateway_grants (tenant_id, partner_id) where withdrawn_at is null;
create index gateway_grants_of_partner on gateway_grants (partner_id) where withdrawn_at is null;
call directory.wall('gateway_grants');
grant select, insert, update on gateway_grants to vantera_web, vantera_worker;
grant select on gateway_grants to vantera_payments, vantera_directory;
create policy directory_reads on gateway_grants for select to vantera_directory using (true);

-- Whether a list of types (with families) names a type.
create function directory.names_type(p_list text[], p_type text) returns boolean language sql immutable parallel safe set search_path = pg_catalog, pg_temp as $$
  select exists (select 1 from unnest(p_list) one where one = p_type or (right(one, 2) = '.*' and starts_with(p_type, left(one, -1))))
$$;
grant execute on function directory.names_type(text[], text) to vantera_web, vantera_worker, vantera_payments, vantera_directory;
