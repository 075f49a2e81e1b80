-- What the gateway sends: a message (one event of one building, its body exactly as it is sent), its deliveries (one an
-- endpoint that may hear it) and their attempts. Messages are written in the transaction of what they tell.
--
-- The three tables are partitioned by month and kept for three whole months: a partition is dropped, never emptied. They
-- carry no foreign keys: endpoints, partners and tenants are never deleted while a row lives, and a key would be looked up for each row.
-- The claim reads one partial index, which holds pending deliveries alone and is all but empty in months gone by.
-- A message of no building (gateway.test) stands under the nil tenant, which nobody can be bound to.

create table gateway_heads (
  tenant_id      uuid primary key references tenants,
  last_sequence  bigint not null
);
call directory.wall('gateway_heads');

create table gateway_messages (
  tenant_id   uuid not null,
  message_id  uuid not null,
  -- Numbered in the tenant, in the order of commits; 0 where there is no tenant.
  sequence    bigint not null,
  event_type  text not null check (event_type ~ '^[a-z_]+(\.[a-z_]+)+$'),
  body        text not null check (octet_length(body) <= 20000),
  created_at  timestamptz not null,
  primary key (tenant_id, message_id, created_at)
) partition by range (created_at);
call directory.wall('gateway_messages');
create index gateway_messages_by_time on gateway_messages (tenant_id, created_at);

create table gateway_deliveries (
  tenant_id     uuid not null,
  delivery_id   uuid not null,
  message_id    uuid not null,
  -- When the message was made, so that its partition is found.
  message_at    timestamptz not null,
  sequence      bigint not null,
  endpoint_id   uuid not null,
  partner_id    uuid not null,
  event_type    text not null,
  -- 'failed' is the dead letter; 'cancelled': nobody may hear it any more.
  state         text not null check (state in ('pending', 'delivered', 'failed', 'cancelled')),
  -- Attempts that were begun; one more than gateway_attempts when a process died in between.
  attempts      int not null default 0,
  next_at       timestamptz not null,
  -- Whoever sends it holds it until then.
  lease_until   timestamptz,
  last_status   int,
  last_ms       int,
  last_outcome  text,
  -- The delivery that this one repeats on its owner's wish.
  replay_of     uuid,
  created_at    timestamptz not null,
  finished_at   timestamptz,
  primary key (tenant_id, delivery_id, created_at)
) partition by range (created_at);
call directory.wall('gateway_deliveries');
create index gateway_deliveries_due on gateway_deliveries (endpoint_id, next_at, sequence) where state = 'pending';
create index gateway_deliveries_flying on gateway_deliveries (endpoint_id, lease_until) where state = 'pending' and lease_until is not null;
create index gateway_deliveries_by_id on gateway_deliveries (delivery_id);
create index gateway_deliveries_log on gateway_deliveries (partner_id, created_at desc, delivery_id desc);
create index gateway_deliveries_of_message on gateway_deliveries (message_id, endpoint_id);

create table gateway_attempts (
  tenant_id    uuid not null,
  attempt_id   uuid not null,
  delivery_id  uuid not null,
  endpoint_id  uuid not null,
  number       int not null,
  began_at     timestamptz not null,
  -- Of the answer; null when there was none, and the outcome says why.
  status       int,
  took_ms      int not null,
  outcome      text not null,
  snippet      text not null check (char_length(snippet) <= 500),
  primary key (tenant_id, attempt_id, began_at)
) partition by range (began_at);
call directory.wall('gateway_attempts');
create index gateway_attempts_of on gateway_attempts (delivery_id, number);
create index gateway_attempts_by_endpoint on gateway_attempts (endpoint_id, began_at desc);

-- What a partner's desk tells its owner: that an endpoint was switched off, and why. There is no other channel yet.
create table gateway_notices (
  notice_id    uuid primary key,
  partner_id   uuid not null references partners,
  endpoint_id  uuid not null references gateway_endpoints,
  kind         text not null check (kind in ('gone', 'failing')),
  told_at      timestamptz not null,
  read_at      timestamptz
);
create index gateway_notices_of on gateway_notices (partner_id, told_at desc);
alter table gateway_notices enable row level security;
alter table gateway_notices force row level security;
create policy directory_only on gateway_notices to vantera_directory using (true) with check (true);
grant select, insert, update on gateway_notices to vantera_directory;

do $$ declare t text; begin
  foreach t in array array['gateway_heads', 'gateway_messages', 'gateway_deliveries', 'gateway_attempts'] loop
    execute format('create policy directory_sends on %I to vantera_directory using (true) with check (true)', t);
    execute format('grant select, insert, update on %I to vantera_directory', t);
  end loop;
end $$;

-- Makes the partitions from the month before p_now to two months after, each behind its own wall (a partition inherits
-- no policy), and drops those that ended three whole months ago. What stands in no month falls into the last partition,
-- 'rest', and is moved by nobody: it is empty as long as this runs once a month. The owner's, because partitions are his.
create function directory.gateway_months(p_now timestamptz) returns int
language plpgsql security definer set search_path = public, pg_temp as $$
declare t text; month timestamptz; part text; made int := 0; old record;
begin
  perform pg_advisory_xact_lock(hashtext('gateway_months'));
  foreach t in array array['gateway_messages', 'gateway_deliveries', 'gateway_attempts'] loop
    for i in -1..2 loop
      month := (date_trunc('month', p_now at time zone 'UTC') + make_interval(months => i)) at time zone 'UTC';
      part := t || '_' || to_char(month at time zone 'UTC', 'YYYYMM');
      if to_regclass(part) is null then
        execute format('create table %I partition of %I for values from (%L) to (%L)', part, t, month, (month at time zone 'UTC' + interval '1 month') at time zone 'UTC');
        call directory.wall(part::regclass);
        made := made + 1;
      end if;
    end loop;
    for old in select c.oid::regclass as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
               where i.inhparent = t::regclass and c.relname ~ '_[0-9]{6}$'
                 and right(c.relname, 6) < to_char((p_now at time zone 'UTC') - interval '3 months', 'YYYYMM') loop
      execute format('drop table %s', old.name);
    end loop;
  end loop;
  return made;
end $$;
revoke all on function directory.gateway_months(timestamptz) from public;
grant execute on function directory.gateway_months(timestamptz) to vantera_worker;

do $$ declare t text; begin
  foreach t in array array['gateway_messages', 'gateway_deliveries', 'gateway_attempts'] loop
    execute format('create table %I partition of %I default', t || '_rest', t);
    call directory.wall((t || '_rest')::regclass);
  end loop;
  perform directory.gateway_months(now());
end $$;

set local role vantera_directory;

-- Of these types, those that somebody may be told of the transaction's tenant, each with its number in the tenant's
-- line; no row, and no lock taken, when nobody may hear any.
create function directory.gateway_begin(p_types text[], p_now timestamptz) returns table (event_type text, sequence bigint)
language plpgsql security definer set search_path = public, pg_temp as $$
declare here uuid := directory.current_tenant(); heard text[]; last bigint;
begin
  select array_agg(t order by place) into heard from unnest(p_types) with ordinality wanted(t, place)
    where exists (select 1 from gateway_grants g join gateway_endpoints e on e.partner_id = g.partner_id and e.state = 'active'
                  where g.tenant_id = here and g.withdrawn_at is null and (g.ends_at is null or g.ends_at > p_now)
                    and directory.names_type(g.event_types, t) and (e.event_types = '{}' or directory.names_type(e.event_types, t)));
  if heard is null then return; end if;
  insert into gateway_heads as h (tenant_id, last_sequence) values (here, cardinality(heard))
    on conflict (tenant_id) do update set last_sequence = h.last_sequence + cardinality(heard) returning last_sequence into last;
  return query select t, last - cardinality(heard) + place from unnest(heard) with ordinality kept(t, place);
end $$;

-- Writes one message of the transaction's tenant with a delivery for each endpoint that may hear it. Answers them in one
-- order, so that whoever wakes their pumps takes turns and never waits in a ring.
create function directory.gateway_publish(p_message uuid, p_type text, p_sequence bigint, p_body text, p_now timestamptz) returns table (endpoint_id uuid)
language plpgsql security definer set search_path = public, pg_temp as $$
declare here uuid := directory.current_tenant();
begin
  insert into gateway_messages (tenant_id, message_id, sequence, event_type, body, created_at) values (here, p_message, p_sequence, p_type, p_body, p_now);
  return query
    with kept as (
      insert into gateway_deliveries as d (tenant_id, delivery_id, message_id, message_at, sequence, endpoint_id, partner_id, event_type, state, next_at, created_at)
      select here, gen_random_uuid(), p_message, p_now, p_sequence, e.endpoint_id, e.partner_id, p_type, 'pending', p_now, p_now
      from gateway_grants g join gateway_endpoints e on e.partner_id = g.partner_id and e.state = 'active'
      where g.tenant_id = here and g.withdrawn_at is null and (g.ends_at is null or g.ends_at > p_now)
        and directory.names_type(g.event_types, p_type) and (e.event_types = '{}' or directory.names_type(e.event_types, p_type))
      returning d.endpoint_id
    ) select k.endpoint_id from kept k order by 1;
end $$;

-- Whether a delivery may still be made: its building lets the partner hear this type, and the endpoint wants it.
create function directory.gateway_may(p_tenant uuid, p_partner uuid, p_wanted text[], p_type text, p_now timestamptz) returns boolean
language sql stable security definer set search_path = public, pg_temp as $$
  select p_type = 'gateway.test' and p_tenant = '00000000-0000-0000-0000-000000000000'
    or (p_wanted = '{}' or directory.names_type(p_wanted, p_type))
       and exists (select 1 from gateway_grants g where g.tenant_id = p_tenant and g.partner_id = p_partner and g.withdrawn_at is null
                   and (g.ends_at is null or g.ends_at > p_now) and directory.names_type(g.event_types, p_type))
$$;

-- Takes what is due for one endpoint, at most p_most, and holds it until p_lease. The endpoint's row is held meanwhile, so
-- that its pumps take turns: no more than p_flying are under way, p_probing while it fails, and per_minute in any minute.
-- What nobody may hear any more is cancelled here and not answered.
create function directory.gateway_claim(p_endpoint uuid, p_now timestamptz, p_lease timestamptz, p_most int, p_flying int, p_probing int, p_failing_from int)
returns table (tenant_id uuid, delivery_id uuid, created_at timestamptz, message_id uuid, event_type text, body text, attempt int, url text)
language plpgsql security definer set search_path = public, pg_temp as $$
declare e gateway_endpoints%rowtype; flying int; recent int; room int; looked_at int; gone int;
begin
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
      select d.tenant_id, d.delivery_id, d.created_at, d.partner_id, d.event_type from gateway_deliveries d
      where d.endpoint_id = p_endpoint and d.state = 'pending' and d.next_at <= p_now and (d.lease_until is null or d.lease_until <= p_now)
      order by d.next_at, d.sequence limit looked_at for update skip locked
    ), dropped as (
      update gateway_deliveries d set state = 'cancelled', finished_at = p_now, lease_until = null, last_outcome = 'withdrawn' from due
      where d.tenant_id = due.tenant_id and d.delivery_id = due.delivery_id and d.created_at = due.created_at
        and not directory.gateway_may(due.tenant_id, due.partner_id, e.event_types, due.event_type, p_now)
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

-- The secrets that sign for an endpoint now, the newest first.
create function directory.gateway_signers(p_endpoint uuid, p_now timestamptz) returns table (secret_id uuid, sealed bytea)
language sql stable security definer set search_path = public, pg_temp as $$
  select s.secret_id, s.sealed from gateway_secrets s where s.endpoint_id = p_endpoint and (s.expires_at is null or s.expires_at > p_now) order by s.created_at desc, s.secret_id desc limit 10
$$;

-- Writes one attempt down. p_verdict: 'delivered', 'retry' (at p_next), 'failed' or 'gone'. Only whoever still holds the
-- lease may say retry or failed: another may have delivered it meanwhile. Answers how many failures in a row the endpoint has.
create function directory.gateway_record(p_tenant uuid, p_delivery uuid, p_created timestamptz, p_lease timestamptz, p_attempt uuid, p_number int, p_endpoint uuid,
  p_began timestamptz, p_status int, p_took_ms int, p_outcome text, p_snippet text, p_verdict text, p_next timestamptz, p_now timestamptz) returns int
language plpgsql security definer set search_path = public, pg_temp as $$
declare failures int := 0; changes boolean;
begin
  -- The endpoint before its deliveries, as everywhere here; not at all when a success changes nothing about it.
  select p_verdict <> 'delivered' or e.failures_in_a_row > 0 or e.failing_since is not null or e.hold_until is not null into changes from gateway_endpoints e where e.endpoint_id = p_endpoint;
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
    update gateway_endpoints e set failures_in_a_row = 0, failing_since = null, hold_until = null where e.endpoint_id = p_endpoint;
  end if;
  return coalesce(failures, 0);
end $$;

-- Nothing is sent to an endpoint before a moment; an earlier one than is kept already changes nothing.
create function directory.gateway_hold(p_endpoint uuid, p_until timestamptz) returns void
language sql security definer set search_path = public, pg_temp as $$
  update gateway_endpoints e set hold_until = greatest(e.hold_until, p_until) where e.endpoint_id = p_endpoint
$$;

-- Switches an endpoint off because it is gone, or because nothing arrived there since before p_failing_before; its owner's
-- desk is told, and what waited for it is cancelled (a replay brings it back). False when there was nothing to switch off.
create function directory.gateway_switch_off(p_endpoint uuid, p_kind text, p_failing_before timestamptz, p_notice uuid, p_now timestamptz) returns boolean
language plpgsql security definer set search_path = public, pg_temp as $$
declare of_partner uuid;
begin
  update gateway_endpoints e set state = 'disabled', disabled_reason = p_kind, disabled_at = p_now, hold_until = null
    where e.endpoint_id = p_endpoint and e.state = 'active' and (p_kind = 'gone' or e.failing_since <= p_failing_before) returning e.partner_id into of_partner;
  if not found then return false; end if;
  insert into gateway_notices (notice_id, partner_id, endpoint_id, kind, told_at) values (p_notice, of_partner, p_endpoint, p_kind, p_now);
  update gateway_deliveries d set state = 'cancelled', finished_at = p_now, lease_until = null, last_outcome = 'endpoint_off' where d.endpoint_id = p_endpoint and d.state = 'pending';
  return true;
end $$;

-- When an endpoint's pump has something to do again, by the database's own clock (which the queue goes by): null when
-- nothing waits. While another pump has some of it under way, that one takes the rest as they come back, and this one
-- looks again only when the other must have died. p_now is the app's clock, by which everything here is written.
create function directory.gateway_wakes(p_endpoint uuid, p_now timestamptz) returns timestamptz
language sql stable security definer set search_path = public, pg_temp as $$
  select now() + greatest(interval '0',
      greatest(due.at, e.hold_until, flying.until, (select a.began_at + interval '1 minute' from gateway_attempts a
        where a.endpoint_id = p_endpoint and a.began_at > p_now - interval '1 minute' order by a.began_at desc offset e.per_minute - 1 limit 1)) - p_now)
  from gateway_endpoints e,
    lateral (select min(greatest(d.next_at, d.lease_until)) as at from gateway_deliveries d where d.endpoint_id = p_endpoint and d.state = 'pending') due,
    lateral (select min(d.lease_until) as until from gateway_deliveries d where d.endpoint_id = p_endpoint and d.state = 'pending' and d.lease_until is not null and d.lease_until > p_now) flying
  where e.endpoint_id = p_endpoint and e.state = 'active' and due.at is not null
$$;

-- Endpoints for which something is due that no pump took: the sweeper wakes them. What waits for an endpoint that is
-- deleted, or switched off for longer than a message is tried, is cancelled on the way.
create function directory.gateway_overdue(p_now timestamptz, p_due_before timestamptz, p_off_before timestamptz, p_limit int) returns table (endpoint_id uuid)
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  update gateway_deliveries d set state = 'cancelled', finished_at = p_now, lease_until = null, last_outcome = 'endpoint_off'
    from gateway_endpoints e where e.endpoint_id = d.endpoint_id and d.state = 'pending' and (e.state = 'deleted' or e.state = 'disabled' and e.disabled_at <= p_off_before);
  return query select e.endpoint_id from gateway_endpoints e
    where e.state = 'active' and (e.hold_until is null or e.hold_until <= p_now)
      and exists (select 1 from gateway_deliveries d where d.endpoint_id = e.endpoint_id and d.state = 'pending' and d.next_at <= p_due_before and (d.lease_until is null or d.lease_until <= p_now))
    order by 1 limit p_limit;
end $$;

-- For a partner's desk and his programs: his deliveries, newest first, after a place.
create function directory.gateway_log(p_partner uuid, p_endpoint uuid, p_state text, p_type text, p_before timestamptz, p_before_id uuid, p_limit int)
returns table (delivery_id uuid, message_id uuid, endpoint_id uuid, building_slug text, building_name text, event_type text, sequence bigint, state text, attempts int,
               next_at timestamptz, last_status int, last_ms int, last_outcome text, replay_of uuid, created_at timestamptz, finished_at timestamptz)
language sql stable security definer set search_path = public, pg_temp as $$
  select d.delivery_id, d.message_id, d.endpoint_id, t.slug, t.name, d.event_type, d.sequence, d.state, d.attempts, d.next_at, d.last_status, d.last_ms, d.last_outcome,
         d.replay_of, d.created_at, d.finished_at
  from gateway_deliveries d left join tenants t on t.tenant_id = d.tenant_id
  where d.partner_id = p_partner and (p_endpoint is null or d.endpoint_id = p_endpoint) and (p_state is null or d.state = p_state) and (p_type is null or d.event_type = p_type)
    and (p_before is null or (d.created_at, d.delivery_id) < (p_before, p_before_id))
  order by d.created_at desc, d.delivery_id desc limit p_limit
$$;
create function directory.gateway_attempts_of(p_partner uuid, p_delivery uuid) returns table (number int, began_at timestamptz, status int, took_ms int, outcome text, snippet text)
language sql stable security definer set search_path = public, pg_temp as $$
  select a.number, a.began_at, a.status, a.took_ms, a.outcome, a.snippet from gateway_attempts a
  where a.delivery_id = p_delivery and exists (select 1 from gateway_deliveries d where d.delivery_id = p_delivery and d.partner_id = p_partner) order by a.number, a.began_at limit 100
$$;

-- One delivery again: what waits is due now, what has ended gets a delivery of its own. Answers the endpoint, and what
-- became of it: 'due' | 'again' | 'off' (the endpoint) | 'withdrawn' (the grant) | 'kept_no_more' (its message is gone).
create function directory.gateway_again(p_partner uuid, p_delivery uuid, p_new uuid, p_now timestamptz) returns table (endpoint_id uuid, outcome text)
language plpgsql security definer set search_path = public, pg_temp as $$
declare d gateway_deliveries%rowtype; e gateway_endpoints%rowtype;
begin
  select * into d from gateway_deliveries x where x.delivery_id = p_delivery and x.partner_id = p_partner for update;
  if not found then return; end if;
  select * into e from gateway_endpoints x where x.endpoint_id = d.endpoint_id;
  if e.state <> 'active' then return query select d.endpoint_id, 'off'; return; end if;
  if not directory.gateway_may(d.tenant_id, d.partner_id, e.event_types, d.event_type, p_now) then return query select d.endpoint_id, 'withdrawn'; return; end if;
  if d.state = 'pending' then
    update gateway_deliveries x set next_at = least(x.next_at, p_now) where x.tenant_id = d.tenant_id and x.delivery_id = d.delivery_id and x.created_at = d.created_at;
    return query select d.endpoint_id, 'due'; return;
  end if;
  if not exists (select 1 from gateway_messages m where m.tenant_id = d.tenant_id and m.message_id = d.message_id and m.created_at = d.message_at) then
    return query select d.endpoint_id, 'kept_no_more'; return;
  end if;
  insert into gateway_deliveries (tenant_id, delivery_id, message_id, message_at, sequence, endpoint_id, partner_id, event_type, state, next_at, replay_of, created_at)
    values (d.tenant_id, p_new, d.message_id, d.message_at, d.sequence, d.endpoint_id, d.partner_id, d.event_type, 'pending', p_now, d.delivery_id, p_now);
  return query select d.endpoint_id, 'again';
end $$;

-- Messages of a span again, to one endpoint: of buildings that still let the partner hear them, since they do, and none
-- that waits already. At most p_limit, the oldest first. Null when the endpoint is not the partner's, or is off.
create function directory.gateway_replay(p_partner uuid, p_endpoint uuid, p_since timestamptz, p_until timestamptz, p_limit int, p_now timestamptz) returns int
language plpgsql security definer set search_path = public, pg_temp as $$
declare e gateway_endpoints%rowtype; made int;
begin
  select * into e from gateway_endpoints x where x.endpoint_id = p_endpoint and x.partner_id = p_partner and x.state = 'active' for no key update;
  if not found then return null; end if;
  insert into gateway_deliveries (tenant_id, delivery_id, message_id, message_at, sequence, endpoint_id, partner_id, event_type, state, next_at, replay_of, created_at)
    select m.tenant_id, gen_random_uuid(), m.message_id, m.created_at, m.sequence, p_endpoint, p_partner, m.event_type, 'pending', p_now,
           (select d.delivery_id from gateway_deliveries d where d.message_id = m.message_id and d.endpoint_id = p_endpoint order by d.created_at desc limit 1), p_now
    from gateway_grants g join gateway_messages m on m.tenant_id = g.tenant_id and m.created_at >= greatest(p_since, g.granted_at) and m.created_at < p_until
    where g.partner_id = p_partner and g.withdrawn_at is null and (g.ends_at is null or g.ends_at > p_now)
      and directory.names_type(g.event_types, m.event_type) and (e.event_types = '{}' or directory.names_type(e.event_types, m.event_type))
      and not exists (select 1 from gateway_deliveries d where d.message_id = m.message_id and d.endpoint_id = p_endpoint and d.state = 'pending')
    order by m.created_at, m.sequence limit p_limit;
  get diagnostics made = row_count;
  return made;
end $$;

-- A test event for one endpoint, of no building. False when the endpoint is not the partner's or is off; null when
-- p_most were asked for within the last minute.
create function directory.gateway_try(p_partner uuid, p_endpoint uuid, p_message uuid, p_delivery uuid, p_body text, p_most int, p_now timestamptz) returns boolean
language plpgsql security definer set search_path = public, pg_temp as $$
declare nowhere constant uuid := '00000000-0000-0000-0000-000000000000';
begin
  perform 1 from gateway_endpoints x where x.endpoint_id = p_endpoint and x.partner_id = p_partner and x.state = 'active' for no key update;
  if not found then return false; end if;
  if (select count(*) from gateway_deliveries d where d.partner_id = p_partner and d.created_at > p_now - interval '1 minute' and d.event_type = 'gateway.test' and d.endpoint_id = p_endpoint) >= p_most then
    return null;
  end if;
  insert into gateway_messages (tenant_id, message_id, sequence, event_type, body, created_at) values (nowhere, p_message, 0, 'gateway.test', p_body, p_now);
  insert into gateway_deliveries (tenant_id, delivery_id, message_id, message_at, sequence, endpoint_id, partner_id, event_type, state, next_at, created_at)
    values (nowhere, p_delivery, p_message, p_now, 0, p_endpoint, p_partner, 'gateway.test', 'pending', p_now, p_now);
  return true;
end $$;

create function directory.gateway_notices_of(p_partner uuid) returns table (notice_id uuid, endpoint_id uuid, url text, kind text, told_at timestamptz)
language sql stable security definer set search_path = public, pg_temp as $$
  select n.notice_id, n.endpoint_id, e.url, n.kind, n.told_at from gateway_notices n join gateway_endpoints e using (endpoint_id)
  where n.partner_id = p_partner and n.read_at is null order by n.told_at desc, n.notice_id limit 50
$$;
create function directory.gateway_notice_read(p_partner uuid, p_notice uuid, p_now timestamptz) returns void
language sql security definer set search_path = public, pg_temp as $$
  update gateway_notices set read_at = p_now where partner_id = p_partner and notice_id = p_notice and read_at is null
$$;
reset role;

do $$ declare f regprocedure; begin
  for f in select p.oid::regprocedure from pg_proc p join pg_namespace n on n.oid = p.pronamespace
           where n.nspname = 'directory' and p.proname in ('gateway_begin', 'gateway_publish') loop
    call directory.hand_over(f, 'vantera_web, vantera_worker, vantera_payments');
  end loop;
  for f in select p.oid::regprocedure from pg_proc p join pg_namespace n on n.oid = p.pronamespace
           where n.nspname = 'directory' and p.proname in ('gateway_claim', 'gateway_signers', 'gateway_record', 'gateway_hold', 'gateway_switch_off', 'gateway_wakes', 'gateway_overdue') loop
    call directory.hand_over(f, 'vantera_worker');
  end loop;
  for f in select p.oid::regprocedure from pg_proc p join pg_namespace n on n.oid = p.pronamespace
           where n.nspname = 'directory' and p.proname in ('gateway_may', 'gateway_log', 'gateway_attempts_of', 'gateway_again', 'gateway_replay', 'gateway_try', 'gateway_notices_of', 'gateway_notice_read') loop
    call directory.hand_over(f, 'vantera_web, vantera_worker');
  end loop;
end $$;
