-- The fingerprint of a word that everybody knows: whoever comes with another oldest key in VANTERA_VAULT_KEYS would find
-- nobody by his phone, and is told so before he writes anything.
create table vault_mark (
  only_one boolean     primary key default true check (only_one),
  mark     bytea       not null check (octet_length(mark) = 32),
  made_at  timestamptz not null,
  -- When the tables that had held plain phones were written anew; null while they wait for it.
  rewritten_at timestamptz
);
grant select on vault_mark to vantera_directory;

create function directory.vault_mark() returns bytea language sql stable security definer set search_path = public, pg_temp as $$
  select mark from vault_mark
$$;
call directory.hand_over('directory.vault_mark()', 'vantera_web, vantera_worker, vantera_payments');

-- The rotation walks through a table once, in the order of its key, so many rows at each step, whether they are to be
-- sealed anew or not: no step reads more than its rows, however large the table is and however little is left to do.
-- vault_stale and the vault_reseal of four words stay for a rotation of the version before, and may go with the next.

-- Where sealed values stand, by the table's key: behind a wall or not, and with a fingerprint in it or not.
create function directory.vault_place(p_place text, out held name, out col name, out id name, out walled boolean, out by_blind boolean)
language plpgsql immutable set search_path = public, pg_temp as $$
begin
  select t.* into held, col, id, walled, by_blind from (values
    ('gateway_secrets'::name, 'sealed'::name, 'secret_id'::name, false, false),
    ('intake_accounts', 'sealed', 'account_id', true, false),
    ('connections', 'sealed_access', 'connection_id', true, false),
    ('connections', 'sealed_refresh', 'connection_id', true, false),
    ('people', 'sealed_phone', 'person_id', false, false),
    ('login_codes', 'sealed_phone', 'code_id', false, false),
    ('memberships', 'sealed_phone', 'membership_id', true, false),
    ('joins', 'sealed_phone', 'join_id', true, false),
    ('roster', 'sealed_phone', 'flat_id', true, true)
  ) as t (held, col, id, walled, by_blind) where t.held || '.' || t.col = p_place;
  if held is null then
    raise exception 'not a place of the vault: %', p_place;
  end if;
end $$;

-- The next p_limit rows of one place beyond (p_tenant, p_row). `sealed` is null when there is nothing to do: nothing is
-- sealed there, or it is with the key p_current. A sealed value is 1 | length of the key's name | the name | …; what is
-- shorter than that is handed out, so that it is found to be none.
create function directory.vault_walk(p_place text, p_current text, p_tenant uuid, p_row text, p_limit int)
returns table (tenant text, row_id text, sealed bytea) language plpgsql stable security definer set search_path = public, pg_temp as $$
declare
  at record;
  keys text;
  bounds text;
begin
  select * into at from directory.vault_place(p_place);
  keys := concat_ws(', ', case when at.walled then 's.tenant_id' end, format('s.%I', at.id), case when at.by_blind then 's.phone_blind' end);
  bounds := concat_ws(', ', case when at.walled then '$1' end, '$2', case when at.by_blind then '$3' end);
  return query execute format(
    'select %s, %s, case when octet_length(s.%3$I) < 2 or substring(s.%3$I from 3 for get_byte(case when octet_length(s.%3$I) < 2 then ''\x0000'' else s.%3$I end, 1)) <> $4 then s.%3$I end
     from %I s where (%s) > (%s) order by %s limit $5',
    case when at.walled then 's.tenant_id::text' else '''platform''' end,
    case when at.by_blind then format('s.%I || '':'' || encode(s.phone_blind, ''hex'')', at.id) else format('s.%I::text', at.id) end,
    at.col, at.held, keys, bounds, keys)
  using p_tenant, coalesce(nullif(split_part(p_row, ':', 1), ''), '00000000-0000-0000-0000-000000000000')::uuid, decode(split_part(p_row, ':', 2), 'hex'),
    convert_to(p_current, 'UTF8'), p_limit;
end $$;

-- True when the row still held p_old. p_tenant is 'platform' for what belongs to no tenant.
create function directory.vault_reseal(p_place text, p_tenant text, p_row text, p_old bytea, p_new bytea) returns boolean
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  at record;
  written int;
begin
  select * into at from directory.vault_place(p_place);
  execute format('update %I s set %I = $1 where s.%I = $2 and s.%I = $3', at.held, at.col, at.col, at.id)
    || case when at.walled then ' and s.tenant_id = $4' else '' end || case when at.by_blind then ' and s.phone_blind = $5' else '' end
  using p_new, p_old, split_part(p_row, ':', 1)::uuid, nullif(p_tenant, 'platform')::uuid, decode(split_part(p_row, ':', 2), 'hex');
  get diagnostics written = row_count;
  return written = 1;
end $$;

call directory.hand_over('directory.vault_walk(text, text, uuid, text, int)', 'vantera_worker');
call directory.hand_over('directory.vault_reseal(text, text, text, bytea, bytea)', 'vantera_worker');
