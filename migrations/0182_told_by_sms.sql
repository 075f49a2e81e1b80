-- Whoever works for a partner is told by SMS of an endpoint that was switched off. For the worker alone: it names people
-- only to whom the notice goes, and opens a phone only for as long as nobody has read it on the desk. Of several within an hour the first is told: the
-- desk tells of all of them, and whoever switches an endpoint on and off again costs one message.
create function directory.gateway_notice_staff(p_notice uuid) returns setof uuid
language sql stable security definer set search_path = public, pg_temp as $$
  select s.person_id from gateway_notices n join partner_staff s on s.partner_id = n.partner_id and s.ended_at is null where n.notice_id = p_notice order by s.person_id
$$;

create function directory.gateway_notice_to(p_notice uuid, p_person uuid) returns table (sealed_phone bytea, code text, name text, url text, kind text)
language sql stable security definer set search_path = public, pg_temp as $$
  select p.sealed_phone, x.code, x.name, e.url, n.kind
  from gateway_notices n join partners x on x.partner_id = n.partner_id join gateway_endpoints e on e.endpoint_id = n.endpoint_id
    join partner_staff s on s.partner_id = n.partner_id and s.person_id = p_person and s.ended_at is null
    join people p on p.person_id = s.person_id
  where n.notice_id = p_notice and n.read_at is null and e.state = 'disabled' and p.sealed_phone is not null
    and not exists (select 1 from gateway_notices o where o.partner_id = n.partner_id and o.told_at > n.told_at - interval '1 hour' and (o.told_at, o.notice_id) < (n.told_at, n.notice_id))
$$;

call directory.hand_over('directory.gateway_notice_staff(uuid)', 'vantera_worker');
call directory.hand_over('directory.gateway_notice_to(uuid, uuid)', 'vantera_worker');
