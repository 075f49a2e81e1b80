-- The job that sends a one-time code knows only the code's id.
create function directory.code_phone(p_code uuid, p_now timestamptz) returns text
language sql stable security definer set search_path = public, pg_temp as $$
  select phone from login_codes where code_id = p_code and used_at is null and expires_at > p_now
$$;
alter function directory.code_phone(uuid, timestamptz) owner to vantera_directory;
revoke all on function directory.code_phone(uuid, timestamptz) from public;
grant execute on function directory.code_phone(uuid, timestamptz) to vantera_worker;
-- The code of a phone that is still open: the code itself is made from its id and a key that the database does not have.
create function directory.code_open(p_phone text, p_now timestamptz) returns uuid
language sql stable security definer set search_path = public, pg_temp as $$
  select code_id from login_codes where phone = p_phone and used_at is null and expires_at > p_now order by created_at desc limit 1
$$;
alter function directory.code_open(text, timestamptz) owner to vantera_directory;
revoke all on function directory.code_open(text, timestamptz) from public;
grant execute on function directory.code_open(text, timestamptz) to vantera_web, vantera_worker;
