-- What a pump asks between two messages costs no more than what it answers.
--
-- An endpoint without anything due was asked twice a message how many attempts its last minute saw, and its row was locked
-- each time; and the moment of the next pump was looked for by going through all that waits and, twice, through the whole
-- last minute. Now whatever decides is asked first: nothing due, nothing counted and nothing locked; and how much waits
-- does not matter for finding the first of it. A function of plpgsql keeps its plans, one of sql plans all partitions anew
-- at each call. The answers are the same.
set local role vantera_directory;

create or replace function directory.gateway_wakes(p_endpoint uuid, p_now timestamptz, p_flying int, p_probing int, p_failing_from int) returns timestamptz
language plpgsql stable security definer set search_path = public, pg_temp as $$
declare e gateway_endpoints%rowtype; due timestamptz; places bigint; first_back timestamptz; back timestamptz; spent timestamptz;
begin
  select * into e from gateway_endpoints x where x.endpoint_id = p_endpoint and x.state = 'active';
  if not found then return null; end if;
  -- Each of the two has an index of its own.
  due := least(
    (select d.next_at from gateway_deliveries d where d.endpoint_id = p_endpoint and d.state = 'pending' and d.lease_until is null order by d.next_at limit 1),
    (select min(greatest(d.next_at, d.lease_until)) from gateway_deliveries d where d.endpoint_id = p_endpoint and d.state = 'pending' and d.lease_until is not null));
  if due is null then return null; end if;
  select count(*), min(d.lease_until) into places, first_back from gateway_deliveries d
    where d.endpoint_id = p_endpoint and d.state = 'pending' and d.lease_until is not null and d.lease_until > p_now;
  if places > 0 then
    if places >= (case when e.failures_in_a_row >= p_failing_from then p_probing else p_flying end) or places >= e.per_minute then
      back := first_back;
    elsif exists (select 1 from gateway_attempts a where a.endpoint_id = p_endpoint and a.began_at > p_now - interval '1 minute' offset e.per_minute - places - 1) then
      back := first_back;
    end if;
  end if;
  select a.began_at + interval '1 minute' into spent from gateway_attempts a
    where a.endpoint_id = p_endpoint and a.began_at > p_now - interval '1 minute' order by a.began_at desc offset e.per_minute - 1 limit 1;
  return now() + greatest(interval '0', greatest(due, e.hold_until, back, spent) - p_now);
end $$;

-- As before, once something is due.
create or replace function directory.gateway_claim(p_endpoint uuid, p_now timestamptz, p_lease timestamptz, p_most int, p_flying int, p_probing int, p_failing_from int)
returns table (tenant_id uuid, delivery_id uuid, created_at timestamptz, message_id uuid, event_type text, body text, attempt int, url text)
language plpgsql security definer set search_path = public, pg_temp as $$
declare e gateway_endpoints%rowtype; flying int; recent int; room int; looked_at int; gone int;
begin
  -- What falls due after this look has a pump of its own, and gateway_wakes sees it.
  perform 1 from gateway_deliveries d
    where d.endpoint_id = p_endpoint and d.state = 'pending' and d.next_at <= p_now and (d.lease_until is null or d.lease_until <= p_now) limit 1;
  if not found then return; end if;
  select * into e from gateway_endpoints x where x.endpoint_id = p_endpoint and x.state = 'active' for no key update;
  if not found or e.hold_until > p_now then return; end if;
  select count(*) into flying from gateway_deliveries d where d.endpoint_id = p_endpoint and d.state = 'pending' and d.lease_until is not null and d.lease_until > p_now;
  select count(*) into recent from (select 1 from gateway_attempts a where a.endpoint_id = p_endpoint and a.began_at > p_now - interval '1 minute' limit e.per_minute) seen;
  room := least(p_most, case when e.failures_in_a_row >= p_failing_from then p_probing else p_flying end - flying, e.per_minute - recent - flying);
  if room <= 0 then return; end if;
  -- Only what is about to be taken is asked about, more of it once something is found that nobody may hear.
  looked_at := room;
  loop
    with due as (
      select d.tenant_id, d.delivery_id, d.created_at, d.partner_id, d.event_type,
             exists (select 1 from gateway_messages m where m.tenant_id = d.tenant_id and m.message_id = d.message_id and m.created_at = d.message_at) as kept
      from gateway_deliveries d
      where d.endpoint_id = p_endpoint and d.state = 'pending' and d.next_at <= p_now and (d.lease_until is null or d.lease_until <= p_now)
      order by d.next_at, d.sequence limit looked_at for update skip locked
    ), dropped as (
      update gateway_deliveries d
      set state = case when due.kept then 'cancelled' else 'failed' end, finished_at = p_now, lease_until = null, last_outcome = case when due.kept then 'withdrawn' else 'kept_no_more' end from due
      where d.tenant_id = due.tenant_id and d.delivery_id = due.delivery_id and d.created_at = due.created_at
        and not (due.kept and directory.gateway_may(due.tenant_id, due.partner_id, e.event_types, due.event_type, p_now))
      returning 1
    ) select count(*) into gone from dropped;
    exit when gone = 0;
    looked_at := 500;
  end loop;
  return query
    with due as (
      select d.tenant_id, d.delivery_id, d.created_at from gateway_deliveries d
      where d.endpoint_id = p_endpoint and d.state = 'pending' and d.next_at <= p_now and (d.lease_until is null or d.lease_until <= p_now)
      order by d.next_at, d.sequence limit room for update skip locked
    ), held as (
      update gateway_deliveries d set lease_until = p_lease, attempts = d.attempts + 1 from due
      where d.tenant_id = due.tenant_id and d.delivery_id = due.delivery_id and d.created_at = due.created_at
      returning d.tenant_id, d.delivery_id, d.created_at, d.message_id, d.message_at, d.event_type, d.attempts, d.next_at, d.sequence
    )
    select h.tenant_id, h.delivery_id, h.created_at, h.message_id, h.event_type, m.body, h.attempts, e.url
    from held h join gateway_messages m on m.tenant_id = h.tenant_id and m.message_id = h.message_id and m.created_at = h.message_at
    order by h.next_at, h.sequence;
end $$;
reset role;
