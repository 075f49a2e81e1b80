-- Months that are made late. While nothing makes them (the workers stood still, or a clock went wrong), rows fall into the
-- table of no month, and a month of which rows lie there could not be made any more. Now it is made beside its table, given
-- its rows, and put in, in one transaction, month by month; the same for all that is cut into months. Months to come are
-- made apart from that, so that many rows to move are nobody else's trouble.
--
-- What the audit log promises stays: no role of ours but the owner, in these functions, moves a line, and nobody changes
-- one. Lines are moved as they are, hashes and numbers with them, and the trigger that refuses deletion stands aside for the
-- one table of no month only, inside the transaction that holds the whole log.

-- Makes one month of a table: like it, behind the same wall, with the same refusals; with the rows that lie in p_late, when
-- it is named. Nobody who writes to the table is held up by this; whoever reads it waits until its part of no month, which
-- is looked through, is free.
create procedure directory.make_month(p_table regclass, p_month text, p_from timestamptz, p_to timestamptz, p_by text, p_late regclass) language plpgsql as $$
declare columns text;
begin
  execute format('create table public.%I (like %s including all)', p_month, p_table);
  if p_late is not null then
    select string_agg(quote_ident(attname), ', ' order by attnum) into columns from pg_attribute where attrelid = p_table and attnum > 0 and not attisdropped;
    execute format('with late as (delete from only %s where %I >= %L and %I < %L returning %s) insert into public.%I (%s) select %s from late',
                   p_late, p_by, p_from, p_by, p_to, columns, p_month, columns, columns);
  end if;
  if exists (select 1 from pg_policy where polrelid = p_table and polname = 'tenant_wall') then
    call directory.wall(format('public.%I', p_month)::regclass);
  else
    -- Of a table that only functions read: nobody is let in but through it.
    execute format('alter table public.%I enable row level security', p_month);
    if (select relforcerowsecurity from pg_class where oid = p_table) then execute format('alter table public.%I force row level security', p_month); end if;
  end if;
  -- A statement's trigger is not handed down to parts.
  if exists (select 1 from pg_trigger where tgrelid = p_table and tgname = 'audit_is_append_only') then
    execute format('create trigger audit_is_append_only before update or delete or truncate on public.%I for each statement execute function public.audit_is_append_only()', p_month);
  end if;
  execute format('alter table %s attach partition public.%I for values from (%L) to (%L)', p_table, p_month, p_from, p_to);
end $$;
revoke all on procedure directory.make_month(regclass, text, timestamptz, timestamptz, text, regclass) from public;

-- A part refers to what its table refers to, and is bound to it when it is put in. Those tables are held first: whoever
-- writes to one of them and then to the table must not hold one while he waits for the other.
create procedure directory.hold_referred(p_table regclass) language plpgsql as $$
declare referred regclass;
begin
  for referred in select distinct confrelid::regclass from pg_constraint where conrelid = p_table and contype = 'f' order by 1 loop
    execute format('lock table %s in share row exclusive mode', referred);
  end loop;
end $$;
revoke all on procedure directory.hold_referred(regclass) from public;

-- Makes the months from p_behind before p_now to p_ahead after it, which costs nothing: they are empty. A month of which rows
-- lie in the table of no month is left to directory.make_late_month. p_by is the column the table is cut by, p_named how a
-- month is written in a part's name. Answers how many were made. Asked by the owner's own functions alone.
create function directory.make_months(p_table regclass, p_by text, p_named text, p_now timestamptz, p_behind int, p_ahead int) returns int
language plpgsql set search_path = public, pg_temp as $$
declare
  named text := (select relname from pg_class where oid = p_table);
  month timestamptz; part text; made int := 0;
begin
  perform pg_advisory_xact_lock(hashtext('make_months'));
  for i in -p_behind..p_ahead loop
    month := (date_trunc('month', p_now at time zone 'UTC') + make_interval(months => i)) at time zone 'UTC';
    part := named || '_' || to_char(month at time zone 'UTC', p_named);
    continue when to_regclass('public.' || part) is not null;
    call directory.hold_referred(p_table);
    begin
      call directory.make_month(p_table, part, month, (month at time zone 'UTC' + interval '1 month') at time zone 'UTC', p_by, null);
      made := made + 1;
    exception when check_violation then null;
    end;
  end loop;
  return made;
end $$;
revoke all on function directory.make_months(regclass, text, text, timestamptz, int, int) from public;

-- Makes the first month of which rows lie in p_late, and gives it them; false when there is none. Only one: the table is
-- held meanwhile. Asked by the owner's own functions alone.
create function directory.make_late_month(p_table regclass, p_late regclass, p_by text, p_named text) returns boolean
language plpgsql set search_path = public, pg_temp as $$
declare
  named text := (select relname from pg_class where oid = p_table);
  forced boolean := (select relforcerowsecurity from pg_class where oid = p_late);
  guarded boolean := exists (select 1 from pg_trigger where tgrelid = p_late and tgname = 'audit_is_append_only');
  month timestamptz; part text; made boolean := false; is_empty boolean;
begin
  -- Where no row ever lay there is nothing to look for, and nobody is held up.
  if pg_relation_size(p_late) = 0 then return false; end if;
  perform pg_advisory_xact_lock(hashtext('make_months'));
  call directory.hold_referred(p_table);
  -- The whole table is held first: whoever reads it must not wait for one part while he holds another that is wanted here.
  execute format('lock table %s in access exclusive mode', p_table);
  -- The owner is bound by the wall too.
  if forced then execute format('alter table %s no force row level security', p_late); end if;
  if guarded then execute format('alter table %s disable trigger audit_is_append_only', p_late); end if;
  execute format('select date_trunc(''month'', min(%1$I), ''UTC'') from only %2$s where %1$I >= ''2000-01-01 00:00Z'' and %1$I < ''2200-01-01 00:00Z''', p_by, p_late) into month;
  part := named || '_' || to_char(month at time zone 'UTC', p_named);
  if month is not null and to_regclass('public.' || part) is null then
    call directory.make_month(p_table, part, month, (month at time zone 'UTC' + interval '1 month') at time zone 'UTC', p_by, p_late);
    made := true;
  end if;
  execute format('select not exists (select 1 from only %s)', p_late) into is_empty;
  -- So that the next time sees at once that there is nothing.
  if is_empty then execute format('truncate only %s', p_late); end if;
  if guarded then execute format('alter table %s enable trigger audit_is_append_only', p_late); end if;
  if forced then execute format('alter table %s force row level security', p_late); end if;
  return made;
end $$;
revoke all on function directory.make_late_month(regclass, regclass, text, text) from public;

-- The same for a table that is named by its name: one of those that are cut into months, and no other.
create function directory.make_late_month(p_table text) returns boolean
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  return case p_table
    when 'audit_log' then directory.make_late_month('public.audit_log', 'public.audit_log_other', 'created_at', 'YYYY_MM')
    when 'gateway_messages' then directory.make_late_month('public.gateway_messages', 'public.gateway_messages_rest', 'created_at', 'YYYYMM')
    when 'gateway_deliveries' then directory.make_late_month('public.gateway_deliveries', 'public.gateway_deliveries_rest', 'created_at', 'YYYYMM')
    when 'gateway_attempts' then directory.make_late_month('public.gateway_attempts', 'public.gateway_attempts_rest', 'began_at', 'YYYYMM')
    when 'inbound_events' then directory.make_late_month('public.inbound_events', 'public.inbound_events_else', 'received_at', 'YYYY_MM')
    when 'jobs_runs' then directory.make_late_month('public.jobs_runs', 'public.jobs_runs_other', 'ended_at', 'YYYY_MM')
  end;
end $$;
revoke all on function directory.make_late_month(text) from public;
grant execute on function directory.make_late_month(text) to vantera_worker;

create or replace function directory.audit_make_months(p_now timestamptz, p_ahead int) returns int
language sql security definer set search_path = public, pg_temp as $$
  select directory.make_months('public.audit_log', 'created_at', 'YYYY_MM', p_now, 0, least(greatest(p_ahead, 0), 24))
$$;
drop procedure directory.audit_partition(text, text);

-- What is kept no more goes first: a drop holds the whole table, and must not come to it with a part in its hands.
create or replace function directory.gateway_months(p_now timestamptz) returns int
language plpgsql security definer set search_path = public, pg_temp as $$
declare t text; made int := 0; old record;
begin
  -- Before anything is held that somebody may wait for who makes months too.
  perform pg_advisory_xact_lock(hashtext('make_months'));
  foreach t in array array['gateway_messages', 'gateway_deliveries', 'gateway_attempts'] loop
    for old in select c.oid::regclass as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
               where i.inhparent = t::regclass and c.relname ~ '_[0-9]{6}$'
                 and right(c.relname, 6) < to_char((p_now at time zone 'UTC') - interval '3 months', 'YYYYMM') loop
      execute format('drop table %s', old.name);
    end loop;
    made := made + directory.make_months(t::regclass, case t when 'gateway_attempts' then 'began_at' else 'created_at' end, 'YYYYMM', p_now, 1, 2);
  end loop;
  return made;
end $$;

create or replace function directory.inbound_months(p_now timestamptz, p_kept_months int) returns int
language plpgsql security definer set search_path = public, pg_temp as $$
declare gone int := 0; oldest text; name text;
begin
  if p_kept_months < 1 then raise exception 'events are kept for a month at least'; end if;
  perform pg_advisory_xact_lock(hashtext('make_months'));
  oldest := 'inbound_events_' || to_char((p_now at time zone 'UTC') - make_interval(months => p_kept_months), 'YYYY_MM');
  for name in select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
              where i.inhparent = 'inbound_events'::regclass and c.relname ~ '^inbound_events_[0-9]{4}_[0-9]{2}$' and c.relname < oldest loop
    execute format('drop table %I', name);
    gone := gone + 1;
  end loop;
  perform directory.make_months('inbound_events', 'received_at', 'YYYY_MM', p_now, 0, 2);
  return gone;
end $$;

create or replace function jobs.make_months(p_now timestamptz) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform directory.make_months('public.jobs_runs', 'ended_at', 'YYYY_MM', p_now, 0, 2);
end $$;
