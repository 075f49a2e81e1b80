-- No phone of a person stands in plain text any more.
set local role vantera_directory;
do $$ begin
  if exists (select from people where phone is not null) or exists (select from memberships where phone is not null)
    or exists (select from joins where phone is not null) or exists (select from roster where phone is not null) then
    raise exception 'phones stand here in plain text: `vantera migrate` seals them on the way to this migration, with the keys of VANTERA_VAULT_KEYS';
  end if;
end $$;
reset role;

alter table people drop column phone,
  add constraint people_phone_blind_key unique (phone_blind),
  add constraint people_phone_whole check ((sealed_phone is null) = (phone_blind is null) and octet_length(phone_blind) = 32);
alter table memberships drop column phone,
  add constraint memberships_phone_whole check ((sealed_phone is null) = (phone_blind is null) and octet_length(phone_blind) = 32);
create index memberships_by_phone on memberships (tenant_id, phone_blind) where state = 'active';
alter table joins drop column phone,
  add constraint joins_phone_whole check ((sealed_phone is null) = (phone_blind is null) and octet_length(phone_blind) = 32);
alter table roster drop column phone, alter column sealed_phone set not null, alter column phone_blind set not null,
  add primary key (tenant_id, flat_id, phone_blind), add constraint roster_phone_whole check (octet_length(phone_blind) = 32);
alter table login_codes drop column phone, alter column sealed_phone set not null, alter column phone_blind set not null,
  add constraint login_codes_phone_whole check (octet_length(phone_blind) = 32);
create index login_codes_by_phone on login_codes (phone_blind, created_at desc);

-- From here on the rotation writes the sealed value and nothing else.
revoke select, update on roster from vantera_directory;
grant select (tenant_id, flat_id, phone_blind, sealed_phone), update (sealed_phone) on roster to vantera_directory;
revoke update on memberships, joins from vantera_directory;
grant update (sealed_phone) on memberships, joins to vantera_directory;

set local role vantera_directory;
drop function directory.person_by_phone(text);
drop function directory.person(uuid);
drop function directory.ensure_person(uuid, text, text, timestamptz);
drop function directory.code_begin(uuid, text, bytea, timestamptz, timestamptz);
drop function directory.code_answer(text, bytea, timestamptz, int);
drop function directory.codes_sent_since(text, timestamptz);
drop function directory.code_phone(uuid, timestamptz);
drop function directory.company_people(uuid);
reset role;

create function directory.person_by_phone(p_blind bytea) returns uuid language sql stable security definer set search_path = public, pg_temp as $$
  select person_id from people where phone_blind = p_blind
$$;

create function directory.person(p_person uuid) returns table (name text, sealed_phone bytea, language text)
language sql stable security definer set search_path = public, pg_temp as $$
  select name, sealed_phone, language from people where person_id = p_person
$$;

-- A person with this phone, made if there is none. `existed` tells a newcomer from somebody we know.
create function directory.ensure_person(p_person uuid, p_sealed bytea, p_blind bytea, p_name text, p_now timestamptz)
returns table (person_id uuid, existed boolean) language plpgsql security definer set search_path = public, pg_temp as $$
begin
  insert into people (person_id, sealed_phone, phone_blind, name, created_at) values (p_person, p_sealed, p_blind, p_name, p_now) on conflict (phone_blind) do nothing;
  return query select p.person_id, p.person_id <> p_person from people p where p.phone_blind = p_blind;
end $$;

create function directory.code_begin(p_code uuid, p_sealed bytea, p_blind bytea, p_hash bytea, p_now timestamptz, p_expires timestamptz) returns void
language sql security definer set search_path = public, pg_temp as $$
  update login_codes set used_at = p_now where phone_blind = p_blind and used_at is null;
  insert into login_codes (code_id, sealed_phone, phone_blind, code_hash, created_at, expires_at) values (p_code, p_sealed, p_blind, p_hash, p_now, p_expires)
$$;

-- 'ok', 'wrong', 'spent' (too many attempts) or 'none'. The hash covers phone and code under the server's key, so it is
-- compared here without a timing secret, and whoever reads the table learns neither.
create function directory.code_answer(p_blind bytea, p_hash bytea, p_now timestamptz, p_most_attempts int) returns text
language plpgsql security definer set search_path = public, pg_temp as $$
declare c login_codes%rowtype;
begin
  select * into c from login_codes where phone_blind = p_blind and used_at is null and expires_at > p_now order by created_at desc limit 1 for update;
  if not found then return 'none'; end if;
  if c.attempts >= p_most_attempts then return 'spent'; end if;
  update login_codes set attempts = attempts + 1, used_at = case when c.code_hash = p_hash then p_now end where code_id = c.code_id;
  return case when c.code_hash = p_hash then 'ok' else 'wrong' end;
end $$;

create function directory.codes_sent_since(p_blind bytea, p_since timestamptz) returns bigint
language sql stable security definer set search_path = public, pg_temp as $$
  select count(*) from login_codes where phone_blind = p_blind and created_at > p_since
$$;

-- The job that sends a one-time code knows only the code's id.
create function directory.code_phone(p_code uuid, p_now timestamptz) returns bytea
language sql stable security definer set search_path = public, pg_temp as $$
  select sealed_phone from login_codes where code_id = p_code and used_at is null and expires_at > p_now
$$;

create function directory.company_people(p_company uuid) returns table (staff_id uuid, person_id uuid, name text, sealed_phone bytea, role text)
language sql stable security definer set search_path = public, pg_temp as $$
  select s.staff_id, s.person_id, s.name, p.sealed_phone, s.role from company_staff s join people p using (person_id)
  where s.company_id = p_company and s.ended_at is null order by s.added_at, s.staff_id
$$;

do $$ declare f regprocedure; begin
  foreach f in array array['directory.person_by_phone(bytea)', 'directory.person(uuid)', 'directory.ensure_person(uuid, bytea, bytea, text, timestamptz)',
    'directory.code_begin(uuid, bytea, bytea, bytea, timestamptz, timestamptz)', 'directory.code_answer(bytea, bytea, timestamptz, int)',
    'directory.codes_sent_since(bytea, timestamptz)']::regprocedure[] loop
    call directory.hand_over(f, 'vantera_web, vantera_worker, vantera_payments');
  end loop;
end $$;
call directory.hand_over('directory.code_phone(uuid, timestamptz)', 'vantera_worker');
call directory.hand_over('directory.company_people(uuid)', 'vantera_web');

-- The vault's rotation, as before (0140), with the places of phones. What of one place is not sealed with the key
-- p_current, beyond p_after: at most p_limit rows in the order of their ids.
-- A sealed value is 1 | length of the key's name | the name | …
set local role vantera_directory;
create or replace function directory.vault_stale(p_place text, p_current text, p_after text, p_limit int)
returns table (tenant text, row_id text, sealed bytea) language plpgsql stable security definer set search_path = public, pg_temp as $$
declare
  current_name bytea := convert_to(p_current, 'UTF8');
  after uuid := coalesce(nullif(split_part(p_after, ':', 1), ''), '00000000-0000-0000-0000-000000000000')::uuid;
  after_blind bytea := decode(split_part(p_after, ':', 2), 'hex');
begin
  if p_place = 'gateway_secrets.sealed' then
    return query select 'platform', s.secret_id::text, s.sealed from gateway_secrets s where s.secret_id > after and substring(s.sealed from 3 for get_byte(s.sealed, 1)) <> current_name order by s.secret_id limit p_limit;
  elsif p_place = 'intake_accounts.sealed' then
    return query select s.tenant_id::text, s.account_id::text, s.sealed from intake_accounts s where s.account_id > after and substring(s.sealed from 3 for get_byte(s.sealed, 1)) <> current_name order by s.account_id limit p_limit;
  elsif p_place = 'connections.sealed_access' then
    return query select s.tenant_id::text, s.connection_id::text, s.sealed_access from connections s where s.connection_id > after and substring(s.sealed_access from 3 for get_byte(s.sealed_access, 1)) <> current_name order by s.connection_id limit p_limit;
  elsif p_place = 'connections.sealed_refresh' then
    return query select s.tenant_id::text, s.connection_id::text, s.sealed_refresh from connections s where s.connection_id > after and substring(s.sealed_refresh from 3 for get_byte(s.sealed_refresh, 1)) <> current_name order by s.connection_id limit p_limit;
  elsif p_place = 'people.sealed_phone' then
    return query select 'platform', s.person_id::text, s.sealed_phone from people s where s.person_id > after and substring(s.sealed_phone from 3 for get_byte(s.sealed_phone, 1)) <> current_name order by s.person_id limit p_limit;
  elsif p_place = 'login_codes.sealed_phone' then
    return query select 'platform', s.code_id::text, s.sealed_phone from login_codes s where s.code_id > after and substring(s.sealed_phone from 3 for get_byte(s.sealed_phone, 1)) <> current_name order by s.code_id limit p_limit;
  elsif p_place = 'memberships.sealed_phone' then
    return query select s.tenant_id::text, s.membership_id::text, s.sealed_phone from memberships s where s.membership_id > after and substring(s.sealed_phone from 3 for get_byte(s.sealed_phone, 1)) <> current_name order by s.membership_id limit p_limit;
  elsif p_place = 'joins.sealed_phone' then
    return query select s.tenant_id::text, s.join_id::text, s.sealed_phone from joins s where s.join_id > after and substring(s.sealed_phone from 3 for get_byte(s.sealed_phone, 1)) <> current_name order by s.join_id limit p_limit;
  elsif p_place = 'roster.sealed_phone' then
    return query select s.tenant_id::text, s.flat_id || ':' || encode(s.phone_blind, 'hex'), s.sealed_phone from roster s
      where (s.flat_id, s.phone_blind) > (after, after_blind) and substring(s.sealed_phone from 3 for get_byte(s.sealed_phone, 1)) <> current_name order by s.flat_id, s.phone_blind limit p_limit;
  else
    raise exception 'not a place of the vault: %', p_place;
  end if;
end $$;

-- True when the row still held p_old.
create or replace function directory.vault_reseal(p_place text, p_row text, p_old bytea, p_new bytea) returns boolean
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  id uuid := split_part(p_row, ':', 1)::uuid;
begin
  if p_place = 'gateway_secrets.sealed' then
    update gateway_secrets s set sealed = p_new where s.secret_id = id and s.sealed = p_old;
  elsif p_place = 'intake_accounts.sealed' then
    update intake_accounts s set sealed = p_new where s.account_id = id and s.sealed = p_old;
  elsif p_place = 'connections.sealed_access' then
    update connections s set sealed_access = p_new where s.connection_id = id and s.sealed_access = p_old;
  elsif p_place = 'connections.sealed_refresh' then
    update connections s set sealed_refresh = p_new where s.connection_id = id and s.sealed_refresh = p_old;
  elsif p_place = 'people.sealed_phone' then
    update people s set sealed_phone = p_new where s.person_id = id and s.sealed_phone = p_old;
  elsif p_place = 'login_codes.sealed_phone' then
    update login_codes s set sealed_phone = p_new where s.code_id = id and s.sealed_phone = p_old;
  elsif p_place = 'memberships.sealed_phone' then
    update memberships s set sealed_phone = p_new where s.membership_id = id and s.sealed_phone = p_old;
  elsif p_place = 'joins.sealed_phone' then
    update joins s set sealed_phone = p_new where s.join_id = id and s.sealed_phone = p_old;
  elsif p_place = 'roster.sealed_phone' then
    update roster s set sealed_phone = p_new where s.flat_id = id and s.phone_blind = decode(split_part(p_row, ':', 2), 'hex') and s.sealed_phone = p_old;
  else
    raise exception 'not a place of the vault: %', p_place;
  end if;
  return found;
end $$;
reset role;
