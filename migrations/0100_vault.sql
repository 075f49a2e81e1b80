-- The vault's rotation: what is sealed with another key than the one that seals now is read in small steps and written
-- back sealed anew, only if nobody changed it meanwhile. Places are named here one by one; a name from outside reaches
-- no other table.
grant update (sealed) on intake_accounts to vantera_directory;
create policy vault_reseals on intake_accounts for update to vantera_directory using (true) with check (true);

set local role vantera_directory;

-- What of one place is not sealed with the key p_current, beyond p_after: at most p_limit rows in the order of their ids.
-- A sealed value is 1 | length of the key's name | the name | …
create function directory.vault_stale(p_place text, p_current text, p_after text, p_limit int)
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
  else
    raise exception 'not a place of the vault: %', p_place;
  end if;
end $$;

-- True when the row still held p_old.
create function directory.vault_reseal(p_place text, p_row text, p_old bytea, p_new bytea) returns boolean
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if p_place = 'gateway_secrets.sealed' then
    update gateway_secrets s set sealed = p_new where s.secret_id = p_row::uuid and s.sealed = p_old;
  elsif p_place = 'intake_accounts.sealed' then
    update intake_accounts a set sealed = p_new where a.account_id = p_row::uuid and a.sealed = p_old;
  else
    raise exception 'not a place of the vault: %', p_place;
  end if;
  return found;
end $$;

reset role;
call directory.hand_over('directory.vault_stale(text, text, text, int)', 'vantera_worker');
call directory.hand_over('directory.vault_reseal(text, text, bytea, bytea)', 'vantera_worker');
