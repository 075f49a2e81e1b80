-- What the operator's console shows of the queues. Only numbers, names of tasks, ids and errors; the service asks first
-- whether an operator reads.

-- One row a lane; 'none' is for tasks that no program has told a lane for.
create function jobs.lanes_now()
returns table (lane text, waiting bigint, later bigint, running bigint, retrying bigint, oldest_s bigint, done_hour bigint, failed_hour bigint, dead bigint, pace bigint[])
language plpgsql stable security definer set search_path = public, pg_temp as $$
#variable_conflict use_column
begin
  return query
  with known as (select l.task, l.lane from job_lanes l),
  queue as (
    select coalesce(k.lane, 'none') as lane,
           count(*) filter (where j.is_available and j.run_at <= now()) as waiting,
           count(*) filter (where j.is_available and j.run_at > now() and j.attempts = 0) as later,
           count(*) filter (where j.locked_at is not null) as running,
           count(*) filter (where j.is_available and j.attempts > 0) as retrying,
           floor(extract(epoch from now() - min(j.run_at) filter (where j.is_available and j.run_at <= now())))::bigint as oldest_s
    from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id left join known k on k.task = t.identifier group by 1),
  parts as (
    select coalesce(k.lane, 'none') as lane, floor(extract(epoch from now() - d.minute) / 300)::int as ago, sum(d.done)::bigint as done
    from jobs_done d left join known k using (task) where d.minute > now() - interval '1 hour' group by 1, 2),
  well as (
    select p.lane, sum(p.done)::bigint as done,
           array(select coalesce((select q.done from parts q where q.lane = p.lane and q.ago = 11 - slot), 0) from generate_series(0, 11) slot) as pace
    from parts p group by 1),
  ill as (select coalesce(k.lane, 'none') as lane, count(*) as failed from jobs_runs r left join known k using (task) where r.ended_at > now() - interval '1 hour' group by 1),
  lost as (select coalesce(k.lane, 'none') as lane, count(*) as dead from jobs_dead d left join known k using (task) where d.settled is null group by 1)
  select l.lane, coalesce(q.waiting, 0), coalesce(q.later, 0), coalesce(q.running, 0), coalesce(q.retrying, 0), q.oldest_s,
         coalesce(w.done, 0), coalesce(i.failed, 0), coalesce(x.dead, 0), coalesce(w.pace, array_fill(0::bigint, array[12]))
  from (select lane from known union select lane from queue union select lane from lost) l
  left join queue q using (lane) left join well w using (lane) left join ill i using (lane) left join lost x using (lane);
end $$;

-- Jobs that failed and will be tried again, the next one first.
create function jobs.retrying(p_most int)
returns table (task text, tenant_id uuid, attempts int, most_attempts int, in_s bigint, error text)
language plpgsql stable security definer set search_path = public, pg_temp as $$
begin
  return query
  select t.identifier, (j.payload ->> 'tenant')::uuid, j.attempts::int, j.max_attempts::int, ceil(extract(epoch from j.run_at - now()))::bigint, jobs.short(j.last_error)
  from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id
  where j.is_available and j.attempts > 0 order by j.run_at limit p_most;
end $$;

-- Dead letters that wait for somebody, newest first, and behind them those of which somebody may still think otherwise.
create function jobs.dead_letters(p_most int)
returns table (dead_id bigint, task text, tenant_id uuid, attempts int, most_attempts int, ago_s bigint, last_error text, errors jsonb, discarded boolean)
language sql stable security definer set search_path = public, pg_temp as $$
  select d.dead_id, d.task, d.tenant_id, d.attempts, d.most_attempts, floor(extract(epoch from now() - d.died_at))::bigint, coalesce(d.last_error, ''), d.errors, d.settled is not null
  from jobs_dead d where d.settled is null or (d.settled = 'discarded' and d.settled_at > now() - interval '1 day')
  order by (d.settled is not null), d.died_at desc, d.dead_id desc limit p_most
$$;

-- Each schedule: in how many places it stands, when it last ran anywhere and when it will next.
create function jobs.schedules_now()
returns table (schedule text, places bigint, last_run timestamptz, next_run timestamptz)
language sql stable security definer set search_path = public, pg_temp as $$
  select r.schedule, count(*), max(r.last_run), min(r.next_run) from schedule_runs r group by 1 order by 1
$$;

do $$ declare f text; begin
  foreach f in array array['jobs.lanes_now()', 'jobs.retrying(int)', 'jobs.dead_letters(int)', 'jobs.schedules_now()'] loop
    execute format('revoke all on function %s from public', f);
    execute format('grant execute on function %s to vantera_web', f);
  end loop;
end $$;
grant execute on function jobs.lanes_now() to vantera_worker;

-- The names that tell an operator whose jobs these are.
create function directory.tenant_names(p_tenants uuid[]) returns table (tenant_id uuid, slug text, name text)
language sql stable security definer set search_path = public, pg_temp as $$
  select t.tenant_id, t.slug, t.name from tenants t where t.tenant_id = any(p_tenants)
$$;
call directory.hand_over('directory.tenant_names(uuid[])', 'vantera_web');
