-- A job that kills its own worker would be tried for ever: a crash costs no try, because most jobs in a dead worker's
-- hands are innocent. So crashes are counted apart from tries. One row a job (and revision: what was replaced by its key is
-- another job), from its first crash until the night after it ended.
create table jobs_crashes (
  job_id    bigint not null,
  revision  int not null,
  crashes   int not null,
  last_at   timestamptz not null,
  primary key (job_id, revision)
);
-- Not forced: the owner's own functions pass, and nobody else does.
alter table jobs_crashes enable row level security;

-- A job was taken back from a worker that died with it in its hands, or was stopped without waiting for it.
--
-- The first two times it comes back at once, as the library has it. From the third on it rests, longer each time up to a
-- minute and spread: a job that was only held beside the one that kills comes back at another moment than that one, and
-- is done then. The fiftieth time it goes to the dead letters. A worker runs what it holds (nothing is fetched ahead), and an
-- innocent job would have to be in the hands of fifty dying workers in a row without once having the milliseconds or
-- seconds it needs; thirty are known to be survived (tests/it/queue.rs).
create function jobs.taken_back() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare often int;
begin
  insert into public.jobs_crashes as c (job_id, revision, crashes, last_at) values (new.id, new.revision, 1, now())
    on conflict (job_id, revision) do update set crashes = c.crashes + 1, last_at = now() returning crashes into often;
  if often >= 50 then
    update graphile_worker._private_jobs j set last_error = format('its worker died %s times', often) where j.id = new.id;
    perform jobs.bury(new.id);
    delete from public.jobs_crashes c where c.job_id = new.id;
  elsif often >= 3 then
    update graphile_worker._private_jobs j
      set run_at = greatest(j.run_at, now() + least(60, 2 ^ (often - 3)) * (0.5 + random() * 0.5) * interval '1 second') where j.id = new.id;
  end if;
  return null;
end $$;
revoke all on function jobs.taken_back() from public;

-- Counts of jobs that are no more; asked once a night. The library's tables come after ours, so in plpgsql.
create function jobs.forget_crashes() returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  delete from public.jobs_crashes c
    where not exists (select 1 from graphile_worker._private_jobs j where j.id = c.job_id and j.revision = c.revision);
end $$;
revoke all on function jobs.forget_crashes() from public;
grant execute on function jobs.forget_crashes() to vantera_worker, vantera_payments;
