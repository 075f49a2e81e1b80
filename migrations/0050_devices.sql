-- A person sees the devices that are signed in, ends one, or all but the one in hand. Each function is given the person
-- whose living session asks, and touches nobody else's.

create function directory.sessions_of(p_person uuid, p_now timestamptz)
returns table (session_id uuid, device text, created_at timestamptz, seen_at timestamptz)
language sql stable security definer set search_path = public, pg_temp as $$
  select s.session_id, s.device, s.created_at, s.seen_at from sessions s
  where s.person_id = p_person and s.ended_at is null and s.expires_at > p_now
  order by s.seen_at desc, s.session_id desc limit 100
$$;
call directory.hand_over('directory.sessions_of(uuid, timestamptz)', 'vantera_web');

-- True when there was such a session of this person.
create function directory.session_end_own(p_person uuid, p_session uuid, p_now timestamptz) returns boolean
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  update sessions set ended_at = p_now, end_reason = 'device' where session_id = p_session and person_id = p_person and ended_at is null;
  return found;
end $$;
call directory.hand_over('directory.session_end_own(uuid, uuid, timestamptz)', 'vantera_web');

create function directory.session_end_others(p_person uuid, p_keep uuid, p_now timestamptz) returns void
language sql security definer set search_path = public, pg_temp as $$
  update sessions set ended_at = p_now, end_reason = 'other_devices' where person_id = p_person and session_id <> p_keep and ended_at is null
$$;
call directory.hand_over('directory.session_end_others(uuid, uuid, timestamptz)', 'vantera_web');
