-- Anchors: once an hour the head of each tenant's chain is written down. Whoever rewrites a chain, or cuts its tail and
-- moves its head back, would have to match what was written here.
--
-- The anchors are held together by seals: one an hour for all tenants, over the hour's anchors and the seal before. The
-- job prints each seal's number and digest into the log, which leaves this machine: who rewrites chains, anchors and seals
-- alike still does not match what was printed. That costs one line an hour, however many tenants there are.

create table audit_seals (
  seal       bigint primary key check (seal > 0),
  sealed_at  timestamptz not null,
  anchors    bigint not null,
  digest     bytea not null check (octet_length(digest) = 32)
);
alter table audit_seals enable row level security;
alter table audit_seals force row level security;
create policy directory_only on audit_seals to vantera_directory using (true) with check (true);
grant select, insert on audit_seals to vantera_directory;

create table audit_anchors (
  tenant_id    uuid not null references tenants,
  seq          bigint not null check (seq > 0),
  hash         bytea not null check (octet_length(hash) = 32),
  seal         bigint not null references audit_seals,
  anchored_at  timestamptz not null,
  primary key (tenant_id, seq)
);
create index audit_anchors_of_seal on audit_anchors (seal, tenant_id);
call directory.wall('audit_anchors');
grant select on audit_anchors to vantera_web, vantera_worker;
grant select, insert on audit_anchors to vantera_directory;
create policy directory_anchors on audit_anchors to vantera_directory using (true) with check (true);

do $$ declare t text; begin
  foreach t in array array['audit_seals', 'audit_anchors'] loop
    execute format('create trigger audit_is_append_only before update or delete or truncate on %I for each statement execute function audit_is_append_only()', t);
  end loop;
end $$;

-- When a tenant's chain was last read through, and what was found. It says how the chain stands, to whoever reads the
-- screen; nothing is believed because of it.
create table audit_checks (
  tenant_id   uuid primary key references tenants,
  checked_at  timestamptz not null,
  -- Lines that were read and are right.
  lines       bigint not null,
  -- The first broken line and what is wrong with it; both absent while the chain is whole.
  broken_seq  bigint,
  broken_how  text,
  check ((broken_seq is null) = (broken_how is null))
);
call directory.wall('audit_checks');
grant select, insert, update on audit_checks to vantera_web, vantera_worker;
grant select on audit_checks to vantera_directory;
create policy directory_reads on audit_checks for select to vantera_directory using (true);

set local role vantera_directory;

-- The head of the transaction's own tenant. STABLE: a query that also reads the log sees both at one moment.
create function directory.audit_head() returns table (last_seq bigint, last_hash bytea) language sql stable security definer set search_path = public, pg_temp as $$
  select h.last_seq, h.last_hash from audit_heads h where h.tenant_id = (select nullif(current_setting('app.tenant', true), '')::uuid)
$$;

-- Every tenant with the state of its chain, also one whose head is gone; the one that was not read for longest first.
create function directory.audit_chains(p_slug text) returns table (tenant_id uuid, slug text, last_seq bigint, checked_at timestamptz)
language sql stable security definer set search_path = public, pg_temp as $$
  select t.tenant_id, t.slug, coalesce(h.last_seq, 0), c.checked_at from tenants t left join audit_heads h using (tenant_id) left join audit_checks c using (tenant_id)
  where p_slug is null or t.slug = p_slug order by c.checked_at nulls first, t.tenant_id
$$;

-- Anchors every head that moved since its last anchor, and seals the hour. Nothing when this hour is sealed already.
create function directory.audit_anchor(p_now timestamptz) returns table (seal bigint, anchors bigint, digest bytea)
language plpgsql security definer set search_path = public, pg_temp as $$
declare before audit_seals%rowtype; number bigint; tenants uuid[]; seqs bigint[]; hashes bytea[]; bytes bytea; sealed bytea;
begin
  perform pg_advisory_xact_lock(hashtext('audit_anchor'));
  select * into before from audit_seals s order by s.seal desc limit 1;
  if found and date_trunc('hour', before.sealed_at, 'UTC') >= date_trunc('hour', p_now, 'UTC') then return; end if;
  number := coalesce(before.seal, 0) + 1;
  -- One reading of the heads, so that what is sealed is what is anchored.
  select array_agg(h.tenant_id order by h.tenant_id), array_agg(h.last_seq order by h.tenant_id), array_agg(h.last_hash order by h.tenant_id),
         string_agg(uuid_send(h.tenant_id) || int8send(h.last_seq) || h.last_hash, ''::bytea order by h.tenant_id)
    into tenants, seqs, hashes, bytes
    from audit_heads h where h.last_seq > 0 and not exists (select 1 from audit_anchors a where a.tenant_id = h.tenant_id and a.seq = h.last_seq);
  sealed := sha256(
    convert_to('vantera-seal-1', 'UTF8') || coalesce(before.digest, decode(repeat('00', 32), 'hex')) || int8send(number)
    || int8send((extract(epoch from p_now) * 1000000)::bigint) || int8send(coalesce(cardinality(tenants), 0)) || coalesce(bytes, ''::bytea));
  insert into audit_seals (seal, sealed_at, anchors, digest) values (number, p_now, coalesce(cardinality(tenants), 0), sealed);
  insert into audit_anchors (tenant_id, seq, hash, seal, anchored_at)
    select x.tenant_id, x.seq, x.hash, number, p_now from unnest(tenants, seqs, hashes) as x (tenant_id, seq, hash);
  return query select number, coalesce(cardinality(tenants), 0)::bigint, sealed;
end $$;

-- Seals after one, with each seal's anchors as they were sealed: 56 bytes an anchor (tenant, number, hash).
create function directory.audit_seals_after(p_after bigint, p_most int) returns table (seal bigint, sealed_at timestamptz, anchors bigint, digest bytea, sealed bytea)
language sql stable security definer set search_path = public, pg_temp as $$
  select s.seal, s.sealed_at, s.anchors, s.digest,
         coalesce((select string_agg(uuid_send(a.tenant_id) || int8send(a.seq) || a.hash, ''::bytea order by a.tenant_id) from audit_anchors a where a.seal = s.seal), ''::bytea)
  from audit_seals s where s.seal > p_after order by s.seal limit p_most
$$;
reset role;

call directory.hand_over('directory.audit_head()', 'vantera_web, vantera_worker');
do $$ declare f regprocedure; begin
  for f in select p.oid::regprocedure from pg_proc p join pg_namespace n on n.oid = p.pronamespace
           where n.nspname = 'directory' and p.proname in ('audit_chains', 'audit_anchor', 'audit_seals_after') loop
    call directory.hand_over(f, 'vantera_worker');
  end loop;
end $$;
