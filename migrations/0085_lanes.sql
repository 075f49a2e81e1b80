-- Lanes, fair places, pauses and dead letters: what graphile_worker's queue needs to be ours.
--
-- A lane is a runner of its own; which task runs on which lane is told by the program when it starts. The queue's own
-- tables are made by the job library after these migrations, so functions that read them are plpgsql, and the triggers
-- that call them are put on by `vantera migrate` (src/platform/queue.sql). Nobody of the app's roles reads these tables:
-- they belong to the owner, and the functions below are the only way.

create table job_lanes (
  task  text primary key check (task ~ '^[a-z_]+\.[a-z_]+$'),
  lane  text not null check (lane ~ '^[a-z]+$')
);

-- Runs that went well, counted: a row for each would outgrow everything else.
create table jobs_done (
  task     text not null,
  minute   timestamptz not null,
  done     bigint not null,
  took_ms  bigint not null,
  primary key (task, minute)
);

-- Tries that failed. Rows are only ever added, and go with their whole month.
create table jobs_runs (
  job_id     bigint not null,
  -- Counts how often the job was replaced by its key: tries of another revision are another job's.
  revision   int not null,
  task       text not null,
  tenant_id  uuid,
  attempt    int not null,
  outcome    text not null check (outcome in ('failed', 'spent')),
  begun_at   timestamptz,
  ended_at   timestamptz not null,
  error      text not null check (octet_length(error) <= 2048)
) partition by range (ended_at);
create index jobs_runs_of_job on jobs_runs (job_id);
create index jobs_runs_by_time on jobs_runs (ended_at);
-- What no month was made for: nothing may fail because a table is missing.
create table jobs_runs_other partition of jobs_runs default;

-- Jobs that spent their tries. Payloads hold ids only.
create table jobs_dead (
  dead_id        bigint generated always as identity primary key,
  job_id         bigint not null,
  task           text not null,
  payload        json not null,
  tenant_id      uuid,
  key            text,
  priority       int not null,
  attempts       int not null,
  most_attempts  int not null,
  first_error    text,
  last_error     text,
  -- One object a try: attempt, at, ms, error.
  errors         jsonb not null,
  created_at     timestamptz not null,
  died_at        timestamptz not null,
  settled        text check (settled in ('replayed', 'discarded')),
  settled_at     timestamptz,
  settled_by     uuid
);
create index jobs_dead_open on jobs_dead (died_at desc) where settled is null;

do $$ declare t text; begin
  foreach t in array array['job_lanes', 'jobs_done', 'jobs_runs', 'jobs_runs_other', 'jobs_dead'] loop
    -- Not forced: the owner's own functions pass, and nobody else does.
    execute format('alter table %I enable row level security', t);
  end loop;
end $$;

-- ---------------------------------------------------------------------------------------------------- lanes
-- The program says which task runs on which lane. Tasks it does not know any more keep theirs: their last jobs may wait.
create function jobs.declare(p_tasks text[], p_lanes text[]) returns void
language sql security definer set search_path = public, pg_temp as $$
  insert into job_lanes (task, lane) select * from unnest(p_tasks, p_lanes) on conflict (task) do update set lane = excluded.lane where job_lanes.lane <> excluded.lane
$$;

-- Where a tenant's new job stands in its lane. Start-time fair queueing: the job stands one place behind the tenant's last
-- waiting one (ten share a place), or, when none waits, at the place that is being served now. So whoever has left a
-- hundred thousand has spread them over ten thousand places, and whoever comes with ten stands in the first of those
-- that are still to come. Everything is read from what waits and runs, by index: there is no counter that a commit
-- would have to lock, and two transactions that do not see each other only share a place.
-- Jobs that are watched (a priority below 0) have few places of their own, before all others.
create function jobs.stand_in_line() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  who text := new.payload ->> 'tenant';
  first int := new.priority;
  last int := case when new.priority < 0 then -1 else 30000 end;
  peers int[]; mine int; beside int; served int;
begin
  select array_agg(t.id) into peers
    from graphile_worker._private_tasks me
    join public.job_lanes own on own.task = me.identifier
    join public.job_lanes l on l.lane = own.lane
    join graphile_worker._private_tasks t on t.identifier = l.task
    where me.id = new.task_id;
  if peers is null then return new; end if;
  select max(top.priority) into served from unnest(peers) p(id), lateral (
    select j.priority from graphile_worker._private_jobs j
    where j.task_id = p.id and j.locked_at is not null and j.priority between first and last order by j.priority desc limit 1) top;
  -- A lane that is never empty would climb to its end; then whoever has nothing waiting begins before everybody.
  if served is null or served > (first + last) / 2 then served := first; end if;
  select max(top.priority) into mine from unnest(peers) p(id), lateral (
    select j.priority from graphile_worker._private_jobs j
    where j.is_available and j.payload ->> 'tenant' = who and j.task_id = p.id and j.priority between first and last order by j.priority desc limit 1) top;
  if mine is null then
    new.priority := served;
    return new;
  end if;
  select count(*) into beside from (
    select 1 from unnest(peers) p(id), lateral (
      select 1 from graphile_worker._private_jobs j
      where j.is_available and j.payload ->> 'tenant' = who and j.task_id = p.id and j.priority = mine limit 10) one limit 10) shared;
  if beside >= 10 then mine := mine + 1; end if;
  new.priority := least(last, greatest(mine, served));
  return new;
end $$;

-- ---------------------------------------------------------------------------------------------------- failures
-- At most 2 kB of an error, whatever its letters weigh.
create function jobs.short(p_error text) returns text language sql immutable set search_path = pg_catalog, pg_temp as $$
  select case when octet_length(p_error) <= 2048 then p_error
    else left(p_error, greatest(512, 2048 - (octet_length(left(p_error, 2048)) - char_length(left(p_error, 2048))))) end
$$;

-- The library writes a handler's words as TaskError("…"), with the marks inside them doubled.
create function jobs.words_of(p_error text) returns text language sql immutable set search_path = pg_catalog, pg_temp as $$
  select case when p_error like 'TaskError("%")' then replace(replace(replace(substr(p_error, 12, length(p_error) - 13), '\n', E'\n'), '\"', '"'), '\\', '\') else p_error end
$$;

-- A job failed and will be tried again. The library's own pause is e to the number of tries, up to six hours and the
-- same for all that failed together; ours ends at an hour and is spread over its last quarter.
create function jobs.pause() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  new.last_error := jobs.short(jobs.words_of(new.last_error));
  if new.attempts < new.max_attempts then
    new.run_at := now() + least(3600, exp(least(new.attempts, 10))) * (0.75 + random() * 0.25) * interval '1 second';
  end if;
  return new;
end $$;

-- Moves one job to the dead letters, with what was said at each of its tries.
create function jobs.bury(p_job bigint) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  with spent as (delete from graphile_worker._private_jobs j where j.id = p_job returning j.*)
  insert into public.jobs_dead (job_id, task, payload, tenant_id, key, priority, attempts, most_attempts, first_error, last_error, errors, created_at, died_at)
  select s.id, t.identifier, s.payload, (s.payload ->> 'tenant')::uuid, s.key, s.priority, s.attempts, s.max_attempts,
         coalesce(h.errors -> 0 ->> 'error', jobs.short(s.last_error)), jobs.short(s.last_error), coalesce(h.errors, '[]'), s.created_at, now()
  from spent s join graphile_worker._private_tasks t on t.id = s.task_id
  cross join lateral (
    select jsonb_agg(jsonb_build_object('attempt', r.attempt, 'at', r.ended_at, 'ms', (extract(epoch from r.ended_at - r.begun_at) * 1000)::bigint, 'error', r.error) order by r.ended_at, r.attempt) as errors
    from public.jobs_runs r where r.job_id = s.id and r.revision = s.revision) h;
end $$;

-- A job was let go of without having been done: the try is kept, and a job that has no more goes to the dead letters in the
-- same transaction. What was replaced by its key while it ran is nobody's any more.
create function jobs.failed() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if exists (select 1 from graphile_worker._private_job_retirements r where r.id = new.id) then
    delete from graphile_worker._private_jobs j where j.id = new.id;
    return null;
  end if;
  insert into public.jobs_runs (job_id, revision, task, tenant_id, attempt, outcome, begun_at, ended_at, error)
  select new.id, new.revision, t.identifier, (new.payload ->> 'tenant')::uuid, new.attempts,
         case when new.attempts >= new.max_attempts then 'spent' else 'failed' end, old.locked_at, now(), coalesce(new.last_error, '')
  from graphile_worker._private_tasks t where t.id = new.task_id;
  if new.attempts >= new.max_attempts then perform jobs.bury(new.id); end if;
  return null;
end $$;

-- As before, but what was given up is moved to the dead letters and not thrown away. Since a job moves there by itself,
-- these are jobs from before, and what somebody gave up by hand.
create or replace function jobs.tidy(p_given_up_before timestamptz) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare gone bigint := 0; one record;
begin
  for one in
    select j.id, exists (select 1 from graphile_worker._private_job_retirements r where r.id = j.id) as replaced from graphile_worker._private_jobs j
    where j.locked_at is null and j.attempts >= j.max_attempts
      and (j.run_at < p_given_up_before or exists (select 1 from graphile_worker._private_job_retirements r where r.id = j.id))
    limit 10000 for update of j skip locked
  loop
    if one.replaced then delete from graphile_worker._private_jobs j where j.id = one.id; else perform jobs.bury(one.id); end if;
    gone := gone + 1;
  end loop;
  return gone;
end $$;

-- ---------------------------------------------------------------------------------------------------- dead letters
-- Puts a fresh job in, under the key it had; nothing when one with that key waits or runs. False when somebody was faster.
create function jobs.replay(p_dead bigint, p_by uuid) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare d public.jobs_dead;
begin
  update public.jobs_dead set settled = 'replayed', settled_at = now(), settled_by = p_by where dead_id = p_dead and settled is null returning * into d;
  if not found then return false; end if;
  perform jobs.enqueue(d.task, d.payload, null, d.key, d.most_attempts, d.key is not null, case when d.priority < 0 then -10 else 0 end);
  return true;
end $$;
-- The same for a task's oldest thousand; answers how many.
create function jobs.replay_task(p_task text, p_by uuid) returns bigint
language sql security definer set search_path = public, pg_temp as $$
  select count(*) filter (where jobs.replay(dead_id, p_by)) from (select dead_id from jobs_dead where task = p_task and settled is null order by died_at limit 1000) letters
$$;
create function jobs.discard(p_dead bigint, p_by uuid) returns boolean
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  update jobs_dead set settled = 'discarded', settled_at = now(), settled_by = p_by where dead_id = p_dead and settled is null;
  return found;
end $$;
-- Takes a discard back.
create function jobs.restore(p_dead bigint) returns boolean
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  update jobs_dead set settled = null, settled_at = null, settled_by = null where dead_id = p_dead and settled = 'discarded';
  return found;
end $$;

-- ---------------------------------------------------------------------------------------------------- counts and retention
create function jobs.count_done(p_tasks text[], p_done bigint[], p_took_ms bigint[]) returns void
language sql security definer set search_path = public, pg_temp as $$
  insert into jobs_done (task, minute, done, took_ms) select t, date_trunc('minute', now()), d, m from unnest(p_tasks, p_done, p_took_ms) counted(t, d, m)
  on conflict (task, minute) do update set done = jobs_done.done + excluded.done, took_ms = jobs_done.took_ms + excluded.took_ms
$$;

-- Makes this month's table and those of the next two. What came meanwhile lies in the table of no month and is moved.
create function jobs.make_months(p_now timestamptz) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
declare ahead int; first timestamptz; after timestamptz; name text;
begin
  for ahead in 0..2 loop
    first := (date_trunc('month', p_now at time zone 'UTC') + make_interval(months => ahead)) at time zone 'UTC';
    after := (date_trunc('month', p_now at time zone 'UTC') + make_interval(months => ahead + 1)) at time zone 'UTC';
    name := 'jobs_runs_' || to_char(first at time zone 'UTC', 'YYYY_MM');
    continue when to_regclass('public.' || name) is not null;
    execute format('create table public.%I (like public.jobs_runs including defaults including constraints)', name);
    execute format('alter table public.%I enable row level security', name);
    execute format('with late as (delete from public.jobs_runs_other where ended_at >= %L and ended_at < %L returning *) insert into public.%I select * from late', first, after, name);
    execute format('alter table public.jobs_runs attach partition public.%I for values from (%L) to (%L)', name, first, after);
  end loop;
end $$;

-- Failures are kept three whole months, counts eight days, dead letters that somebody settled thirty days and others half a year.
create function jobs.forget(p_now timestamptz) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
declare month regclass; oldest text := 'jobs_runs_' || to_char(date_trunc('month', p_now at time zone 'UTC') - interval '3 months', 'YYYY_MM');
begin
  for month in select i.inhrelid::regclass from pg_inherits i join pg_class c on c.oid = i.inhrelid
               where i.inhparent = 'public.jobs_runs'::regclass and c.relname ~ '^jobs_runs_\d{4}_\d{2}$' and c.relname < oldest loop
    execute format('drop table %s', month);
  end loop;
  delete from jobs_runs_other where ended_at < p_now - interval '3 months';
  delete from jobs_done where minute < p_now - interval '8 days';
  delete from jobs_dead where settled_at < p_now - interval '30 days' or (settled is null and died_at < p_now - interval '180 days');
end $$;
select jobs.make_months(now());

do $$ declare f regprocedure; begin
  for f in select p.oid::regprocedure from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname = 'jobs' loop
    execute format('revoke all on function %s from public', f);
  end loop;
end $$;
grant execute on function jobs.declare(text[], text[]), jobs.count_done(text[], bigint[], bigint[]), jobs.make_months(timestamptz), jobs.forget(timestamptz) to vantera_worker, vantera_payments;
grant execute on function jobs.replay(bigint, uuid), jobs.replay_task(text, uuid), jobs.discard(bigint, uuid), jobs.restore(bigint) to vantera_web;
