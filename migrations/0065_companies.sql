-- The management company: a portfolio of buildings with its staff. A company and its staff stand before any tenant; that
-- a building is given to a company is the building's own row, behind its wall (docs/decisions/0004-companies.md).

create table companies (
  company_id  uuid primary key,
  -- Told to chairs, typed by them: eight letters and digits that are not mistaken for one another.
  code        text not null unique check (code ~ '^[A-Z0-9]{8}$'),
  name        text not null check (char_length(name) between 2 and 60),
  opened_by   uuid not null references people,
  created_at  timestamptz not null
);
-- A row is one person's time in a company; whoever comes again has a row again.
create table company_staff (
  staff_id    uuid primary key,
  company_id  uuid not null references companies,
  person_id   uuid not null references people,
  role        text not null check (role in ('owner', 'staff')),
  -- As the company calls him. Never his name elsewhere: a phone typed here must not tell whose it is.
  name        text not null check (char_length(name) between 2 and 80),
  added_by    uuid not null references people,
  added_at    timestamptz not null,
  ended_by    uuid references people,
  ended_at    timestamptz
);
create unique index company_staff_once on company_staff (company_id, person_id) where ended_at is null;
create index company_staff_of_person on company_staff (person_id) where ended_at is null;
do $$ declare t text; begin
  foreach t in array array['companies', 'company_staff'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy directory_only on %I to vantera_directory using (true) with check (true)', t);
    execute format('grant select, insert, update on %I to vantera_directory', t);
  end loop;
end $$;

create table company_grants (
  tenant_id     uuid not null references tenants,
  grant_id      uuid not null,
  company_id    uuid not null references companies,
  company_name  text not null,
  granted_by    uuid not null references people,
  granted_at    timestamptz not null,
  withdrawn_by  uuid references people,
  withdrawn_at  timestamptz,
  primary key (tenant_id, grant_id)
);
create unique index company_grants_one on company_grants (tenant_id) where withdrawn_at is null;
create index company_grants_of_company on company_grants (company_id) where withdrawn_at is null;
call directory.wall('company_grants');
grant select, insert, update on company_grants to vantera_web;
grant select on company_grants to vantera_directory;
create policy directory_reads on company_grants for select to vantera_directory using (true);

-- The name under which a manager writes in a building: no place among its people (no list reads this state), no flat,
-- and no right, which is read from grant and staff at every opening.
alter table memberships drop constraint memberships_role_check;
alter table memberships add constraint memberships_role_check check (role in ('resident', 'committee', 'treasurer', 'chair', 'manager'));
alter table memberships drop constraint memberships_state_check;
alter table memberships add constraint memberships_state_check check (state in ('active', 'removed', 'managing'));
alter table memberships add constraint memberships_managing check ((state = 'managing') = (role = 'manager') and (state <> 'managing' or flat_id is null));
create unique index memberships_managing_once on memberships (tenant_id, person_id, display_name) where state = 'managing';
grant insert on memberships to vantera_directory;

set local role vantera_directory;

-- As before, and: who is on the staff of the company that this building is given to opens it as its manager. An office
-- of his own in the building goes before that; who only lives there writes under his own name.
create or replace function directory.open_by_slug(p_slug text, p_session uuid, p_now timestamptz)
returns table (tenant_id uuid, slug text, name text, time_zone text, language text, kind text,
               person_id uuid, membership_id uuid, role text, trust text, flat_id uuid, display_name text, session_alive boolean)
language plpgsql security definer set search_path = public, pg_temp as $$
declare found_tenant tenants%rowtype; who uuid; seat memberships%rowtype; pen text;
begin
  select * into found_tenant from tenants t where t.slug = p_slug;
  if not found then return; end if;
  perform set_config('app.tenant', found_tenant.tenant_id::text, true);
  select s.person_id into who from sessions s where s.session_id = p_session and s.ended_at is null and s.expires_at > p_now;
  if who is not null then
    select m.* into seat from memberships m where m.tenant_id = found_tenant.tenant_id and m.person_id = who and m.state = 'active';
    if seat.role is null or seat.role = 'resident' then
      select left(s.name || ' · ' || c.name, 80) into pen
        from company_grants g join company_staff s on s.company_id = g.company_id and s.ended_at is null join companies c on c.company_id = g.company_id
        where g.tenant_id = found_tenant.tenant_id and g.withdrawn_at is null and s.person_id = who;
      if pen is not null then
        if seat.membership_id is null then
          select m.* into seat from memberships m where m.tenant_id = found_tenant.tenant_id and m.person_id = who and m.state = 'managing' and m.display_name = pen;
          if not found then
            insert into memberships (tenant_id, membership_id, person_id, role, trust, state, display_name, joined_at)
              values (found_tenant.tenant_id, gen_random_uuid(), who, 'manager', 'verified', 'managing', pen, p_now) on conflict do nothing;
            select m.* into seat from memberships m where m.tenant_id = found_tenant.tenant_id and m.person_id = who and m.state = 'managing' and m.display_name = pen;
          end if;
        end if;
        seat.role := 'manager';
      end if;
    end if;
  end if;
  return query
    select found_tenant.tenant_id, found_tenant.slug, found_tenant.name, found_tenant.time_zone, found_tenant.language, found_tenant.kind,
           who, seat.membership_id, seat.role, seat.trust, seat.flat_id, seat.display_name, who is not null;
end $$;

-- As before, with the buildings of the person's companies behind those of his own.
create or replace function directory.tenants_of(p_person uuid)
returns table (tenant_id uuid, slug text, name text, role text) language sql stable security definer set search_path = public, pg_temp as $$
  select t.tenant_id, t.slug, t.name, x.role
  from (
    select m.tenant_id, m.role, 0 as rank, m.joined_at as since from memberships m where m.person_id = p_person and m.state = 'active'
    union all
    select g.tenant_id, 'manager', 1, min(g.granted_at) from company_staff s join company_grants g on g.company_id = s.company_id and g.withdrawn_at is null
    where s.person_id = p_person and s.ended_at is null
      and not exists (select 1 from memberships m where m.tenant_id = g.tenant_id and m.person_id = p_person and m.state = 'active')
    group by g.tenant_id
  ) x join tenants t using (tenant_id) order by x.rank, x.since
$$;

create function directory.company_open(p_company uuid, p_code text, p_name text, p_staff uuid, p_person uuid, p_person_name text, p_now timestamptz) returns void
language sql security definer set search_path = public, pg_temp as $$
  insert into companies (company_id, code, name, opened_by, created_at) values (p_company, p_code, p_name, p_person, p_now);
  insert into company_staff (staff_id, company_id, person_id, role, name, added_by, added_at) values (p_staff, p_company, p_person, 'owner', p_person_name, p_person, p_now)
$$;
create function directory.companies_of(p_person uuid) returns table (code text, name text, role text)
language sql stable security definer set search_path = public, pg_temp as $$
  select c.code, c.name, s.role from company_staff s join companies c using (company_id) where s.person_id = p_person and s.ended_at is null order by s.added_at
$$;
-- A company as one of its staff sees it; no row for anybody else.
create function directory.company_seen_by(p_code text, p_person uuid) returns table (company_id uuid, name text, role text)
language sql stable security definer set search_path = public, pg_temp as $$
  select c.company_id, c.name, s.role from companies c join company_staff s using (company_id) where c.code = p_code and s.person_id = p_person and s.ended_at is null
$$;
create function directory.company_by_code(p_code text) returns table (company_id uuid, name text)
language sql stable security definer set search_path = public, pg_temp as $$
  select company_id, name from companies where code = p_code
$$;
create function directory.company_people(p_company uuid) returns table (staff_id uuid, person_id uuid, name text, phone text, role text)
language sql stable security definer set search_path = public, pg_temp as $$
  select s.staff_id, s.person_id, s.name, p.phone, s.role from company_staff s join people p using (person_id) where s.company_id = p_company and s.ended_at is null order by s.added_at, s.staff_id
$$;
create function directory.company_buildings(p_company uuid) returns table (slug text, name text)
language sql stable security definer set search_path = public, pg_temp as $$
  select t.slug, t.name from company_grants g join tenants t using (tenant_id) where g.company_id = p_company and g.withdrawn_at is null order by g.granted_at
$$;
create function directory.company_add(p_company uuid, p_staff uuid, p_person uuid, p_role text, p_name text, p_by uuid, p_now timestamptz) returns boolean
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  insert into company_staff (staff_id, company_id, person_id, role, name, added_by, added_at)
  values (p_staff, p_company, p_person, p_role, p_name, p_by, p_now) on conflict do nothing;
  return found;
end $$;
-- 'ended', 'none', or 'last_owner': a company is never left to nobody. The company's row is held meanwhile.
create function directory.company_end(p_company uuid, p_staff uuid, p_by uuid, p_now timestamptz) returns text
language plpgsql security definer set search_path = public, pg_temp as $$
declare leaving text;
begin
  perform 1 from companies c where c.company_id = p_company for update;
  select s.role into leaving from company_staff s where s.company_id = p_company and s.staff_id = p_staff and s.ended_at is null;
  if leaving is null then return 'none'; end if;
  if leaving = 'owner' and not exists (select 1 from company_staff s where s.company_id = p_company and s.role = 'owner' and s.ended_at is null and s.staff_id <> p_staff) then
    return 'last_owner';
  end if;
  update company_staff s set ended_at = p_now, ended_by = p_by where s.staff_id = p_staff;
  return 'ended';
end $$;
reset role;

do $$ declare f regprocedure; begin
  for f in select p.oid::regprocedure from pg_proc p join pg_namespace n on n.oid = p.pronamespace
           where n.nspname = 'directory' and p.proname in ('company_open', 'companies_of', 'company_seen_by', 'company_by_code', 'company_people', 'company_buildings', 'company_add', 'company_end') loop
    call directory.hand_over(f, 'vantera_web');
  end loop;
end $$;
