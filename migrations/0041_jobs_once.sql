-- Nothing piles up in the queue. graphile_worker keeps rows that nobody will ever run: a job that was replaced by its
-- key while it ran and whose process then died (or which failed), one that was given up, and a given-up one whose key
-- was used again. The first and the last are rubbish; the second is kept for a while, for whoever asks.

-- Leaves one job, as jobs.enqueue with five arguments does, before those of a higher p_priority; with p_once only when none with this key waits or runs, so
-- that what is under way keeps its count of tries. What was given up under the key goes first: the library would keep
-- that row for ever, without its key.
create function jobs.enqueue(p_task text, p_payload json, p_run_at timestamptz, p_key text, p_most_attempts int, p_once boolean, p_priority int)
returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if p_task !~ '^[a-z_]+\.[a-z_]+$' then raise exception 'not a task name: %', p_task; end if;
  if p_key is not null then
    -- The library's own lock for a key (its add_jobs takes it too): two who leave the same job take turns.
    perform pg_advisory_xact_lock(hashtext(p_key));
    delete from graphile_worker._private_jobs where key = p_key and locked_at is null and attempts >= max_attempts;
    if p_once and exists (select 1 from graphile_worker._private_jobs where key = p_key) then return; end if;
  end if;
  perform graphile_worker.add_job(p_task, payload => p_payload, run_at => p_run_at, job_key => p_key, max_attempts => p_most_attempts, priority => p_priority);
end $$;
revoke all on function jobs.enqueue(text, json, timestamptz, text, int, boolean, int) from public;
grant execute on function jobs.enqueue(text, json, timestamptz, text, int, boolean, int) to vantera_web, vantera_worker, vantera_payments;

-- Takes away what nobody will run: jobs that were replaced and whose holder is gone, and jobs given up before a moment.
-- Rows that somebody holds are left for the next time. In plpgsql, because the library's tables come after ours.
create function jobs.tidy(p_given_up_before timestamptz) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare gone bigint;
begin
  with idle as (
    select j.id from graphile_worker._private_jobs j
    where j.locked_at is null and j.attempts >= j.max_attempts
      and (j.run_at < p_given_up_before or exists (select 1 from graphile_worker._private_job_retirements r where r.id = j.id))
    for update of j skip locked
  ), taken as (
    delete from graphile_worker._private_jobs j using idle where j.id = idle.id returning 1
  )
  select count(*) into gone from taken;
  return gone;
end $$;
revoke all on function jobs.tidy(timestamptz) from public;
grant execute on function jobs.tidy(timestamptz) to vantera_worker, vantera_payments;
