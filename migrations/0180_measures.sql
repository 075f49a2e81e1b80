-- What a worker tells Prometheus once a minute of the gateway and of the audit log. Each number is counted up to ten thousand,
-- what grows with the months out of an index that holds nothing else.

create index audit_checks_broken on audit_checks (tenant_id) where broken_seq is not null;

set local role vantera_directory;

-- Deliveries that wait, dead letters that nobody had sent again, and endpoints that are off, by why. Unlike the console's
-- gateway_stands it looks at ten thousand dead letters at most, also when all of them were sent again.
create function directory.gateway_measures() returns table (waiting bigint, dead bigint, off_owner bigint, off_gone bigint, off_failing bigint, off_operator bigint)
language sql stable security definer set search_path = public, pg_temp as $$
  select (select count(*) from (select 1 from gateway_deliveries d where d.state = 'pending' limit 10000) due),
         (select count(*) from (select d.message_id, d.endpoint_id, d.delivery_id, d.created_at from gateway_deliveries d where d.state = 'failed' limit 10000) g
          where not exists (select 1 from gateway_deliveries r where r.message_id = g.message_id and r.endpoint_id = g.endpoint_id
            and (r.replay_of = g.delivery_id or r.created_at > g.created_at))),
         count(*) filter (where e.disabled_reason = 'owner'), count(*) filter (where e.disabled_reason = 'gone'),
         count(*) filter (where e.disabled_reason = 'failing'), count(*) filter (where e.disabled_reason = 'operator')
  from (select disabled_reason from gateway_endpoints where state = 'disabled' limit 10000) e
$$;

-- When the last hour was sealed (null before the first), and how many chains were found broken when they were last read.
create function directory.audit_measures() returns table (sealed_at timestamptz, broken bigint)
language sql stable security definer set search_path = public, pg_temp as $$
  select (select s.sealed_at from audit_seals s order by s.seal desc limit 1),
         (select count(*) from (select 1 from audit_checks c where c.broken_seq is not null limit 10000) found)
$$;
reset role;

call directory.hand_over('directory.gateway_measures()', 'vantera_worker');
call directory.hand_over('directory.audit_measures()', 'vantera_worker');
