-- What the operator's console shows of what the gateway sends, across partners and tenants. No body leaves here that a
-- building has withdrawn, and no word that a receiver answered: it was written by a stranger.

-- The list reads each partner's own line (gateway_deliveries_log), so that sending pays for no further index. Dead letters
-- are few among many: they have one that only they are written into.
create index gateway_deliveries_dead on gateway_deliveries (partner_id, created_at desc, delivery_id desc) where state = 'failed';

set local role vantera_directory;

-- Deliveries, the latest first, after a place in the list. The state is written into the query, so that an index of that
-- state alone can answer.
create function directory.gateway_all_log(p_partner text, p_state text, p_type text, p_before timestamptz, p_before_id uuid, p_most int)
returns table (delivery_id uuid, partner_name text, partner_code text, url text, building_slug text, event_type text, state text, attempts int, next_at timestamptz,
               last_status int, last_ms int, last_outcome text, created_at timestamptz)
language plpgsql stable security definer set search_path = public, pg_temp as $$
begin
  return query execute format($q$
    select l.delivery_id, p.name, p.code, e.url, t.slug, l.event_type, l.state, l.attempts, l.next_at, l.last_status, l.last_ms, l.last_outcome, l.created_at
    from partners p
    cross join lateral (
      select d.* from gateway_deliveries d
      where d.partner_id = p.partner_id and %s and ($2 is null or d.event_type = $2) and ($3 is null or (d.created_at, d.delivery_id) < ($3, $4))
      order by d.created_at desc, d.delivery_id desc limit $5) l
    join gateway_endpoints e on e.endpoint_id = l.endpoint_id
    left join tenants t on t.tenant_id = l.tenant_id
    where ($1 is null or p.code = $1)
    order by l.created_at desc, l.delivery_id desc limit $5
  $q$, case when p_state is null then 'true' else format('d.state = %L', p_state) end)
  using p_partner, p_type, p_before, p_before_id, least(p_most, 200);
end $$;

-- One delivery with what it said, as long as its building still lets the partner hear it.
create function directory.gateway_one(p_delivery uuid)
returns table (delivery_id uuid, partner_id uuid, partner_name text, partner_code text, url text, building_slug text, event_type text, state text, attempts int,
               next_at timestamptz, last_status int, last_ms int, last_outcome text, created_at timestamptz, finished_at timestamptz, message_id uuid, replay_of uuid, body text)
language sql stable security definer set search_path = public, pg_temp as $$
  select d.delivery_id, d.partner_id, p.name, p.code, e.url, t.slug, d.event_type, d.state, d.attempts, d.next_at, d.last_status, d.last_ms, d.last_outcome, d.created_at,
         d.finished_at, d.message_id, d.replay_of, m.body
  from gateway_deliveries d join partners p on p.partner_id = d.partner_id join gateway_endpoints e on e.endpoint_id = d.endpoint_id
    left join tenants t on t.tenant_id = d.tenant_id
    left join gateway_messages m on m.tenant_id = d.tenant_id and m.message_id = d.message_id and m.created_at = d.message_at
      and (d.event_type = 'gateway.test' or exists (select 1 from gateway_grants g where g.tenant_id = d.tenant_id and g.partner_id = d.partner_id and g.withdrawn_at is null))
  where d.delivery_id = p_delivery
$$;

-- Endpoints to which nothing goes now, or at which nothing arrives; the latest trouble first.
create function directory.gateway_troubled(p_now timestamptz, p_most int)
returns table (endpoint_id uuid, partner_name text, partner_code text, url text, state text, disabled_reason text, disabled_at timestamptz, hold_until timestamptz,
               failing_since timestamptz, failures int, waiting bigint)
language sql stable security definer set search_path = public, pg_temp as $$
  select e.endpoint_id, p.name, p.code, e.url, e.state, e.disabled_reason, e.disabled_at, case when e.hold_until > p_now then e.hold_until end, e.failing_since, e.failures_in_a_row,
         (select count(*) from (select 1 from gateway_deliveries d where d.endpoint_id = e.endpoint_id and d.state = 'pending' limit 10000) due)
  from gateway_endpoints e join partners p on p.partner_id = e.partner_id
  where e.state = 'disabled' or (e.state = 'active' and (e.hold_until > p_now or e.failing_since is not null))
  order by coalesce(e.disabled_at, e.failing_since, e.hold_until) desc, e.endpoint_id limit least(p_most, 200)
$$;

-- How many deliveries wait, and how many were given up and not sent again since; neither is counted beyond ten thousand.
create function directory.gateway_stands() returns table (waiting bigint, dead bigint)
language sql stable security definer set search_path = public, pg_temp as $$
  select (select count(*) from (select 1 from gateway_deliveries d where d.state = 'pending' limit 10000) due),
         (select count(*) from (select 1 from gateway_deliveries d where d.state = 'failed'
            and not exists (select 1 from gateway_deliveries r where r.message_id = d.message_id and r.endpoint_id = d.endpoint_id and (r.replay_of = d.delivery_id or r.created_at > d.created_at)) limit 10000) given_up)
$$;
reset role;

do $$ declare f regprocedure; begin
  for f in select p.oid::regprocedure from pg_proc p join pg_namespace n on n.oid = p.pronamespace
           where n.nspname = 'directory' and p.proname in ('gateway_all_log', 'gateway_one', 'gateway_troubled', 'gateway_stands') loop
    call directory.hand_over(f, 'vantera_web');
  end loop;
end $$;
