-- What a page was asked for with, what its payer is waiting for, and what becomes of its subscription.

-- The request that opens the provider's page, as it was first made under its idempotency key: a repeated call carries
-- the same words or the provider refuses it. Written before the call: generation of the key, tries under it, the
-- addresses and the moment the page closes.
alter table checkouts add column opening jsonb;
-- When the payer last came back, when the provider was last asked because of that, and the moment for which it last
-- said "not paid": whoever came back after that moment has no answer yet.
alter table checkouts add column returned_at timestamptz;
alter table checkouts add column asked_at timestamptz;
alter table checkouts add column unpaid_at timestamptz;

-- What the provider holds to be true of the subscription that a checkout began, and for which moment it said so.
alter table checkouts add column plan_state text check (plan_state in ('active', 'late', 'ended'));
alter table checkouts add column plan_amount_minor bigint check (plan_amount_minor >= 0);
alter table checkouts add column plan_currency text check (plan_currency in ('usd', 'ils'));
-- The next charge; null when there is none to come (it ends, or has ended).
alter table checkouts add column next_charge_at timestamptz;
alter table checkouts add column plan_ends_at timestamptz;
-- The provider's page on which a charge that did not go through can be paid.
alter table checkouts add column mend_url text;
alter table checkouts add column plan_read_at timestamptz;

-- Which tenant a provider's subscription belongs to: the way of a renewal's event to its tenant.
create unique index checkouts_by_subscription on checkouts (provider_subscription) where provider_subscription is not null;
create function directory.checkout_by_subscription(p_subscription text) returns table (tenant_id uuid, checkout_id uuid)
language sql stable security definer set search_path = public, pg_temp as $$
  select tenant_id, checkout_id from checkouts where provider_subscription = p_subscription
$$;
call directory.hand_over('directory.checkout_by_subscription(text)', 'vantera_payments, vantera_worker');
