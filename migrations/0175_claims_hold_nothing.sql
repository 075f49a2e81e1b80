-- A claim holds nobody's name, and what came to a claim's own address is that claim's alone.
--
-- Before, whoever connected an account first kept its name and phone from everybody, proven or not; and what was sent to his
-- own address, signed with secrets that he chose himself, was kept under that name and led to whoever proved it later.
-- Of what was kept before this, and of what processes of the version before keep beside it, nobody knows to which address
-- it came: that is led by its name, as it was.

drop index intake_accounts_once;
drop index intake_accounts_by_phone;
create unique index intake_accounts_once on intake_accounts (provider, account) where closed_at is null and state = 'proven';
create unique index intake_accounts_by_phone on intake_accounts (provider, phone) where closed_at is null and state = 'proven' and phone is not null;
create unique index intake_accounts_once_a_tenant on intake_accounts (tenant_id, provider, account) where closed_at is null;
create unique index intake_accounts_phone_once_a_tenant on intake_accounts (tenant_id, provider, phone) where closed_at is null and phone is not null;

-- The account to whose own address the event came; null where one address serves all of a provider.
alter table inbound_events add column came_to uuid;

set local role vantera_directory;

-- As intake_keep before (0151), which stays for processes of that version. What comes to an account's own address belongs to that account, once it is proven. Until then the event
-- is known as once under a key of the claim's own, with a space that stands in no account's name: nobody's event is taken
-- for known because somebody who claims his name has sent one like it.
create function directory.intake_keep_one(p_inbound uuid, p_provider text, p_account text, p_phone text, p_event text, p_kind text, p_content_type text, p_body bytea, p_proven boolean, p_state text, p_came_to uuid, p_now timestamptz)
returns table (is_new boolean, state text, tenant_id uuid) language plpgsql security definer set search_path = public, pg_temp as $$
declare
  becomes text := p_state;
  whose uuid;
  key text := p_account;
begin
  perform pg_advisory_xact_lock_shared(hashtext('intake.accounts:' || p_provider));
  if p_came_to is not null then
    select a.tenant_id into whose from intake_accounts a where a.account_id = p_came_to and a.state = 'proven' and a.closed_at is null;
    if whose is null then
      key := p_account || ' ' || p_came_to;
    elsif exists (select from inbound_ids i where i.provider = p_provider and i.account = p_account || ' ' || p_came_to and i.event_id = p_event) then
      -- It came before the account was proven.
      return query select false, null::text, null::uuid;
      return;
    end if;
  elsif p_account <> '' then
    select r.tenant_id into whose from directory.intake_route(p_provider, p_account, p_phone, null) r;
  end if;
  if whose is null and p_account <> '' then becomes := 'unrouted'; end if;
  insert into inbound_ids (provider, account, event_id, inbound_id, received_at) values (p_provider, key, p_event, p_inbound, p_now) on conflict do nothing;
  if not found then return query select false, null::text, null::uuid; return; end if;
  insert into inbound_events (inbound_id, provider, account, phone, event_id, kind, content_type, body, proven, state, tenant_id, came_to, received_at)
  values (p_inbound, p_provider, p_account, p_phone, p_event, p_kind, p_content_type, p_body, p_proven, becomes, whose, p_came_to, p_now);
  return query select true, becomes, whose;
end $$;

create or replace function directory.intake_waiting_for(p_account_id uuid, p_most int) returns setof uuid
language sql stable security definer set search_path = public, pg_temp as $$
  select e.inbound_id from intake_accounts a join inbound_events e on e.provider = a.provider and e.state = 'unrouted' and (e.account = a.account or e.phone = a.phone)
  where a.account_id = p_account_id and a.state = 'proven' and a.closed_at is null and (e.came_to is null or e.came_to = a.account_id)
  order by e.received_at, e.inbound_id limit least(p_most, 1000)
$$;

create or replace function directory.intake_whose(p_inbound uuid) returns uuid
language sql stable security definer set search_path = public, pg_temp as $$
  select case when e.came_to is null then (select r.tenant_id from directory.intake_route(e.provider, e.account, e.phone, null) r)
    else (select a.tenant_id from intake_accounts a where a.account_id = e.came_to and a.state = 'proven' and a.closed_at is null) end
  from inbound_ids i join inbound_events e on e.inbound_id = i.inbound_id and e.received_at = i.received_at
  where i.inbound_id = p_inbound
$$;
reset role;

call directory.hand_over('directory.intake_keep_one(uuid, text, text, text, text, text, text, bytea, boolean, text, uuid, timestamptz)', 'vantera_web, vantera_worker, vantera_payments');
