-- A session lasts a while without use, not a while after signing in: each renewal moves its end.
create function directory.session_rotate(p_old bytea, p_new bytea, p_now timestamptz, p_grace_until timestamptz, p_expires timestamptz)
returns table (outcome text, session_id uuid, person_id uuid)
language plpgsql security definer set search_path = public, pg_temp as $$
declare r record;
begin
  select * into r from directory.session_rotate(p_old, p_new, p_now, p_grace_until);
  if r.outcome = 'rotated' then
    update sessions s set expires_at = p_expires where s.session_id = r.session_id;
  end if;
  return query select r.outcome, r.session_id, r.person_id;
end $$;
call directory.hand_over('directory.session_rotate(bytea, bytea, timestamptz, timestamptz, timestamptz)', 'vantera_web');
