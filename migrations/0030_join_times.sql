-- Join times across buildings, for the operator's page; and the lock that keeps a flat from being filled twice.

-- Admitting a resident locks his flat's row. The worker admits after a payment, and a row lock asks for the right to
-- update at least one column: the reading order is the one that harms least.
grant update (position) on flats to vantera_worker;

create policy directory_reads on joins for select to vantera_directory using (true);
grant select on joins to vantera_directory;

-- Each building's attempts to join since a moment, and one row without a building for all of them together.
-- Counts say how many reached a step; times are milliseconds since the step before, by percentile_disc, so that each
-- is a time somebody really took. Attempts that wait for a flatmate's yes instead of paying are left out: their time
-- is the neighbour's, not the form's.
create function directory.join_times(p_since timestamptz)
returns table (tenant_id uuid, slug text, name text,
               started bigint, sent bigint, payment_opened bigint, confirmed bigint, first_feed bigint,
               sent_p50 bigint, sent_p95 bigint, payment_p50 bigint, payment_p95 bigint,
               confirmed_p50 bigint, confirmed_p95 bigint, feed_p50 bigint, feed_p95 bigint,
               whole_p50 bigint, whole_p95 bigint)
language sql stable security definer set search_path = public, pg_temp as $$
  with paying as (
    select j.tenant_id, j.started_at, j.sent_at, j.payment_opened_at, j.confirmed_at, j.first_feed_at,
           (extract(epoch from j.sent_at - j.started_at) * 1000)::bigint as sent_ms,
           (extract(epoch from j.payment_opened_at - j.sent_at) * 1000)::bigint as payment_ms,
           (extract(epoch from j.confirmed_at - j.payment_opened_at) * 1000)::bigint as confirmed_ms,
           (extract(epoch from j.first_feed_at - j.confirmed_at) * 1000)::bigint as feed_ms,
           (extract(epoch from j.first_feed_at - j.started_at) * 1000)::bigint as whole_ms
    from joins j
    where j.started_at >= p_since
      and not (j.payment_opened_at is null and j.state in ('waiting', 'admitted'))
  ), measured as (
    select p.tenant_id,
           count(*) as started, count(p.sent_at) as sent, count(p.payment_opened_at) as payment_opened,
           count(p.confirmed_at) as confirmed, count(p.first_feed_at) as first_feed,
           percentile_disc(0.5) within group (order by p.sent_ms) as sent_p50,
           percentile_disc(0.95) within group (order by p.sent_ms) as sent_p95,
           percentile_disc(0.5) within group (order by p.payment_ms) as payment_p50,
           percentile_disc(0.95) within group (order by p.payment_ms) as payment_p95,
           percentile_disc(0.5) within group (order by p.confirmed_ms) as confirmed_p50,
           percentile_disc(0.95) within group (order by p.confirmed_ms) as confirmed_p95,
           percentile_disc(0.5) within group (order by p.feed_ms) as feed_p50,
           percentile_disc(0.95) within group (order by p.feed_ms) as feed_p95,
           percentile_disc(0.5) within group (order by p.whole_ms) as whole_p50,
           percentile_disc(0.95) within group (order by p.whole_ms) as whole_p95
    from paying p
    group by grouping sets ((p.tenant_id), ())
  )
  select m.tenant_id, t.slug, t.name, m.started, m.sent, m.payment_opened, m.confirmed, m.first_feed,
         m.sent_p50, m.sent_p95, m.payment_p50, m.payment_p95, m.confirmed_p50, m.confirmed_p95,
         m.feed_p50, m.feed_p95, m.whole_p50, m.whole_p95
  from measured m left join tenants t on t.tenant_id = m.tenant_id
  order by m.tenant_id is not null, m.started desc, t.name
$$;
call directory.hand_over('directory.join_times(timestamptz)', 'vantera_web');
