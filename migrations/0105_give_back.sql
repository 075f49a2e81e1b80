-- A worker that lives can hold jobs in the queue's eyes that it does not know of: the connection was cut after the claim
-- was committed and before its answer came, or what was done could not be told. Heartbeats do not find these, because the
-- worker is well. It says itself what it has in hand; whatever else it has held for a while is given back, with its try.
create function jobs.give_back(p_worker text, p_in_hand bigint[], p_held_for_ms bigint) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare forgotten bigint[];
begin
  select array_agg(j.id) into forgotten from graphile_worker._private_jobs j
  where j.locked_by = p_worker and j.locked_at < now() - p_held_for_ms * interval '1 millisecond' and j.id <> all (p_in_hand);
  if forgotten is null then return 0; end if;
  perform graphile_worker._private_return_jobs(p_worker, forgotten);
  return cardinality(forgotten);
end $$;

revoke all on function jobs.give_back(text, bigint[], bigint) from public;
grant execute on function jobs.give_back(text, bigint[], bigint) to vantera_worker, vantera_payments;
