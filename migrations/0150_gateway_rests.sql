-- Two things about the time in which nothing is sent to an endpoint.
--
-- What an endpoint asked for (Retry-After) is kept apart from the pause that we take after failures. A success ends the
-- pause: the endpoint answers again. What was asked for stands until its time, also when a request that was under way
-- before it ends well.
--
-- And a pump waits for the requests of another one only when these take all the places there are. It used to wait for them
-- in any case, and so put off the pump that a message had just woken, up to a minute.
--
-- Expand: gateway_hold with two arguments and gateway_wakes with two stay for processes of the version before.
alter table gateway_endpoints add column asked_until timestamptz;

set local role vantera_directory;

-- As before, but what the endpoint asked for outlives a success.
create or replace function directory.gateway_record(p_tenant uuid, p_delivery uuid, p_created timestamptz, p_lease timestamptz, p_attempt uuid, p_number int, p_endpoint uuid,
  p_began timestamptz, p_status int, p_took_ms int, p_outcome text, p_snippet text, p_verdict text, p_next timestamptz, p_now timestamptz) returns int
language plpgsql security definer set search_path = public, pg_temp as $$
declare failures int := 0; changes boolean;
begin
  -- The endpoint before its deliveries, as everywhere here; not at all when a success changes nothing about it.
  select p_verdict <> 'delivered' or e.failures_in_a_row > 0 or e.failing_since is not null
      or (e.hold_until is not null and (e.hold_until is distinct from e.asked_until or e.hold_until <= p_now))
    into changes from gateway_endpoints e where e.endpoint_id = p_endpoint;
  if changes then perform 1 from gateway_endpoints e where e.endpoint_id = p_endpoint for no key update; end if;
  insert into gateway_attempts (tenant_id, attempt_id, delivery_id, endpoint_id, number, began_at, status, took_ms, outcome, snippet)
    values (p_tenant, p_attempt, p_delivery, p_endpoint, p_number, p_began, p_status, p_took_ms, p_outcome, p_snippet);
  update gateway_deliveries d
    set state = case p_verdict when 'delivered' then 'delivered' when 'retry' then 'pending' else 'failed' end,
        next_at = coalesce(p_next, d.next_at), lease_until = null, last_status = p_status, last_ms = p_took_ms, last_outcome = p_outcome,
        finished_at = case when p_verdict <> 'retry' then p_now end
    where d.tenant_id = p_tenant and d.delivery_id = p_delivery and d.created_at = p_created
      and (d.state = 'pending' and d.lease_until = p_lease or p_verdict = 'delivered' and d.state <> 'delivered');
  if p_verdict <> 'delivered' then
    update gateway_endpoints e set failures_in_a_row = e.failures_in_a_row + 1, failing_since = coalesce(e.failing_since, p_began)
      where e.endpoint_id = p_endpoint returning e.failures_in_a_row into failures;
  elsif changes then
    -- Its owner may have switched it on anew meanwhile: then nothing is held, whatever was asked for before.
    update gateway_endpoints e set failures_in_a_row = 0, failing_since = null, hold_until = case when e.hold_until is not null and e.asked_until > p_now then e.asked_until end
      where e.endpoint_id = p_endpoint;
  end if;
  return coalesce(failures, 0);
end $$;

-- Nothing is sent to an endpoint before either moment: the end of our own pause, and what the endpoint asked for. Earlier
-- ones than are kept already change nothing.
create function directory.gateway_hold(p_endpoint uuid, p_pause timestamptz, p_asked timestamptz) returns void
language sql security definer set search_path = public, pg_temp as $$
  update gateway_endpoints e set hold_until = greatest(e.hold_until, p_pause, p_asked), asked_until = greatest(e.asked_until, p_asked) where e.endpoint_id = p_endpoint
$$;

-- When an endpoint's pump has something to do again, by the database's own clock (which the queue goes by): null when
-- nothing waits. Only while requests under way take every place (p_flying, p_probing while it fails, or what is left of this
-- minute) does this one wait for them: whoever has them takes the rest as they come back, or must have died by then. p_now
-- is the app's clock, by which everything here is written.
create function directory.gateway_wakes(p_endpoint uuid, p_now timestamptz, p_flying int, p_probing int, p_failing_from int) returns timestamptz
language sql stable security definer set search_path = public, pg_temp as $$
  select now() + greatest(interval '0',
      greatest(due.at, e.hold_until,
        case when flying.places >= case when e.failures_in_a_row >= p_failing_from then p_probing else p_flying end or flying.places + seen.recent >= e.per_minute then flying.until end,
        (select a.began_at + interval '1 minute' from gateway_attempts a
         where a.endpoint_id = p_endpoint and a.began_at > p_now - interval '1 minute' order by a.began_at desc offset e.per_minute - 1 limit 1)) - p_now)
  from gateway_endpoints e,
    lateral (select min(greatest(d.next_at, d.lease_until)) as at from gateway_deliveries d where d.endpoint_id = p_endpoint and d.state = 'pending') due,
    lateral (select count(*) as places, min(d.lease_until) as until from gateway_deliveries d
             where d.endpoint_id = p_endpoint and d.state = 'pending' and d.lease_until is not null and d.lease_until > p_now) flying,
    lateral (select count(*) as recent from (select 1 from gateway_attempts a where a.endpoint_id = p_endpoint and a.began_at > p_now - interval '1 minute' limit e.per_minute) begun) seen
  where e.endpoint_id = p_endpoint and e.state = 'active' and due.at is not null
$$;
-- As before, and what was asked for is forgotten too when its owner switches an endpoint on anew.
create or replace function directory.partner_endpoint_change(p_partner uuid, p_endpoint uuid, p_url text, p_description text, p_types text[], p_per_minute int, p_active boolean, p_now timestamptz)
returns boolean language plpgsql security definer set search_path = public, pg_temp as $$
begin
  update gateway_endpoints e set url = coalesce(p_url, e.url), description = coalesce(p_description, e.description), event_types = coalesce(p_types, e.event_types),
      per_minute = coalesce(p_per_minute, e.per_minute)
    where e.partner_id = p_partner and e.endpoint_id = p_endpoint and e.state <> 'deleted';
  if not found then return false; end if;
  if p_active then
    update gateway_endpoints e set state = 'active', disabled_reason = null, disabled_at = null, failing_since = null, failures_in_a_row = 0, hold_until = null, asked_until = null
      where e.endpoint_id = p_endpoint and e.state = 'disabled' and e.disabled_reason is distinct from 'operator';
  elsif not p_active then
    update gateway_endpoints e set state = 'disabled', disabled_reason = 'owner', disabled_at = p_now where e.endpoint_id = p_endpoint and e.state = 'active';
  end if;
  return true;
end $$;
reset role;

call directory.hand_over('directory.gateway_hold(uuid, timestamptz, timestamptz)', 'vantera_worker');
call directory.hand_over('directory.gateway_wakes(uuid, timestamptz, int, int, int)', 'vantera_worker');
