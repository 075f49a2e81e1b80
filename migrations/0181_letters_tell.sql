-- A dead letter is settled as replayed only when its job was put in. Before, one whose key another job held, waiting or
-- running, was settled all the same: nothing was put in, and the letter's own work was lost when that other job did something else.

-- Puts a fresh job in, under the key the letter had, and answers `replayed`. While a job with that key waits or runs it
-- answers `waits` and leaves the letter open; `late` when somebody decided about it before.
create function jobs.put_in(p_dead bigint, p_by uuid) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare d public.jobs_dead;
begin
  select * into d from public.jobs_dead where dead_id = p_dead and settled is null for update;
  if not found then return 'late'; end if;
  if d.key is not null then
    -- The lock that jobs.enqueue takes (0041), and what it would count as waiting or running.
    perform pg_advisory_xact_lock(hashtext(d.key));
    if exists (select 1 from graphile_worker._private_jobs j where j.key = d.key and (j.locked_at is not null or j.attempts < j.max_attempts)) then return 'waits'; end if;
  end if;
  update public.jobs_dead set settled = 'replayed', settled_at = now(), settled_by = p_by where dead_id = p_dead;
  perform jobs.enqueue(d.task, d.payload, null, d.key, d.most_attempts, d.key is not null, case when d.priority < 0 then -10 else 0 end);
  return 'replayed';
end $$;

-- The same for a task's oldest thousand; those that can be put in come before those that would wait.
create function jobs.put_in_all(p_task text, p_by uuid, out replayed bigint, out waiting bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  with letters as materialized (
    select l.dead_id from public.jobs_dead l where l.task = p_task and l.settled is null
    order by exists (select 1 from graphile_worker._private_jobs j where j.key = l.key), l.died_at limit 1000
  ), done as materialized (select jobs.put_in(dead_id, p_by) as became from letters)
  select count(*) filter (where became = 'replayed'), count(*) filter (where became = 'waits') into replayed, waiting from done;
end $$;

-- For processes of the version before: what was not put in was, to them, decided before. replay_task (0085) asks this one.
create or replace function jobs.replay(p_dead bigint, p_by uuid) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  return jobs.put_in(p_dead, p_by) = 'replayed';
end $$;

revoke all on function jobs.put_in(bigint, uuid), jobs.put_in_all(text, uuid) from public;
grant execute on function jobs.put_in(bigint, uuid), jobs.put_in_all(text, uuid) to vantera_web;
