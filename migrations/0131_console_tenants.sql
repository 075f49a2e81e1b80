-- What the operator's console shows of tenants and companies: counts and moments. No name of a person and no phone leaves here.

create index tenants_by_age on tenants (created_at desc, tenant_id desc);
grant select on flats, activity to vantera_directory;
create policy directory_reads on flats for select to vantera_directory using (true);
create policy directory_reads on activity for select to vantera_directory using (true);

-- Jobs that wait for these tenants; not counted beyond ten thousand each. The library's tables come after ours, so in plpgsql.
create function jobs.waiting_of(p_tenants uuid[]) returns table (tenant_id uuid, waiting bigint)
language plpgsql stable security definer set search_path = public, pg_temp as $$
begin
  return query select one, (select count(*) from (select 1 from graphile_worker._private_jobs j where j.is_available and j.payload ->> 'tenant' = one::text limit 10000) due)
    from unnest(p_tenants) one;
end $$;
revoke all on function jobs.waiting_of(uuid[]) from public;
grant execute on function jobs.waiting_of(uuid[]) to vantera_web;

set local role vantera_directory;

-- Tenants of whose name or address the search is a part, the latest first, after a place in the list.
create function directory.tenants_listed(p_search text, p_before timestamptz, p_before_id uuid, p_most int)
returns table (tenant_id uuid, slug text, name text, company text, created_at timestamptz, flats bigint, residents bigint, deliveries bigint, last_activity timestamptz)
language sql stable security definer set search_path = public, pg_temp as $$
  with page as (
    select t.tenant_id, t.slug, t.name, t.created_at from tenants t
    where (p_search is null or position(lower(p_search) in lower(t.name)) > 0 or position(lower(p_search) in t.slug) > 0)
      and (p_before is null or (t.created_at, t.tenant_id) < (p_before, p_before_id))
    order by t.created_at desc, t.tenant_id desc limit least(p_most, 200)
  ), due as (
    select d.tenant_id, count(*) as waiting from gateway_deliveries d where d.state = 'pending' and d.tenant_id = any (array(select page.tenant_id from page)) group by 1
  )
  select page.tenant_id, page.slug, page.name, (select c.company_name from company_grants c where c.tenant_id = page.tenant_id and c.withdrawn_at is null), page.created_at,
         (select count(*) from flats f where f.tenant_id = page.tenant_id),
         (select count(*) from memberships m where m.tenant_id = page.tenant_id and m.state = 'active'),
         coalesce(due.waiting, 0),
         (select a.created_at from activity a where a.tenant_id = page.tenant_id order by a.seq desc limit 1)
  from page left join due on due.tenant_id = page.tenant_id
  order by page.created_at desc, page.tenant_id desc
$$;

-- The same for companies; who works there is counted and not told.
create function directory.companies_listed(p_search text, p_before timestamptz, p_before_id uuid, p_most int)
returns table (company_id uuid, name text, created_at timestamptz, buildings bigint, staff bigint)
language sql stable security definer set search_path = public, pg_temp as $$
  select c.company_id, c.name, c.created_at,
         (select count(*) from company_grants g where g.company_id = c.company_id and g.withdrawn_at is null),
         (select count(*) from company_staff s where s.company_id = c.company_id and s.ended_at is null)
  from companies c
  where (p_search is null or position(lower(p_search) in lower(c.name)) > 0) and (p_before is null or (c.created_at, c.company_id) < (p_before, p_before_id))
  order by c.created_at desc, c.company_id desc limit least(p_most, 200)
$$;
reset role;

call directory.hand_over('directory.tenants_listed(text, timestamptz, uuid, int)', 'vantera_web');
call directory.hand_over('directory.companies_listed(text, timestamptz, uuid, int)', 'vantera_web');
