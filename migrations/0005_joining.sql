-- Admitting runs in the worker: it holds the flat's row while it counts who lives there.
grant update (position) on flats to vantera_worker;
-- Why an attempt failed, for its own browser's page.
alter table joins add column failure text check (failure in ('full', 'already_here', 'refused', 'refunded'));
-- A "no" to somebody who paid ends the flat's subscription in the same request.
grant update on flat_subscriptions to vantera_web;
