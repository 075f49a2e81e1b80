-- The job that sends a one-time code knows only the code's id.
create function directory.code_phone(p_code uuid, p_now timestamptz) returns text
language sql stable security definer set search_path = public, pg_temp as $$
  select phone from login_codes where code_id = p_code and used_at is null and expires_at > p_now
$$;
call directory.hand_over('directory.code_phone(uuid, timestamptz)', 'vantera_worker');
