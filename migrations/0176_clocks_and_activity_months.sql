-- A schedule that a clock which had gone ahead has noted in the future goes on by the right one: before, it stood still until
-- that moment came. Five minutes is more than two processes of one house may differ (they do not tick when they do).
set local role vantera_directory;
create or replace function directory.schedule_places(p_schedule text, p_cron text, p_zone text, p_now timestamptz)
returns table (tenant_id uuid, time_zone text, last_run timestamptz)
language sql stable security definer set search_path = public, pg_temp as $$
  select place.tenant_id, place.zone, r.last_run
  from (select null::uuid as tenant_id, p_zone as zone where p_zone is not null union all select t.tenant_id, t.time_zone from tenants t where p_zone is null) place
  left join schedule_runs r on r.schedule = p_schedule and r.tenant_id is not distinct from place.tenant_id
  where r.schedule is null or r.next_run is null or r.next_run <= p_now or r.last_run > p_now + interval '5 minutes' or r.line <> p_cron || ' ' || place.zone
  limit 1000
$$;
reset role;

-- The activity line, cut into months and kept for a year: an open page catches up on days, and the committee reads the latest
-- forty. Its numbers are given under the lock of its tenant's head, which is what makes them unique: a unique key of a table
-- that is cut must hold the column it is cut by.
-- Whoever holds tenants and then writes a line must not meet who holds the line and then wants tenants.
call directory.hold_referred('public.activity');
alter table activity rename to activity_before;
alter table activity_before rename constraint activity_pkey to activity_before_pkey;
create table activity (
  tenant_id   uuid not null references tenants,
  seq         bigint not null,
  kind        text not null,
  -- who may see it: 'everyone' or 'committee'
  audience    text not null check (audience in ('everyone', 'committee')),
  subject     uuid,
  payload     jsonb not null,
  created_at  timestamptz not null,
  primary key (tenant_id, seq, created_at)
) partition by range (created_at);
call directory.wall('activity');
grant select, insert on activity to vantera_web, vantera_worker, vantera_payments;
grant select on activity to vantera_directory;
create policy directory_reads on activity for select to vantera_directory using (true);

create table activity_rest partition of activity default;
call directory.wall('activity_rest');
select directory.make_months('public.activity', 'created_at', 'YYYY_MM', now(), 12, 2);

-- The owner is bound by the walls too, so they stand aside for this.
alter table activity_before no force row level security;
alter table activity no force row level security;
insert into activity (tenant_id, seq, kind, audience, subject, payload, created_at)
  select tenant_id, seq, kind, audience, subject, payload, created_at from activity_before;
alter table activity force row level security;
-- The old table goes by a migration of its own (0177): dropping it holds tenants, for which this one must not wait.

-- Makes the months to come, and lets go of those that ended p_kept whole months ago. Answers how many went.
create function directory.activity_months(p_now timestamptz, p_kept int) returns int
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  oldest text := 'activity_' || to_char((p_now at time zone 'UTC') - make_interval(months => p_kept), 'YYYY_MM');
  gone int := 0;
  name text;
begin
  if p_kept < 1 then raise exception 'the line is kept for a month at least'; end if;
  perform pg_advisory_xact_lock(hashtext('make_months'));
  call directory.hold_referred('public.activity');
  for name in select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
              where i.inhparent = 'activity'::regclass and c.relname ~ '^activity_[0-9]{4}_[0-9]{2}$' and c.relname < oldest loop
    execute format('drop table %I', name);
    gone := gone + 1;
  end loop;
  perform directory.make_months('public.activity', 'created_at', 'YYYY_MM', p_now, 0, 2);
  return gone;
end $$;
revoke all on function directory.activity_months(timestamptz, int) from public;
grant execute on function directory.activity_months(timestamptz, int) to vantera_worker;

create or replace function directory.make_late_month(p_table text) returns boolean
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  return case p_table
    when 'activity' then directory.make_late_month('public.activity', 'public.activity_rest', 'created_at', 'YYYY_MM')
    when 'audit_log' then directory.make_late_month('public.audit_log', 'public.audit_log_other', 'created_at', 'YYYY_MM')
    when 'gateway_messages' then directory.make_late_month('public.gateway_messages', 'public.gateway_messages_rest', 'created_at', 'YYYYMM')
    when 'gateway_deliveries' then directory.make_late_month('public.gateway_deliveries', 'public.gateway_deliveries_rest', 'created_at', 'YYYYMM')
    when 'gateway_attempts' then directory.make_late_month('public.gateway_attempts', 'public.gateway_attempts_rest', 'began_at', 'YYYYMM')
    when 'inbound_events' then directory.make_late_month('public.inbound_events', 'public.inbound_events_else', 'received_at', 'YYYY_MM')
    when 'jobs_runs' then directory.make_late_month('public.jobs_runs', 'public.jobs_runs_other', 'ended_at', 'YYYY_MM')
  end;
end $$;
