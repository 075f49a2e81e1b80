-- The floor: tenants, people, sessions, doors across tenants, jobs, intake, the activity stream and the audit log.
--
-- Three kinds of tables stand here:
--   global ones, which only definer functions reach (listed in tests/it/walls.rs);
--   a tenant's, behind a policy that compares tenant_id with the transaction's app.tenant;
--   the job library's, which its own migrations make.
-- The app's roles own nothing and cannot bypass row-level security; see docs/ARCHITECTURE.md.

create schema directory authorization current_user;
comment on schema directory is 'The few functions that look across tenants. Each returns only what its caller needs.';
grant usage on schema directory to vantera_web, vantera_worker, vantera_payments, vantera_directory;
grant usage on schema public to vantera_web, vantera_worker, vantera_payments, vantera_directory;
grant create on schema directory to vantera_directory;

-- The setting every policy reads. STABLE and inlinable: a policy with a volatile function loses its index.
create function directory.current_tenant() returns uuid language sql stable parallel safe
as $$ select nullif(current_setting('app.tenant', true), '')::uuid $$;

-- Builds the wall of one table: row-level security enabled and forced, one policy for the app's roles,
-- one for the directory (which reads across tenants inside its own functions).
create procedure directory.wall(p_table regclass) language plpgsql as $$
begin
  execute format('alter table %s enable row level security', p_table);
  execute format('alter table %s force row level security', p_table);
  execute format('create policy tenant_wall on %s using (tenant_id = (select nullif(current_setting(''app.tenant'', true), '''')::uuid)) with check (tenant_id = (select nullif(current_setting(''app.tenant'', true), '''')::uuid))', p_table);
end $$;

-- Hands a definer function to the directory and sets who may call it. Only its owner may give or take that, so it is
-- done as the directory; the schema's owner may call it too, because queries are checked as him at compile time.
create procedure directory.hand_over(p_function regprocedure, p_callers text) language plpgsql as $$
begin
  execute format('alter function %s owner to vantera_directory', p_function);
  set local role vantera_directory;
  execute format('revoke all on function %s from public', p_function);
  execute format('grant execute on function %s to vantera_owner, %s', p_function, p_callers);
  reset role;
end $$;

-- ---------------------------------------------------------------------------------------------------- tenants
create table tenants (
  tenant_id   uuid primary key,
  kind        text not null check (kind in ('building', 'business')),
  slug        text not null unique check (slug ~ '^[a-z0-9][a-z0-9-]{1,58}[a-z0-9]$'),
  name        text not null check (char_length(name) between 1 and 120),
  time_zone   text not null default 'Asia/Jerusalem',
  language    text not null default 'he' check (language in ('he', 'en')),
  created_at  timestamptz not null
);
call directory.wall('tenants');
grant select, update on tenants to vantera_web, vantera_worker, vantera_payments;
grant select, insert on tenants to vantera_directory;
create policy directory_reads on tenants for select to vantera_directory using (true);
create policy directory_opens on tenants for insert to vantera_directory with check (true);

-- ---------------------------------------------------------------------------------------------------- people (global)
create table people (
  person_id   uuid primary key,
  phone       text unique check (phone ~ '^\+[1-9][0-9]{7,14}$'),
  name        text not null,
  language    text not null default 'he',
  created_at  timestamptz not null
);
alter table people enable row level security;
alter table people force row level security;
create policy directory_only on people to vantera_directory using (true) with check (true);
grant select, insert, update on people to vantera_directory;

create table sessions (
  session_id    uuid primary key,
  person_id     uuid not null references people,
  refresh_hash  bytea not null unique,
  -- The hash spent by the last rotation and until when a parallel tab may still bring it.
  spent_hash    bytea unique,
  spent_grace_until timestamptz,
  device        text not null default '',
  created_at    timestamptz not null,
  seen_at       timestamptz not null,
  expires_at    timestamptz not null,
  ended_at      timestamptz,
  end_reason    text
);
create index sessions_of_person on sessions (person_id) where ended_at is null;
-- Every refresh token ever spent, so that a stolen one is known when it comes back (kept until its session expires).
create table spent_refresh_tokens (
  refresh_hash  bytea primary key,
  session_id    uuid not null references sessions on delete cascade,
  spent_at      timestamptz not null
);
create table login_codes (
  code_id     uuid primary key,
  phone       text not null,
  code_hash   bytea not null,
  attempts    int not null default 0,
  created_at  timestamptz not null,
  expires_at  timestamptz not null,
  used_at     timestamptz
);
create index login_codes_by_phone on login_codes (phone, created_at desc);
do $$ declare t text; begin
  foreach t in array array['sessions', 'spent_refresh_tokens', 'login_codes'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy directory_only on %I to vantera_directory using (true) with check (true)', t);
    execute format('grant select, insert, update, delete on %I to vantera_directory', t);
  end loop;
end $$;

-- ---------------------------------------------------------------------------------------------------- memberships
create table memberships (
  tenant_id      uuid not null references tenants,
  membership_id  uuid not null,
  person_id      uuid not null references people,
  role           text not null check (role in ('resident', 'committee', 'treasurer', 'chair')),
  trust          text not null check (trust in ('paid', 'verified')),
  state          text not null check (state in ('active', 'removed')),
  flat_id        uuid,
  display_name   text not null check (char_length(display_name) between 2 and 80),
  phone          text,
  joined_at      timestamptz not null,
  verified_by    text check (verified_by in ('code', 'committee', 'neighbours', 'founder')),
  removed_at     timestamptz,
  removed_reason text,
  primary key (tenant_id, membership_id)
);
create unique index memberships_one_active on memberships (tenant_id, person_id) where state = 'active';
create index memberships_of_flat on memberships (tenant_id, flat_id) where state = 'active';
create index memberships_of_person on memberships (person_id) where state = 'active';
call directory.wall('memberships');
grant select, insert, update on memberships to vantera_web, vantera_worker;
grant select on memberships to vantera_payments, vantera_directory;
create policy directory_reads on memberships for select to vantera_directory using (true);

-- ---------------------------------------------------------------------------------------------------- activity: one gap-free line of events a tenant
create table activity_heads (
  tenant_id  uuid primary key references tenants,
  last_seq   bigint not null
);
call directory.wall('activity_heads');
create table activity (
  tenant_id   uuid not null references tenants,
  seq         bigint not null,
  kind        text not null,
  -- who may see it: 'everyone' or 'committee'
  audience    text not null check (audience in ('everyone', 'committee')),
  subject     uuid,
  payload     jsonb not null,
  created_at  timestamptz not null,
  primary key (tenant_id, seq)
);
call directory.wall('activity');
grant select, insert, update on activity_heads to vantera_web, vantera_worker, vantera_payments;
grant select, insert on activity to vantera_web, vantera_worker, vantera_payments;

-- ---------------------------------------------------------------------------------------------------- audit log: append-only
create table audit_log (
  tenant_id   uuid not null references tenants,
  audit_id    uuid not null,
  actor       uuid,
  actor_role  text not null,
  act         text not null,
  subject     text not null,
  detail      jsonb not null,
  address     text,
  trace_id    text not null,
  created_at  timestamptz not null,
  primary key (tenant_id, audit_id)
);
create index audit_by_time on audit_log (tenant_id, created_at desc);
call directory.wall('audit_log');
grant select, insert on audit_log to vantera_web, vantera_worker, vantera_payments;
create policy directory_denials on audit_log for insert to vantera_directory with check (true);
grant insert on audit_log to vantera_directory;
create function audit_is_append_only() returns trigger language plpgsql as $$
begin raise exception 'the audit log is append-only'; end $$;
create trigger audit_is_append_only before update or delete or truncate on audit_log for each statement execute function audit_is_append_only();

-- ---------------------------------------------------------------------------------------------------- intake: inbound events as they came
create table inbound_events (
  inbound_id   uuid primary key,
  provider     text not null,
  event_id     text not null,
  kind         text not null,
  body         bytea not null,
  state        text not null check (state in ('received', 'processed', 'ignored')),
  tenant_id    uuid,
  received_at  timestamptz not null,
  processed_at timestamptz,
  unique (provider, event_id)
);
alter table inbound_events enable row level security;
alter table inbound_events force row level security;
create policy directory_only on inbound_events to vantera_directory using (true) with check (true);
grant select, insert, update on inbound_events to vantera_directory;

-- ---------------------------------------------------------------------------------------------------- across tenants
-- Opens a context: finds the tenant by its slug, binds the transaction to it, reads the session and the membership.
-- Returns no row when there is no such tenant. A dead session or a removed member comes back as a visitor.
create function directory.open_by_slug(p_slug text, p_session uuid, p_now timestamptz)
returns table (tenant_id uuid, slug text, name text, time_zone text, language text, kind text,
               person_id uuid, membership_id uuid, role text, trust text, flat_id uuid, display_name text, session_alive boolean)
language plpgsql security definer set search_path = public, pg_temp as $$
declare found_tenant tenants%rowtype;
begin
  select * into found_tenant from tenants t where t.slug = p_slug;
  if not found then return; end if;
  perform set_config('app.tenant', found_tenant.tenant_id::text, true);
  return query
    select found_tenant.tenant_id, found_tenant.slug, found_tenant.name, found_tenant.time_zone, found_tenant.language, found_tenant.kind,
           s.person_id, m.membership_id, m.role, m.trust, m.flat_id, m.display_name, s.session_id is not null
    from (select 1) one
    left join sessions s on s.session_id = p_session and s.ended_at is null and s.expires_at > p_now
    left join memberships m on m.tenant_id = found_tenant.tenant_id and m.person_id = s.person_id and m.state = 'active';
end $$;

-- Opens a tenant for a job or a schedule.
create function directory.open_by_id(p_tenant uuid)
returns table (tenant_id uuid, slug text, name text, time_zone text, language text, kind text)
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform set_config('app.tenant', p_tenant::text, true);
  return query select t.tenant_id, t.slug, t.name, t.time_zone, t.language, t.kind from tenants t where t.tenant_id = p_tenant;
end $$;

create function directory.create_tenant(p_tenant uuid, p_kind text, p_slug text, p_name text, p_time_zone text, p_now timestamptz)
returns void language plpgsql security definer set search_path = public, pg_temp as $$
begin
  insert into tenants (tenant_id, kind, slug, name, time_zone, created_at) values (p_tenant, p_kind, p_slug, p_name, p_time_zone, p_now);
  perform set_config('app.tenant', p_tenant::text, true);
end $$;

-- The tenants of a person, for switching and for the way home after signing in.
create function directory.tenants_of(p_person uuid)
returns table (tenant_id uuid, slug text, name text, role text) language sql stable security definer set search_path = public, pg_temp as $$
  select t.tenant_id, t.slug, t.name, m.role from memberships m join tenants t using (tenant_id)
  where m.person_id = p_person and m.state = 'active' order by m.joined_at
$$;

create function directory.person_by_phone(p_phone text) returns uuid language sql stable security definer set search_path = public, pg_temp as $$
  select person_id from people where phone = p_phone
$$;

create function directory.person(p_person uuid) returns table (name text, phone text, language text)
language sql stable security definer set search_path = public, pg_temp as $$
  select name, phone, language from people where person_id = p_person
$$;

-- A person with this phone, made if there is none. `existed` tells a newcomer from somebody we know.
create function directory.ensure_person(p_person uuid, p_phone text, p_name text, p_now timestamptz)
returns table (person_id uuid, existed boolean) language plpgsql security definer set search_path = public, pg_temp as $$
begin
  insert into people (person_id, phone, name, created_at) values (p_person, p_phone, p_name, p_now) on conflict (phone) do nothing;
  return query select p.person_id, p.person_id <> p_person from people p where p.phone = p_phone;
end $$;

-- Sessions.
create function directory.session_begin(p_session uuid, p_person uuid, p_refresh_hash bytea, p_device text, p_now timestamptz, p_expires timestamptz)
returns void language sql security definer set search_path = public, pg_temp as $$
  insert into sessions (session_id, person_id, refresh_hash, device, created_at, seen_at, expires_at)
  values (p_session, p_person, p_refresh_hash, left(p_device, 120), p_now, p_now, p_expires)
$$;

-- Spends a refresh token for a new one. Outcomes: 'rotated'; 'grace' (a parallel tab brought the token just spent);
-- 'reused' (a token spent before: the whole family ends); 'unknown'.
create function directory.session_rotate(p_old bytea, p_new bytea, p_now timestamptz, p_grace_until timestamptz)
returns table (outcome text, session_id uuid, person_id uuid) language plpgsql security definer set search_path = public, pg_temp as $$
declare s sessions%rowtype; spent uuid;
begin
  select * into s from sessions x where x.refresh_hash = p_old and x.ended_at is null and x.expires_at > p_now for update;
  if found then
    insert into spent_refresh_tokens (refresh_hash, session_id, spent_at) values (p_old, s.session_id, p_now);
    update sessions x set refresh_hash = p_new, spent_hash = p_old, spent_grace_until = p_grace_until, seen_at = p_now where x.session_id = s.session_id;
    return query select 'rotated', s.session_id, s.person_id; return;
  end if;
  select * into s from sessions x where x.spent_hash = p_old and x.ended_at is null and x.expires_at > p_now for update;
  if found and s.spent_grace_until > p_now then
    return query select 'grace', s.session_id, s.person_id; return;
  end if;
  select t.session_id into spent from spent_refresh_tokens t where t.refresh_hash = p_old;
  if spent is not null then
    update sessions x set ended_at = p_now, end_reason = 'reuse' where x.session_id = spent and x.ended_at is null;
    return query select 'reused', spent, null::uuid; return;
  end if;
  return query select 'unknown', null::uuid, null::uuid;
end $$;

create function directory.session_end(p_session uuid, p_reason text, p_now timestamptz) returns void
language sql security definer set search_path = public, pg_temp as $$
  update sessions set ended_at = p_now, end_reason = p_reason where session_id = p_session and ended_at is null
$$;
create function directory.session_end_all(p_person uuid, p_reason text, p_now timestamptz) returns bigint
language sql security definer set search_path = public, pg_temp as $$
  with ended as (update sessions set ended_at = p_now, end_reason = p_reason where person_id = p_person and ended_at is null returning 1) select count(*) from ended
$$;
create function directory.session_alive(p_session uuid, p_now timestamptz) returns uuid
language sql stable security definer set search_path = public, pg_temp as $$
  select person_id from sessions where session_id = p_session and ended_at is null and expires_at > p_now
$$;

-- One-time codes.
create function directory.code_begin(p_code uuid, p_phone text, p_hash bytea, p_now timestamptz, p_expires timestamptz) returns void
language sql security definer set search_path = public, pg_temp as $$
  update login_codes set used_at = p_now where phone = p_phone and used_at is null;
  insert into login_codes (code_id, phone, code_hash, created_at, expires_at) values (p_code, p_phone, p_hash, p_now, p_expires)
$$;
-- 'ok', 'wrong', 'spent' (too many attempts) or 'none'. The hash covers phone and code, so it is compared here without a timing secret.
create function directory.code_answer(p_phone text, p_hash bytea, p_now timestamptz, p_most_attempts int) returns text
language plpgsql security definer set search_path = public, pg_temp as $$
declare c login_codes%rowtype;
begin
  select * into c from login_codes where phone = p_phone and used_at is null and expires_at > p_now order by created_at desc limit 1 for update;
  if not found then return 'none'; end if;
  if c.attempts >= p_most_attempts then return 'spent'; end if;
  update login_codes set attempts = attempts + 1, used_at = case when c.code_hash = p_hash then p_now end where code_id = c.code_id;
  return case when c.code_hash = p_hash then 'ok' else 'wrong' end;
end $$;
create function directory.codes_sent_since(p_phone text, p_since timestamptz) returns bigint
language sql stable security definer set search_path = public, pg_temp as $$
  select count(*) from login_codes where phone = p_phone and created_at > p_since
$$;

-- Intake: keeps an inbound event once. True when it is new.
create function directory.inbound_keep(p_inbound uuid, p_provider text, p_event text, p_kind text, p_body bytea, p_now timestamptz) returns boolean
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  insert into inbound_events (inbound_id, provider, event_id, kind, body, state, received_at)
  values (p_inbound, p_provider, p_event, p_kind, p_body, 'received', p_now) on conflict (provider, event_id) do nothing;
  return found;
end $$;
create function directory.inbound_read(p_inbound uuid) returns table (provider text, event_id text, kind text, body bytea, state text)
language sql stable security definer set search_path = public, pg_temp as $$
  select provider, event_id, kind, body, state from inbound_events where inbound_id = p_inbound
$$;
create function directory.inbound_done(p_inbound uuid, p_state text, p_tenant uuid, p_now timestamptz) returns void
language sql security definer set search_path = public, pg_temp as $$
  update inbound_events set state = p_state, tenant_id = p_tenant, processed_at = p_now where inbound_id = p_inbound
$$;

-- A refused hop is written into the log of the tenant that was knocked at.
create function directory.audit_denial(p_tenant uuid, p_audit uuid, p_actor uuid, p_act text, p_subject text, p_address text, p_trace text, p_now timestamptz)
returns void language sql security definer set search_path = public, pg_temp as $$
  insert into audit_log (tenant_id, audit_id, actor, actor_role, act, subject, detail, address, trace_id, created_at)
  values (p_tenant, p_audit, p_actor, 'visitor', p_act, p_subject, '{}', p_address, p_trace, p_now)
$$;

do $$ declare f regprocedure; begin
  for f in select p.oid::regprocedure from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname = 'directory' and p.prosecdef loop
    call directory.hand_over(f, 'vantera_web, vantera_worker, vantera_payments');
  end loop;
end $$;
grant execute on function directory.current_tenant() to vantera_web, vantera_worker, vantera_payments, vantera_directory;
