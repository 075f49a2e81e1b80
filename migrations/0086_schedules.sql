-- Our own schedules: a cron line in a tenant's zone, or one for the platform. A run is noted here in the transaction that
-- leaves its job, so that two processes never leave it twice and a crash between the two leaves neither.
alter table schedule_runs drop constraint schedule_runs_pkey;
alter table schedule_runs add column tenant_id uuid;
alter table schedule_runs add column next_run timestamptz;
-- The cron line and the zone that next_run was reckoned from: when either changes it is reckoned anew.
alter table schedule_runs add column line text not null default '';
create unique index schedule_runs_once on schedule_runs (schedule, tenant_id) nulls not distinct;
create index schedule_runs_next on schedule_runs (next_run);
alter table schedule_runs enable row level security;
revoke all on schedule_runs from vantera_worker, vantera_payments;
grant select on schedule_runs to vantera_directory;
create policy directory_reads on schedule_runs for select to vantera_directory using (true);

-- Where a schedule is due, was never seen, or is another than it was: each tenant of it, or the one place without a tenant
-- when a zone is given.
create function directory.schedule_places(p_schedule text, p_cron text, p_zone text, p_now timestamptz)
returns table (tenant_id uuid, time_zone text, last_run timestamptz)
language sql stable security definer set search_path = public, pg_temp as $$
  select place.tenant_id, place.zone, r.last_run
  from (select null::uuid as tenant_id, p_zone as zone where p_zone is not null union all select t.tenant_id, t.time_zone from tenants t where p_zone is null) place
  left join schedule_runs r on r.schedule = p_schedule and r.tenant_id is not distinct from place.tenant_id
  where r.schedule is null or r.next_run is null or r.next_run <= p_now or r.line <> p_cron || ' ' || place.zone
  limit 1000
$$;
call directory.hand_over('directory.schedule_places(text, text, text, timestamptz)', 'vantera_worker');

-- Notes a run, when nobody has since the last one was read (null: the schedule is new here). True for the one who did.
create function jobs.note_run(p_schedule text, p_tenant uuid, p_last timestamptz, p_run timestamptz, p_next timestamptz, p_line text) returns boolean
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if p_last is null then
    insert into schedule_runs (schedule, tenant_id, last_run, next_run, line) values (p_schedule, p_tenant, p_run, p_next, p_line) on conflict do nothing;
  else
    update schedule_runs set last_run = p_run, next_run = p_next, line = p_line where schedule = p_schedule and tenant_id is not distinct from p_tenant and last_run = p_last;
  end if;
  return found;
end $$;
revoke all on function jobs.note_run(text, uuid, timestamptz, timestamptz, timestamptz, text) from public;
grant execute on function jobs.note_run(text, uuid, timestamptz, timestamptz, timestamptz, text) to vantera_worker;
