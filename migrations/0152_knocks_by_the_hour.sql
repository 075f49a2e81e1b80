-- A stranger who knocks a thousand times writes one line an hour into the audit log of the building that he knocks at, and
-- one more when the hour is over that says how often it was. Each knock used to be a line, in a log from which nothing is
-- ever taken away. What is counted here is gone once its hour is told.
create table audit_knocks (
  tenant_id  uuid not null references tenants,
  -- 'tenant.hop' | 'partner.hop'
  act        text not null,
  -- The person, or a partner's code; empty for everybody together who is not signed in.
  who        text not null,
  hour       timestamptz not null,
  actor      uuid,
  subject    text not null,
  times      bigint not null,
  primary key (tenant_id, act, who, hour)
);
create index audit_knocks_by_hour on audit_knocks (hour);
call directory.wall('audit_knocks');
grant select, insert, update, delete on audit_knocks to vantera_directory;
create policy directory_counts on audit_knocks to vantera_directory using (true) with check (true);

set local role vantera_directory;

-- As before, but a line for the first knock of somebody's in an hour, and a count for the others.
create or replace function directory.audit_denial(p_tenant uuid, p_audit uuid, p_actor uuid, p_act text, p_subject text, p_address text, p_trace text, p_now timestamptz)
returns void language plpgsql security definer set search_path = public, pg_temp as $$
declare often bigint;
begin
  insert into audit_knocks as k (tenant_id, act, who, hour, actor, subject, times)
    values (p_tenant, p_act, coalesce(p_actor::text, case when p_act = 'partner.hop' then p_subject else '' end), date_trunc('hour', p_now, 'UTC'), p_actor, p_subject, 1)
    on conflict on constraint audit_knocks_pkey do update set times = k.times + 1 returning k.times into often;
  if often > 1 then return; end if;
  insert into audit_log (tenant_id, audit_id, actor, actor_role, act, subject, detail, address, trace_id, created_at)
    values (p_tenant, p_audit, p_actor, 'visitor', p_act, p_subject, '{}', p_address, p_trace, p_now);
end $$;

-- Tells of each hour that is over how often somebody knocked in it, where it was more than once; at most so many. Answers
-- how many hours were told or let go. Buildings come in one order: each line holds its building's head until the commit.
create function directory.audit_knocks_end(p_trace text, p_now timestamptz, p_most int) returns int
language plpgsql security definer set search_path = public, pg_temp as $$
declare k audit_knocks%rowtype; ended int := 0;
begin
  for k in select * from audit_knocks x where x.hour < date_trunc('hour', p_now, 'UTC') order by x.tenant_id, x.hour, x.act, x.who limit p_most for update skip locked loop
    if k.times > 1 then
      insert into audit_log (tenant_id, audit_id, actor, actor_role, act, subject, detail, trace_id, created_at)
        values (k.tenant_id, gen_random_uuid(), k.actor, 'visitor', k.act, k.subject, jsonb_build_object('times', k.times), p_trace, p_now);
    end if;
    delete from audit_knocks x where x.tenant_id = k.tenant_id and x.act = k.act and x.who = k.who and x.hour = k.hour;
    ended := ended + 1;
  end loop;
  return ended;
end $$;
reset role;
call directory.hand_over('directory.audit_knocks_end(text, timestamptz, int)', 'vantera_worker');
