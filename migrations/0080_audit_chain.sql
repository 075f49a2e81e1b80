-- The audit log becomes a chain: each line carries its number in the tenant, the hash of the line before it, and its own.
-- It is cut into months of created_at. The clock is handed in and may go back, so the order of the chain is that of seq
-- alone; created_at only says in which partition a line lies.
--
-- What stands in the way of whom:
--   the app's roles may select and insert on audit_log, and nothing on its partitions or on the heads;
--   who writes seq, prev_hash and hash is the trigger, whatever was sent for them;
--   an owner who takes the triggers off is found by `vantera audit verify`, and one who also hashes everything anew by
--   the anchors (0081).

alter table audit_log rename to audit_log_before;
alter table audit_log_before rename constraint audit_log_pkey to audit_log_before_pkey;
drop trigger audit_is_append_only on audit_log_before;
-- Its owner is to read it below; it is dropped at the end.
alter table audit_log_before no force row level security;

create table audit_heads (
  tenant_id  uuid primary key references tenants,
  last_seq   bigint not null check (last_seq >= 0),
  last_hash  bytea not null check (octet_length(last_hash) = 32)
);
call directory.wall('audit_heads');
grant select, insert, update on audit_heads to vantera_directory;
create policy directory_heads on audit_heads to vantera_directory using (true) with check (true);

create table audit_log (
  tenant_id   uuid not null references tenants,
  audit_id    uuid not null,
  actor       uuid,
  actor_role  text not null,
  act         text not null,
  subject     text not null,
  detail      jsonb not null,
  address     text,
  trace_id    text not null,
  created_at  timestamptz not null,
  -- From 1 without a gap, in the order of commits.
  seq         bigint not null check (seq > 0),
  prev_hash   bytea not null check (octet_length(prev_hash) = 32),
  hash        bytea not null check (octet_length(hash) = 32),
  -- A key of a partitioned table must hold what it is cut by; the chain is read through its first two columns.
  primary key (tenant_id, seq, created_at)
) partition by range (created_at);

-- One part of the canonical form: 0 for what is absent, else 1, the length as four bytes, and the bytes. With lengths
-- before parts no two lines share a form.
create function directory.audit_part(p_bytes bytea) returns bytea language sql immutable parallel safe as $$
  select case when p_bytes is null then '\x00'::bytea else '\x01'::bytea || int4send(octet_length(p_bytes)) || p_bytes end
$$;
-- The hash of a line. src/audit/server/chain.rs says the same in Rust, and verifies.
create function directory.audit_hash(
  p_tenant uuid, p_seq bigint, p_prev bytea, p_audit uuid, p_actor uuid, p_role text, p_act text, p_subject text, p_detail jsonb, p_address text, p_trace text, p_at timestamptz
) returns bytea language sql stable parallel safe as $$
  select sha256(
    convert_to('vantera-audit-1', 'UTF8')
    || directory.audit_part(uuid_send(p_tenant)) || directory.audit_part(int8send(p_seq)) || directory.audit_part(p_prev)
    || directory.audit_part(uuid_send(p_audit)) || directory.audit_part(uuid_send(p_actor))
    || directory.audit_part(convert_to(p_role, 'UTF8')) || directory.audit_part(convert_to(p_act, 'UTF8')) || directory.audit_part(convert_to(p_subject, 'UTF8'))
    || directory.audit_part(convert_to(p_detail::text, 'UTF8')) || directory.audit_part(convert_to(p_address, 'UTF8')) || directory.audit_part(convert_to(p_trace, 'UTF8'))
    || directory.audit_part(int8send((extract(epoch from p_at) * 1000000)::bigint))
  )
$$;

-- Chains a line to the one before. The head is locked until the transaction ends, so it is taken at commit only
-- (Cx::commit), before the activity's.
create function directory.audit_chain() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
declare head audit_heads%rowtype;
begin
  select * into head from audit_heads h where h.tenant_id = new.tenant_id for update;
  if not found then
    insert into audit_heads (tenant_id, last_seq, last_hash) values (new.tenant_id, 0, decode(repeat('00', 32), 'hex')) on conflict do nothing;
    select * into strict head from audit_heads h where h.tenant_id = new.tenant_id for update;
  end if;
  new.seq := head.last_seq + 1;
  new.prev_hash := head.last_hash;
  new.hash := directory.audit_hash(
    new.tenant_id, new.seq, new.prev_hash, new.audit_id, new.actor, new.actor_role, new.act, new.subject, new.detail, new.address, new.trace_id, new.created_at);
  update audit_heads h set last_seq = new.seq, last_hash = new.hash where h.tenant_id = new.tenant_id;
  return new;
end $$;
do $$ declare f regprocedure; begin
  for f in select p.oid::regprocedure from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname = 'directory' and p.proname in ('audit_part', 'audit_hash', 'audit_chain') loop
    call directory.hand_over(f, 'vantera_directory');
  end loop;
end $$;
create trigger audit_chain before insert on audit_log for each row execute function directory.audit_chain();
create trigger audit_is_append_only before update or delete or truncate on audit_log for each statement execute function audit_is_append_only();

-- A partition inherits neither the wall nor the statement trigger of its parent: each is built with its own. It is given
-- to nobody, so its lines are reached through the parent.
create procedure directory.audit_partition(p_name text, p_bounds text) language plpgsql as $$
begin
  execute format('create table public.%I (like public.audit_log including all)', p_name);
  call directory.wall(format('public.%I', p_name)::regclass);
  execute format('create trigger audit_is_append_only before update or delete or truncate on public.%I for each statement execute function public.audit_is_append_only()', p_name);
  execute format('alter table public.audit_log attach partition public.%I %s', p_name, p_bounds);
end $$;
revoke all on procedure directory.audit_partition(text, text) from public;

-- Makes the months from p_now's on that are not there yet; answers how many. Only a table's owner may cut it, so this
-- function stays the owner's; it reads no line. A month of which lines lie in the default partition already stays there.
create function directory.audit_make_months(p_now timestamptz, p_ahead int) returns int
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  month timestamp := date_trunc('month', p_now at time zone 'UTC');
  wanted text;
  made int := 0;
begin
  perform pg_advisory_xact_lock(hashtext('audit_make_months'));
  for i in 0..least(greatest(p_ahead, 0), 24) loop
    wanted := 'audit_log_' || to_char(month, 'YYYY_MM');
    if to_regclass('public.' || wanted) is null then
      begin
        call directory.audit_partition(wanted, format('for values from (%L) to (%L)', month::text || '+00', (month + interval '1 month')::text || '+00'));
        made := made + 1;
      exception when check_violation then
        raise notice 'lines of % lie in the default partition', wanted;
      end;
    end if;
    month := month + interval '1 month';
  end loop;
  return made;
end $$;
revoke all on function directory.audit_make_months(timestamptz, int) from public;
grant execute on function directory.audit_make_months(timestamptz, int) to vantera_worker;

-- For a moment of which nobody made the month: a line is never refused for want of a partition.
call directory.audit_partition('audit_log_other', 'default');
select directory.audit_make_months(now(), 3);

-- What was written before is chained in its order, before the owner is bound by the wall himself.
insert into audit_log (tenant_id, audit_id, actor, actor_role, act, subject, detail, address, trace_id, created_at)
  select tenant_id, audit_id, actor, actor_role, act, subject, detail, address, trace_id, created_at from audit_log_before order by tenant_id, created_at, audit_id;
drop table audit_log_before;

call directory.wall('audit_log');
grant select, insert on audit_log to vantera_web, vantera_worker, vantera_payments;
grant insert on audit_log to vantera_directory;
create policy directory_denials on audit_log for insert to vantera_directory with check (true);
