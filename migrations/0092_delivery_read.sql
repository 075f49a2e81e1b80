-- One delivery of a partner's, as directory.gateway_log tells it. In plpgsql, because what it reads is made later
-- (0095_deliveries.sql) and a body in SQL would be looked through at once.

set local role vantera_directory;
create function directory.partner_delivery(p_partner uuid, p_delivery uuid)
returns table (delivery_id uuid, message_id uuid, endpoint_id uuid, building_slug text, building_name text, event_type text, sequence bigint, state text, attempts int,
               next_at timestamptz, last_status int, last_ms int, last_outcome text, replay_of uuid, created_at timestamptz, finished_at timestamptz, body text)
language plpgsql stable security definer set search_path = public, pg_temp as $$
begin
  return query
    select d.delivery_id, d.message_id, d.endpoint_id, t.slug, t.name, d.event_type, d.sequence, d.state, d.attempts, d.next_at, d.last_status, d.last_ms, d.last_outcome,
           d.replay_of, d.created_at, d.finished_at, m.body
    from gateway_deliveries d left join tenants t on t.tenant_id = d.tenant_id
      left join gateway_messages m on m.tenant_id = d.tenant_id and m.message_id = d.message_id and m.created_at = d.message_at
        -- What was withdrawn is not shown again: the log keeps that it was sent, and not what it said.
        and (d.event_type = 'gateway.test' or exists (select 1 from gateway_grants g where g.tenant_id = d.tenant_id and g.partner_id = p_partner and g.withdrawn_at is null))
    where d.partner_id = p_partner and d.delivery_id = p_delivery;
end $$;
reset role;

do $$ declare f regprocedure; begin
  for f in select p.oid::regprocedure from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname = 'directory' and p.proname = 'partner_delivery' loop
    call directory.hand_over(f, 'vantera_web');
  end loop;
end $$;
