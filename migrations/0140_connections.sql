-- A tenant's connections to accounts outside, with the OAuth tokens that we were given, sealed by the vault.
--
-- The web role has no part in it: whoever answers browsers cannot read a token, not even sealed. A screen that tells of
-- connections will be given the plain columns and no others.
create table connections (
  tenant_id       uuid not null references tenants,
  connection_id   uuid not null,
  provider        text not null check (provider in ('google')),
  -- As the provider calls it.
  account         text not null check (char_length(account) between 1 and 320),
  -- As granted, with spaces between (RFC 6749, 3.3): a person may grant fewer than were asked for.
  scopes          text not null check (char_length(scopes) <= 4096),
  -- Places of the vault: the tenant, 'connections', the column, connection_id. Kept only while they are of use.
  sealed_access   bytea,
  sealed_refresh  bytea,
  -- When the access token ends.
  expires_at      timestamptz not null,
  -- live | consent (the provider takes our refresh token no more: its owner must say yes again) | ended (by us)
  state           text not null check (state in ('live', 'consent', 'ended')),
  -- Who refreshes it now: a fresh id each time, whose job it is, and until when nobody else does. What is written under a
  -- lease is written only while that id stands here.
  lease           uuid,
  lease_by        text,
  lease_until     timestamptz,
  refreshed_at    timestamptz,
  created_at      timestamptz not null,
  -- Since when it is in its state.
  changed_at      timestamptz not null,
  primary key (tenant_id, connection_id),
  check ((state = 'live') = (sealed_access is not null)),
  check ((state = 'live') = (sealed_refresh is not null)),
  check (num_nulls(lease, lease_by, lease_until) in (0, 3)),
  check (lease is null or state = 'live')
);
-- Connected again, an account is the same connection.
create unique index connections_once on connections (tenant_id, provider, account) where state <> 'ended';
create index connections_by_end on connections (expires_at, connection_id) where state = 'live';
call directory.wall('connections');
grant select, insert, update on connections to vantera_worker;
grant select on connections to vantera_directory;
create policy directory_reads on connections for select to vantera_directory using (true);
grant update (sealed_access, sealed_refresh) on connections to vantera_directory;
create policy vault_reseals on connections for update to vantera_directory using (true) with check (true);

set local role vantera_directory;

-- Connections of all tenants whose access token ends until p_before and which nobody refreshes now: at most p_most, those
-- that end first, after a place in this order.
create function directory.connections_due(p_providers text[], p_now timestamptz, p_before timestamptz, p_after timestamptz, p_after_id uuid, p_most int)
returns table (tenant_id uuid, connection_id uuid, expires_at timestamptz) language sql stable security definer set search_path = public, pg_temp as $$
  select c.tenant_id, c.connection_id, c.expires_at from connections c
  where c.state = 'live' and c.expires_at <= p_before and c.provider = any (p_providers) and (c.lease_until is null or c.lease_until <= p_now)
    and (p_after is null or (c.expires_at, c.connection_id) > (p_after, p_after_id))
  order by c.expires_at, c.connection_id limit least(p_most, 500)
$$;

-- As before, with the two places of connections.
create or replace function directory.vault_stale(p_place text, p_current text, p_after text, p_limit int)
returns table (tenant text, row_id text, sealed bytea) language plpgsql stable security definer set search_path = public, pg_temp as $$
begin
  if p_place = 'gateway_secrets.sealed' then
    return query select 'platform', s.secret_id::text, s.sealed from gateway_secrets s
      where s.secret_id::text > p_after and substring(s.sealed from 3 for get_byte(s.sealed, 1)) <> convert_to(p_current, 'UTF8')
      order by s.secret_id::text limit p_limit;
  elsif p_place = 'intake_accounts.sealed' then
    return query select a.tenant_id::text, a.account_id::text, a.sealed from intake_accounts a
      where a.account_id::text > p_after and substring(a.sealed from 3 for get_byte(a.sealed, 1)) <> convert_to(p_current, 'UTF8')
      order by a.account_id::text limit p_limit;
  elsif p_place = 'connections.sealed_access' then
    return query select c.tenant_id::text, c.connection_id::text, c.sealed_access from connections c
      where c.connection_id::text > p_after and substring(c.sealed_access from 3 for get_byte(c.sealed_access, 1)) <> convert_to(p_current, 'UTF8')
      order by c.connection_id::text limit p_limit;
  elsif p_place = 'connections.sealed_refresh' then
    return query select c.tenant_id::text, c.connection_id::text, c.sealed_refresh from connections c
      where c.connection_id::text > p_after and substring(c.sealed_refresh from 3 for get_byte(c.sealed_refresh, 1)) <> convert_to(p_current, 'UTF8')
      order by c.connection_id::text limit p_limit;
  else
    raise exception 'not a place of the vault: %', p_place;
  end if;
end $$;

-- True when the row still held p_old.
create or replace function directory.vault_reseal(p_place text, p_row text, p_old bytea, p_new bytea) returns boolean
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if p_place = 'gateway_secrets.sealed' then
    update gateway_secrets s set sealed = p_new where s.secret_id = p_row::uuid and s.sealed = p_old;
  elsif p_place = 'intake_accounts.sealed' then
    update intake_accounts a set sealed = p_new where a.account_id = p_row::uuid and a.sealed = p_old;
  elsif p_place = 'connections.sealed_access' then
    update connections c set sealed_access = p_new where c.connection_id = p_row::uuid and c.sealed_access = p_old;
  elsif p_place = 'connections.sealed_refresh' then
    update connections c set sealed_refresh = p_new where c.connection_id = p_row::uuid and c.sealed_refresh = p_old;
  else
    raise exception 'not a place of the vault: %', p_place;
  end if;
  return found;
end $$;

reset role;
call directory.hand_over('directory.connections_due(text[], timestamptz, timestamptz, timestamptz, uuid, int)', 'vantera_worker');
