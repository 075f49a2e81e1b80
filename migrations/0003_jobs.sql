-- The jobs seam: anybody may leave work inside his own transaction, only workers may take it.
-- The queue's own tables are made by the job library when `vantera migrate` runs; this function finds them at call time.
create schema jobs;
grant usage on schema jobs to vantera_web, vantera_worker, vantera_payments;

-- Leaves one job. The payload holds ids only. A job with a key replaces an earlier one with the same key that has not begun.
create function jobs.enqueue(p_task text, p_payload json, p_run_at timestamptz, p_key text, p_most_attempts int)
returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if p_task !~ '^[a-z_]+\.[a-z_]+$' then raise exception 'not a task name: %', p_task; end if;
  perform graphile_worker.add_job(p_task, payload => p_payload, run_at => p_run_at, job_key => p_key, max_attempts => p_most_attempts);
end $$;
revoke all on function jobs.enqueue(text, json, timestamptz, text, int) from public;
grant execute on function jobs.enqueue(text, json, timestamptz, text, int) to vantera_web, vantera_worker, vantera_payments;

-- A lane has a job that must repeat: the schedule notes its last run here, so that two processes do not both begin it.
create table schedule_runs (
  schedule   text primary key,
  last_run   timestamptz not null
);
grant select, insert, update on schedule_runs to vantera_worker, vantera_payments;
