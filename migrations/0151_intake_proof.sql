-- Whose events are whose, whichever commits first, and only once it is proven.
--
-- An account is proven before events are led to it: by asking its provider with the account's own credentials, never by the
-- word of whoever connects it. Until then its events are kept as unrouted. That no two tenants hold one account or one phone
-- of a provider is said by intake_accounts_once and intake_accounts_by_phone (0097), across tenants and proven or not.
--
-- Whoever keeps an event and whoever proves an account (or gives a proven one another name or phone) take turns, so that
-- one of them sees the other: an event that is kept first is led when the account comes, one that comes later finds it.
-- Before, an event could be kept as unrouted beside the commit that brought its account, and nobody looked at it again.

-- Those that are here were led to so far.
alter table intake_accounts add column state text not null default 'proven' check (state in ('unproven', 'proven'));
alter table intake_accounts alter column state set default 'unproven';
create unique index intake_accounts_by_id on intake_accounts (account_id);

-- The phone that an event came to, digits alone: an account that is known by it may come later.
alter table inbound_events add column phone text;
create index inbound_events_unrouted_by_phone on inbound_events (provider, phone, received_at) where state = 'unrouted' and phone is not null;

-- A trigger, so that no way of changing an account can forget it. The lock is taken by those who keep events too
-- (directory.intake_keep), shared. The job is not left once: one that runs already may have looked before.
create function intake_leads() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  perform pg_advisory_xact_lock(hashtext('intake.accounts:' || new.provider));
  perform jobs.enqueue('intake.route', json_build_object('provider', new.provider, 'account', new.account, 'id', new.account_id), null, 'intake.route:' || new.account_id, 25, false, 0);
  return null;
end $$;
revoke all on function intake_leads() from public;
create trigger intake_leads after insert or update of account, phone, state, closed_at on intake_accounts
  for each row when (new.state = 'proven' and new.closed_at is null) execute function intake_leads();

set local role vantera_directory;

-- As before, but only a proven account is found by its name or phone. An account's own address finds it in any case: it is
-- asked with before it is proven, and who knocks there must still be believed.
create or replace function directory.intake_route(p_provider text, p_account text, p_phone text, p_path_hash bytea)
returns table (tenant_id uuid, account_id uuid, account text, path_hash bytea, sealed bytea)
language sql stable security definer set search_path = public, pg_temp as $$
  select a.tenant_id, a.account_id, a.account, a.path_hash, a.sealed from intake_accounts a
  where a.provider = p_provider and a.closed_at is null
    and case when p_path_hash is not null then a.path_hash = p_path_hash else a.state = 'proven' and (a.account = p_account or a.phone = p_phone) end
  order by a.account = p_account desc limit 1
$$;

-- As before, but in turn with whoever proves an account, and with the phone. The turn is taken before any row is held, so
-- that nobody waits for it with a row that another one wants.
create or replace function directory.intake_keep(p_inbound uuid, p_provider text, p_account text, p_phone text, p_event text, p_kind text, p_content_type text, p_body bytea, p_proven boolean, p_state text, p_tenant uuid, p_now timestamptz)
returns table (is_new boolean, state text, tenant_id uuid) language plpgsql security definer set search_path = public, pg_temp as $$
declare becomes text := p_state; whose uuid := p_tenant;
begin
  perform pg_advisory_xact_lock_shared(hashtext('intake.accounts:' || p_provider));
  insert into inbound_ids (provider, account, event_id, inbound_id, received_at) values (p_provider, p_account, p_event, p_inbound, p_now) on conflict do nothing;
  if not found then return query select false, null::text, null::uuid; return; end if;
  if p_account <> '' then
    if p_tenant is null then
      select r.tenant_id into whose from directory.intake_route(p_provider, p_account, p_phone, null) r;
    else
      select a.tenant_id into whose from intake_accounts a
        where a.provider = p_provider and a.account = p_account and a.tenant_id = p_tenant and a.state = 'proven' and a.closed_at is null;
    end if;
    if whose is null then becomes := 'unrouted'; end if;
  end if;
  insert into inbound_events (inbound_id, provider, account, phone, event_id, kind, content_type, body, proven, state, tenant_id, received_at)
  values (p_inbound, p_provider, p_account, p_phone, p_event, p_kind, p_content_type, p_body, p_proven, becomes, whose, p_now);
  return query select true, becomes, whose;
end $$;

-- Events that wait for this account, by its name or its phone, the oldest first.
create function directory.intake_waiting_for(p_account_id uuid, p_most int) returns setof uuid
language sql stable security definer set search_path = public, pg_temp as $$
  select e.inbound_id from intake_accounts a join inbound_events e on e.provider = a.provider and e.state = 'unrouted' and (e.account = a.account or e.phone = a.phone)
  where a.account_id = p_account_id and a.state = 'proven' and a.closed_at is null order by e.received_at, e.inbound_id limit least(p_most, 1000)
$$;

-- The tenant that an event belongs to by now; null while none has its account.
create function directory.intake_whose(p_inbound uuid) returns uuid
language sql stable security definer set search_path = public, pg_temp as $$
  select r.tenant_id from inbound_ids i join inbound_events e on e.inbound_id = i.inbound_id and e.received_at = i.received_at
    cross join lateral directory.intake_route(e.provider, e.account, e.phone, null) r
  where i.inbound_id = p_inbound
$$;
reset role;

call directory.hand_over('directory.intake_waiting_for(uuid, int)', 'vantera_web, vantera_worker, vantera_payments');
call directory.hand_over('directory.intake_whose(uuid)', 'vantera_web, vantera_worker, vantera_payments');
