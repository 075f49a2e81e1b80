-- What intake and the operator may do with inbound events. They belong to no tenant before they are led to one.

set local role vantera_directory;

-- Whose events these are: by the secret in the address, by the account's name, or by its phone. The one place where an
-- inbound event meets a tenant.
create function directory.intake_route(p_provider text, p_account text, p_phone text, p_path_hash bytea)
returns table (tenant_id uuid, account_id uuid, account text, path_hash bytea, sealed bytea)
language sql stable security definer set search_path = public, pg_temp as $$
  select a.tenant_id, a.account_id, a.account, a.path_hash, a.sealed from intake_accounts a
  where a.provider = p_provider and a.closed_at is null
    and case when p_path_hash is not null then a.path_hash = p_path_hash else a.account = p_account or a.phone = p_phone end
  order by a.account = p_account desc limit 1
$$;

-- Keeps one event once. p_state is what becomes of it when its tenant is known, or needs none (an empty account: the
-- platform's own). Answers whether it is new, its state, and its tenant.
create function directory.intake_keep(p_inbound uuid, p_provider text, p_account text, p_phone text, p_event text, p_kind text, p_content_type text, p_body bytea, p_proven boolean, p_state text, p_tenant uuid, p_now timestamptz)
returns table (is_new boolean, state text, tenant_id uuid) language plpgsql security definer set search_path = public, pg_temp as $$
declare becomes text := p_state; whose uuid := p_tenant;
begin
  insert into inbound_ids (provider, account, event_id, inbound_id, received_at) values (p_provider, p_account, p_event, p_inbound, p_now) on conflict do nothing;
  if not found then return query select false, null::text, null::uuid; return; end if;
  if whose is null and p_account <> '' then
    select r.tenant_id into whose from directory.intake_route(p_provider, p_account, p_phone, null) r;
    if whose is null then becomes := 'unrouted'; end if;
  end if;
  insert into inbound_events (inbound_id, provider, account, event_id, kind, content_type, body, proven, state, tenant_id, received_at)
  values (p_inbound, p_provider, p_account, p_event, p_kind, p_content_type, p_body, p_proven, becomes, whose, p_now);
  return query select true, becomes, whose;
end $$;

-- One event, found in its month by its id.
create function directory.intake_event(p_inbound uuid)
returns table (provider text, account text, event_id text, kind text, content_type text, body bytea, proven boolean, state text, tenant_id uuid,
               tenant_slug text, tenant_name text, received_at timestamptz, processed_at timestamptz, replays int, replayed_at timestamptz)
language sql stable security definer set search_path = public, pg_temp as $$
  select e.provider, e.account, e.event_id, e.kind, e.content_type, e.body, e.proven, e.state, e.tenant_id, t.slug, t.name, e.received_at, e.processed_at, e.replays, e.replayed_at
  from inbound_ids i join inbound_events e on e.inbound_id = i.inbound_id and e.received_at = i.received_at left join tenants t on t.tenant_id = e.tenant_id
  where i.inbound_id = p_inbound
$$;

-- Changes an event's state, if it is still one of p_from. True when it was.
create function directory.intake_turn(p_inbound uuid, p_from text[], p_state text, p_tenant uuid, p_processed timestamptz, p_replayed timestamptz) returns boolean
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  update inbound_events e
    set state = p_state, tenant_id = coalesce(p_tenant, e.tenant_id), processed_at = p_processed,
        replays = e.replays + (p_replayed is not null)::int, replayed_at = coalesce(p_replayed, e.replayed_at)
    from inbound_ids i where i.inbound_id = p_inbound and e.inbound_id = i.inbound_id and e.received_at = i.received_at and e.state = any (p_from);
  return found;
end $$;

-- Events that wait for this account to be known, the oldest first.
create function directory.intake_waiting(p_provider text, p_account text, p_most int) returns setof uuid
language sql stable security definer set search_path = public, pg_temp as $$
  select inbound_id from inbound_events where provider = p_provider and account = p_account and state = 'unrouted' order by received_at, inbound_id limit least(p_most, 1000)
$$;

-- The operator's list: the latest first, after a place in it, at most so many. No body and no name leaves here.
create function directory.intake_list(p_provider text, p_state text, p_event text, p_before timestamptz, p_before_id uuid, p_most int)
returns table (inbound_id uuid, provider text, account text, event_id text, kind text, state text, proven boolean, tenant_slug text, size int, received_at timestamptz, replays int)
language sql stable security definer set search_path = public, pg_temp as $$
  select e.inbound_id, e.provider, e.account, e.event_id, e.kind, e.state, e.proven, t.slug, octet_length(e.body), e.received_at, e.replays
  from inbound_events e left join tenants t on t.tenant_id = e.tenant_id
  where (p_provider is null or e.provider = p_provider) and (p_state is null or e.state = p_state) and (p_event is null or e.event_id = p_event)
    and (p_before is null or (e.received_at, e.inbound_id) < (p_before, p_before_id))
  order by e.received_at desc, e.inbound_id desc limit least(p_most, 200)
$$;

-- Adds what was counted since the last time.
create function directory.intake_forged(p_provider text, p_hour timestamptz, p_reason text, p_count bigint) returns void
language sql security definer set search_path = public, pg_temp as $$
  insert into inbound_forged (provider, hour, reason, count) values (p_provider, p_hour, p_reason, p_count)
  on conflict (provider, hour, reason) do update set count = inbound_forged.count + excluded.count
$$;
create function directory.intake_forged_since(p_since timestamptz) returns table (provider text, hour timestamptz, count bigint)
language sql stable security definer set search_path = public, pg_temp as $$
  select provider, hour, sum(count)::bigint from inbound_forged where hour >= p_since group by provider, hour order by hour desc, provider limit 500
$$;

-- Lets go of what says "once" for events that nobody repeats any more, and of old counts. A bounded number at a time.
create function directory.intake_forget(p_before timestamptz, p_most int) returns bigint
language plpgsql security definer set search_path = public, pg_temp as $$
declare gone bigint;
begin
  with old as (select provider, account, event_id from inbound_ids where received_at < p_before order by received_at limit p_most for update skip locked)
  delete from inbound_ids i using old where i.provider = old.provider and i.account = old.account and i.event_id = old.event_id;
  get diagnostics gone = row_count;
  delete from inbound_events where received_at < p_before and inbound_id in (select inbound_id from inbound_events where received_at < p_before limit p_most);
  delete from inbound_forged where hour < p_before;
  return gone;
end $$;

-- As the version before calls them.
create or replace function directory.inbound_keep(p_inbound uuid, p_provider text, p_event text, p_kind text, p_body bytea, p_now timestamptz) returns boolean
language sql security definer set search_path = public, pg_temp as $$
  select is_new from directory.intake_keep(p_inbound, p_provider, '', null, p_event, p_kind, 'application/json', p_body, true, 'received', null, p_now)
$$;
create or replace function directory.inbound_read(p_inbound uuid) returns table (provider text, event_id text, kind text, body bytea, state text)
language sql stable security definer set search_path = public, pg_temp as $$
  select provider, event_id, kind, body, state from directory.intake_event(p_inbound)
$$;
create or replace function directory.inbound_done(p_inbound uuid, p_state text, p_tenant uuid, p_now timestamptz) returns void
language sql security definer set search_path = public, pg_temp as $$
  update inbound_events e set state = p_state, tenant_id = coalesce(p_tenant, e.tenant_id), processed_at = p_now
  from inbound_ids i where i.inbound_id = p_inbound and e.inbound_id = i.inbound_id and e.received_at = i.received_at
$$;
reset role;

do $$ declare f regprocedure; begin
  for f in select p.oid::regprocedure from pg_proc p join pg_namespace n on n.oid = p.pronamespace
           where n.nspname = 'directory' and p.proname in ('intake_route', 'intake_keep', 'intake_event', 'intake_turn', 'intake_waiting', 'intake_list', 'intake_forged', 'intake_forged_since') loop
    call directory.hand_over(f, 'vantera_web, vantera_worker, vantera_payments');
  end loop;
end $$;
call directory.hand_over('directory.intake_forget(timestamptz, int)', 'vantera_worker');
