-- What the job library's tables need from us, after its own migrations. Safe to run again.

-- It enables row-level security without policies; only the worker and the payment engine get them.
do $$ declare t text; begin
  grant usage on schema graphile_worker to vantera_worker, vantera_payments;
  grant select, insert, update, delete on all tables in schema graphile_worker to vantera_worker, vantera_payments;
  grant usage on all sequences in schema graphile_worker to vantera_worker, vantera_payments;
  grant execute on all functions in schema graphile_worker to vantera_worker, vantera_payments;
  for t in select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'graphile_worker' and c.relrowsecurity loop
    execute format('drop policy if exists workers on graphile_worker.%I', t);
    execute format('create policy workers on graphile_worker.%I to vantera_worker, vantera_payments using (true) with check (true)', t);
  end loop;
end $$;

-- A tenant's place in its lane (jobs.stand_in_line): his last waiting job, and the place that is served now.
create index if not exists ours_waiting on graphile_worker._private_jobs ((payload ->> 'tenant'), task_id, priority) where is_available;
create index if not exists ours_running on graphile_worker._private_jobs (task_id, priority) where locked_at is not null;
create or replace trigger ours_10_place before insert on graphile_worker._private_jobs
  for each row when (new.payload ->> 'tenant' is not null) execute function jobs.stand_in_line();

-- A holder lets go of a job and its try is not given back: it failed. Asked of every update, so the conditions are
-- columns alone, and a function is called only for a failure.
create or replace trigger ours_20_pause before update on graphile_worker._private_jobs
  for each row when (old.locked_by is not null and new.locked_by is null and new.attempts = old.attempts) execute function jobs.pause();
create or replace trigger ours_30_failed after update on graphile_worker._private_jobs
  for each row when (old.locked_by is not null and new.locked_by is null and new.attempts = old.attempts) execute function jobs.failed();

-- A holder is gone and its try is given back: its worker died, and that is counted by itself. A worker that lives and gives
-- back what it took ahead changes neither the moment nor the error of the job (_private_return_jobs of the library). One that
-- is told to end and waits no longer for what it runs does, but lets it rest for no moment (jobs.rs): no death either.
create or replace trigger ours_40_taken_back after update on graphile_worker._private_jobs
  for each row when (old.locked_by is not null and new.locked_by is null and new.attempts < old.attempts and new.updated_at is distinct from old.updated_at and new.run_at > new.updated_at) execute function jobs.taken_back();
