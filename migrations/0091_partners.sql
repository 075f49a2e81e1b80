-- How partners are reached: definer functions over 0090_gateway.sql. None tells anything of a partner but to who holds his
-- code, works for him or holds a key of his; who asks is decided by the caller (src/gateway/server).

set local role vantera_directory;

create function directory.partner_open(p_partner uuid, p_code text, p_name text, p_kind text, p_staff uuid, p_person uuid, p_now timestamptz) returns void
language sql security definer set search_path = public, pg_temp as $$
  insert into partners (partner_id, code, name, kind, opened_by, created_at) values (p_partner, p_code, p_name, p_kind, p_person, p_now);
  insert into partner_staff (staff_id, partner_id, person_id, added_at) values (p_staff, p_partner, p_person, p_now)
$$;
create function directory.partners_of(p_person uuid) returns table (code text, name text, kind text)
language sql stable security definer set search_path = public, pg_temp as $$
  select p.code, p.name, p.kind from partner_staff s join partners p using (partner_id) where s.person_id = p_person and s.ended_at is null order by s.added_at
$$;
-- A partner as one who works there sees it; no row for anybody else.
create function directory.partner_seen_by(p_code text, p_person uuid) returns table (partner_id uuid, code text, name text, kind text)
language sql stable security definer set search_path = public, pg_temp as $$
  select p.partner_id, p.code, p.name, p.kind from partners p join partner_staff s using (partner_id) where p.code = p_code and s.person_id = p_person and s.ended_at is null
$$;
create function directory.partner_by_code(p_code text) returns table (partner_id uuid, code text, name text, kind text)
language sql stable security definer set search_path = public, pg_temp as $$
  select partner_id, code, name, kind from partners where code = p_code
$$;
-- The names of those whom a building granted something; ids come from that building's own rows.
create function directory.partners_named(p_partners uuid[]) returns table (partner_id uuid, code text, name text, kind text)
language sql stable security definer set search_path = public, pg_temp as $$
  select partner_id, code, name, kind from partners where partner_id = any (p_partners)
$$;

-- ---------------------------------------------------------------------------------------------------- keys
create function directory.partner_keys_of(p_partner uuid)
returns table (key_id uuid, name text, prefix text, scope text, created_at timestamptz, last_used_at timestamptz, revoked_at timestamptz)
language sql stable security definer set search_path = public, pg_temp as $$
  select key_id, name, prefix, scope, created_at, last_used_at, revoked_at from partner_keys where partner_id = p_partner order by created_at desc, key_id desc limit 100
$$;
-- False when the partner has as many living keys as it may. His row is held meanwhile, so that two at once count each other.
create function directory.partner_key_add(p_key uuid, p_partner uuid, p_name text, p_prefix text, p_hash bytea, p_scope text, p_by uuid, p_most int, p_now timestamptz) returns boolean
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform 1 from partners where partner_id = p_partner for update;
  if (select count(*) from partner_keys where partner_id = p_partner and revoked_at is null) >= p_most then return false; end if;
  insert into partner_keys (key_id, partner_id, name, prefix, key_hash, scope, created_by, created_at) values (p_key, p_partner, p_name, p_prefix, p_hash, p_scope, p_by, p_now);
  return true;
end $$;
create function directory.partner_key_revoke(p_partner uuid, p_key uuid, p_now timestamptz) returns boolean
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  update partner_keys set revoked_at = coalesce(revoked_at, p_now) where partner_id = p_partner and key_id = p_key;
  return found;
end $$;
-- Whose key this is, while it lives. Its last use is noted once a minute at most: a key that is used a hundred times a
-- second must not write a hundred times.
create function directory.partner_key_used(p_hash bytea, p_now timestamptz) returns table (key_id uuid, scope text, partner_id uuid, code text, name text, kind text)
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  update partner_keys k set last_used_at = p_now
    where k.key_hash = p_hash and k.revoked_at is null and (k.last_used_at is null or k.last_used_at < p_now - interval '1 minute');
  return query
    select k.key_id, k.scope, p.partner_id, p.code, p.name, p.kind from partner_keys k join partners p on p.partner_id = k.partner_id where k.key_hash = p_hash and k.revoked_at is null;
end $$;

-- ---------------------------------------------------------------------------------------------------- endpoints
-- One endpoint, or all of a partner's.
create function directory.partner_endpoints(p_partner uuid, p_endpoint uuid)
returns table (endpoint_id uuid, url text, description text, event_types text[], state text, disabled_reason text, disabled_at timestamptz, per_minute int,
               failing_since timestamptz, created_at timestamptz)
language sql stable security definer set search_path = public, pg_temp as $$
  select endpoint_id, url, description, event_types, state, disabled_reason, disabled_at, per_minute, failing_since, created_at
  from gateway_endpoints where partner_id = p_partner and state <> 'deleted' and (p_endpoint is null or endpoint_id = p_endpoint) order by created_at, endpoint_id
$$;
-- When each endpoint's newest secret was made, and until when the one before signs too.
create function directory.partner_secrets(p_partner uuid, p_now timestamptz) returns table (endpoint_id uuid, since timestamptz, overlap_until timestamptz)
language sql stable security definer set search_path = public, pg_temp as $$
  select e.endpoint_id, max(s.created_at) filter (where s.expires_at is null), max(s.expires_at) filter (where s.expires_at > p_now)
  from gateway_endpoints e join gateway_secrets s using (endpoint_id) where e.partner_id = p_partner and e.state <> 'deleted' group by e.endpoint_id
$$;
create function directory.partner_endpoint_add(p_endpoint uuid, p_partner uuid, p_url text, p_description text, p_types text[], p_per_minute int,
                                               p_secret uuid, p_sealed bytea, p_most int, p_now timestamptz) returns boolean
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform 1 from partners where partner_id = p_partner for update;
  if (select count(*) from gateway_endpoints where partner_id = p_partner and state <> 'deleted') >= p_most then return false; end if;
  insert into gateway_endpoints (endpoint_id, partner_id, url, description, event_types, state, per_minute, created_at)
    values (p_endpoint, p_partner, p_url, p_description, p_types, 'active', p_per_minute, p_now);
  insert into gateway_secrets (secret_id, endpoint_id, sealed, created_at) values (p_secret, p_endpoint, p_sealed, p_now);
  return true;
end $$;
-- What is null stays as it is. Switched on again, an endpoint begins anew: what it did wrong before is forgotten.
create function directory.partner_endpoint_change(p_partner uuid, p_endpoint uuid, p_url text, p_description text, p_types text[], p_per_minute int, p_active boolean, p_now timestamptz)
returns boolean language plpgsql security definer set search_path = public, pg_temp as $$
begin
  update gateway_endpoints e set url = coalesce(p_url, e.url), description = coalesce(p_description, e.description), event_types = coalesce(p_types, e.event_types),
      per_minute = coalesce(p_per_minute, e.per_minute)
    where e.partner_id = p_partner and e.endpoint_id = p_endpoint and e.state <> 'deleted';
  if not found then return false; end if;
  if p_active then
    update gateway_endpoints e set state = 'active', disabled_reason = null, disabled_at = null, failing_since = null, failures_in_a_row = 0, hold_until = null
      where e.endpoint_id = p_endpoint and e.state = 'disabled' and e.disabled_reason is distinct from 'operator';
  elsif not p_active then
    update gateway_endpoints e set state = 'disabled', disabled_reason = 'owner', disabled_at = p_now where e.endpoint_id = p_endpoint and e.state = 'active';
  end if;
  return true;
end $$;
create function directory.partner_endpoint_delete(p_partner uuid, p_endpoint uuid, p_now timestamptz) returns boolean
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  update gateway_endpoints e set state = 'deleted', disabled_at = p_now, disabled_reason = 'owner' where e.partner_id = p_partner and e.endpoint_id = p_endpoint and e.state <> 'deleted';
  if not found then return false; end if;
  update gateway_secrets s set expires_at = p_now where s.endpoint_id = p_endpoint and (s.expires_at is null or s.expires_at > p_now);
  return true;
end $$;
-- A new secret; the one before signs beside it until p_until, and any older one stops at once: two sign at most.
create function directory.partner_secret_rotate(p_partner uuid, p_endpoint uuid, p_secret uuid, p_sealed bytea, p_until timestamptz, p_now timestamptz) returns boolean
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform 1 from gateway_endpoints e where e.partner_id = p_partner and e.endpoint_id = p_endpoint and e.state <> 'deleted' for update;
  if not found then return false; end if;
  update gateway_secrets s set expires_at = p_now where s.endpoint_id = p_endpoint and s.expires_at > p_now;
  update gateway_secrets s set expires_at = p_until where s.endpoint_id = p_endpoint and s.expires_at is null;
  insert into gateway_secrets (secret_id, endpoint_id, sealed, created_at) values (p_secret, p_endpoint, p_sealed, p_now);
  return true;
end $$;

-- ---------------------------------------------------------------------------------------------------- buildings
-- The buildings that let a partner hear something now, in the order of their ids, from after p_after on.
create function directory.partner_buildings(p_partner uuid, p_only uuid, p_after uuid, p_limit int, p_now timestamptz)
returns table (tenant_id uuid, slug text, name text, time_zone text, event_types text[], granted_at timestamptz, ends_at timestamptz)
language sql stable security definer set search_path = public, pg_temp as $$
  select g.tenant_id, t.slug, t.name, t.time_zone, g.event_types, g.granted_at, g.ends_at
  from gateway_grants g join tenants t on t.tenant_id = g.tenant_id
  where g.partner_id = p_partner and g.withdrawn_at is null and (g.ends_at is null or g.ends_at > p_now)
    and (p_only is null or g.tenant_id = p_only) and (p_after is null or g.tenant_id > p_after)
  order by g.tenant_id limit p_limit
$$;
-- The building an API caller names, by id or slug, and whether it grants him anything now.
create function directory.partner_names_building(p_partner uuid, p_named text, p_now timestamptz) returns table (tenant_id uuid, granted boolean)
language sql stable security definer set search_path = public, pg_temp as $$
  select t.tenant_id, exists (select 1 from gateway_grants g where g.tenant_id = t.tenant_id and g.partner_id = p_partner and g.withdrawn_at is null and (g.ends_at is null or g.ends_at > p_now))
  from tenants t where t.slug = p_named or t.tenant_id::text = p_named
$$;
reset role;

do $$ declare f regprocedure; begin
  for f in select p.oid::regprocedure from pg_proc p join pg_namespace n on n.oid = p.pronamespace
           where n.nspname = 'directory' and p.proname in ('partner_open', 'partners_of', 'partner_seen_by', 'partner_by_code', 'partners_named', 'partner_keys_of', 'partner_key_add',
             'partner_key_revoke', 'partner_key_used', 'partner_endpoints', 'partner_secrets', 'partner_endpoint_add', 'partner_endpoint_change', 'partner_endpoint_delete',
             'partner_secret_rotate', 'partner_buildings', 'partner_names_building') loop
    call directory.hand_over(f, 'vantera_web');
  end loop;
end $$;
