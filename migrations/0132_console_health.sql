-- What the operator's console shows of the platform's health. Counts, names of lanes and tables, moments.

-- Which lane a runner works on: the library notes that a runner lives, and not what for. Written when it begins.
create table job_runners (
  worker    text primary key,
  lane      text not null,
  begun_at  timestamptz not null
);
-- Not forced: the owner's own functions pass, and nobody else does.
alter table job_runners enable row level security;

-- Notes a runner, and forgets those of which the library knows nothing any more. The library's tables come after ours, so
-- in plpgsql.
create function jobs.runner_begins(p_worker text, p_lane text) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  delete from job_runners r where r.begun_at < now() - interval '1 hour' and not exists (select 1 from graphile_worker._private_workers w where w.id = r.worker);
  insert into job_runners (worker, lane, begun_at) values (p_worker, p_lane, now()) on conflict (worker) do update set lane = excluded.lane, begun_at = excluded.begun_at;
end $$;

-- Runners of each lane: how many were heard within p_silent_ms, how many were not, and how long ago the last one was.
create function jobs.runners_now(p_silent_ms bigint) returns table (lane text, alive bigint, silent bigint, heard_s bigint)
language plpgsql stable security definer set search_path = public, pg_temp as $$
#variable_conflict use_column
begin
  return query
    select coalesce(r.lane, 'none'), count(*) filter (where w.last_heartbeat_at > now() - p_silent_ms * interval '1 millisecond'),
           count(*) filter (where w.last_heartbeat_at <= now() - p_silent_ms * interval '1 millisecond'), floor(extract(epoch from now() - max(w.last_heartbeat_at)))::bigint
    from graphile_worker._private_workers w left join job_runners r on r.worker = w.id group by 1;
end $$;

-- Connections of each of the app's roles, of all processes.
create function jobs.connections_now() returns table (role text, connections bigint)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select replace(a.usename::text, 'vantera_', ''), count(*) from pg_stat_activity a
  where a.datname = current_database() and a.usename in ('vantera_web', 'vantera_worker', 'vantera_payments') group by 1 order by 1
$$;

-- Partitions that stand for no month and hold something: a row of which nobody had made the month. Told by their size, since
-- no role but a tenant's reads them; one that was emptied tells so until it is vacuumed, but for the queue's own.
create function jobs.astray_now() returns table (part text, bytes bigint)
language sql stable security definer set search_path = public, pg_temp as $$
  select c.relname::text, pg_relation_size(c.oid)
  from pg_inherits i join pg_class c on c.oid = i.inhrelid join pg_class p on p.oid = i.inhparent
  where p.relkind = 'p' and c.relkind = 'r' and c.relnamespace = 'public'::regnamespace and pg_get_expr(c.relpartbound, c.oid) = 'DEFAULT' and pg_relation_size(c.oid) > 0
    and (c.relname <> 'jobs_runs_other' or exists (select 1 from jobs_runs_other))
  order by 1
$$;

do $$ declare f text; begin
  foreach f in array array['jobs.runner_begins(text, text)', 'jobs.runners_now(bigint)', 'jobs.connections_now()', 'jobs.astray_now()'] loop
    execute format('revoke all on function %s from public', f);
  end loop;
end $$;
grant execute on function jobs.runner_begins(text, text) to vantera_worker, vantera_payments;
grant execute on function jobs.runners_now(bigint), jobs.connections_now(), jobs.astray_now() to vantera_web;

set local role vantera_directory;
-- Inbound events that nobody is known for (not counted beyond ten thousand), and when the audit log was last sealed.
create function directory.kept_now() returns table (unrouted bigint, sealed_at timestamptz)
language sql stable security definer set search_path = public, pg_temp as $$
  select (select count(*) from (select 1 from inbound_events e where e.state = 'unrouted' limit 10000) waiting), (select max(s.sealed_at) from audit_seals s)
$$;
reset role;
call directory.hand_over('directory.kept_now()', 'vantera_web');
