// Stripe's official library against the stand-in: if the library is content, the stand-in speaks the protocol.
// SANDBOX_BIN names the binary; without it, the one cargo built last is taken.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { after, before, beforeEach, describe, test } from 'node:test';
import Stripe from 'stripe';

const BIN = process.env.SANDBOX_BIN ?? `${process.env.CARGO_TARGET_DIR ?? 'target'}/debug/sandbox`;
const SECRET = 'whsec_library';
const DAY_S = 86_400;

let sandbox;
let receiver;
let base;
let stripe;
let deliveries = [];

before(async () => {
  assert.ok(existsSync(BIN), `there is no sandbox at ${BIN}: cargo build -p sandbox, or set SANDBOX_BIN`);
  receiver = createServer((request, response) => {
    const parts = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', () => {
      deliveries.push({ signature: request.headers['stripe-signature'], body: Buffer.concat(parts) });
      response.end();
    });
  }).listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  const webhook = `http://127.0.0.1:${receiver.address().port}/webhooks/stripe=${SECRET}`;
  sandbox = spawn(BIN, ['--port', '0', '--webhook', webhook], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(createInterface(sandbox.stdout), 'line');
  base = line.match(/^sandbox ready (http:\S+)$/)[1];
  stripe = connect();
});

after(async () => {
  receiver?.close();
  receiver?.closeAllConnections();
  if (sandbox) {
    sandbox.kill();
    await once(sandbox, 'exit');
  }
});

beforeEach(async () => {
  await control('reset');
  await settled();
  deliveries = [];
});

function connect(settings = {}, key = 'sk_test_library') {
  const { hostname, port } = new URL(base);
  return new Stripe(key, { host: hostname, port, protocol: 'http', maxNetworkRetries: 0, telemetry: false, ...settings });
}

async function control(path, body = {}) {
  const response = await fetch(`${base}/_sandbox/${path}`, { method: 'POST', body: JSON.stringify(body) });
  assert.equal(response.status, 200, await response.clone().text());
  return response.json();
}

const fault = (order) => control('faults', order);

async function counts() {
  return (await (await fetch(`${base}/_sandbox/state`)).json()).counts;
}

async function settled() {
  assert.equal((await fetch(`${base}/_sandbox/settled`)).status, 200);
}

/** What came in, verified by the library, in order. */
async function events() {
  await settled();
  return deliveries.map(({ body, signature }) => stripe.webhooks.constructEvent(body, signature, SECRET));
}

/** What a payer does without scripts. */
async function pay(session, cardNumber = '4242 4242 4242 4242') {
  const body = new URLSearchParams({ cardNumber, cardExpiry: '08 / 29', cardCvc: '417', billingName: 'נועה שגב', email: 'noa@flat.test' });
  return fetch(session.url, { method: 'POST', body, redirect: 'manual' });
}

const membership = () =>
  stripe.checkout.sessions.create({
    mode: 'subscription',
    success_url: 'http://shop.test/ok?s={CHECKOUT_SESSION_ID}',
    cancel_url: 'http://shop.test/no',
    client_reference_id: 'flat-14',
    line_items: [{ quantity: 1, price_data: { currency: 'usd', unit_amount: 300, recurring: { interval: 'month' }, product_data: { name: 'חברות בבניין' } } }],
    subscription_data: { metadata: { flat: '14' } },
  });

const purchase = (more = {}) =>
  stripe.checkout.sessions.create({
    mode: 'payment',
    success_url: 'http://shop.test/ok',
    line_items: [{ quantity: 1, price_data: { currency: 'ils', unit_amount: 12_000, product_data: { name: 'תספורת' } } }],
    ...more,
  });

const charge = (more = {}, options) => stripe.paymentIntents.create({ amount: 1_000, currency: 'usd', payment_method: 'pm_card_visa', confirm: true, ...more }, options);

describe('Checkout', () => {
  test('a membership is created, paid on the page and read back whole', async () => {
    const session = await membership();
    assert.match(session.id, /^cs_test_/);
    assert.equal(session.status, 'open');
    const paid = await pay(session);
    assert.equal(paid.status, 303);
    assert.equal(paid.headers.get('location'), `http://shop.test/ok?s=${session.id}`);
    const whole = await stripe.checkout.sessions.retrieve(session.id, { expand: ['subscription.latest_invoice.payments', 'customer', 'line_items.data.price.product'] });
    assert.equal(whole.payment_status, 'paid');
    assert.equal(whole.client_reference_id, 'flat-14');
    assert.equal(whole.customer.email, 'noa@flat.test');
    assert.equal(whole.subscription.status, 'active');
    assert.equal(whole.subscription.metadata.flat, '14');
    assert.ok(whole.subscription.items.data[0].current_period_end >= whole.created + 28 * DAY_S);
    assert.equal(whole.subscription.latest_invoice.parent.subscription_details.subscription, whole.subscription.id);
    assert.match(whole.subscription.latest_invoice.payments.data[0].payment.payment_intent, /^pi_/);
    assert.equal(whole.line_items.data[0].price.product.name, 'חברות בבניין');
  });

  test('a payment carries the fee and the metadata of payment_intent_data', async () => {
    const session = await purchase({ payment_intent_data: { application_fee_amount: 600, transfer_data: { destination: 'acct_1TEST' }, metadata: { booking: '1' } }, metadata: { on: 'session' } });
    await pay(session);
    const { payment_intent: intent } = await stripe.checkout.sessions.retrieve(session.id, { expand: ['payment_intent.latest_charge'] });
    assert.equal(intent.status, 'succeeded');
    assert.deepEqual(intent.metadata, { booking: '1' });
    assert.equal(intent.application_fee_amount, 600);
    assert.equal(intent.transfer_data.destination, 'acct_1TEST');
    assert.equal(intent.latest_charge.payment_method_details.card.last4, '4242');
  });

  test('line items, list and expire', async () => {
    const session = await purchase();
    const lines = await stripe.checkout.sessions.listLineItems(session.id);
    assert.equal(lines.data[0].amount_total, 12_000);
    const expired = await stripe.checkout.sessions.expire(session.id);
    assert.equal(expired.status, 'expired');
    assert.deepEqual((await stripe.checkout.sessions.list({ status: 'expired' })).data.map(({ id }) => id), [session.id]);
    await assert.rejects(stripe.checkout.sessions.expire(session.id), Stripe.errors.StripeInvalidRequestError);
    assert.deepEqual((await events()).map(({ type }) => type), ['checkout.session.expired']);
  });

  test('a declined card leaves the session open', async () => {
    const session = await purchase();
    const page = await pay(session, '4000 0000 0000 9995');
    assert.match(await page.text(), /card_declined · insufficient_funds/);
    const open = await stripe.checkout.sessions.retrieve(session.id, { expand: ['payment_intent'] });
    assert.equal(open.status, 'open');
    assert.equal(open.payment_intent.last_payment_error.decline_code, 'insufficient_funds');
  });

  test('3-D Secure on the way', async () => {
    const session = await purchase();
    const asked = await pay(session, '4000 0027 6000 3184');
    const bank = asked.headers.get('location');
    const passed = await fetch(bank, { method: 'POST', body: new URLSearchParams({ outcome: 'confirm' }), redirect: 'manual' });
    assert.equal(passed.headers.get('location'), 'http://shop.test/ok');
  });
});

describe('the other objects', () => {
  test('customers', async () => {
    const customer = await stripe.customers.create({ email: 'a@flat.test', name: 'נועה', metadata: { flat: '14' }, address: { city: 'תל אביב' } });
    const changed = await stripe.customers.update(customer.id, { name: '', metadata: { flat: '' } });
    assert.equal(changed.name, null);
    assert.deepEqual(changed.metadata, {});
    assert.equal((await stripe.customers.retrieve(customer.id)).address.city, 'תל אביב');
    assert.equal((await stripe.customers.list({ email: 'a@flat.test' })).data.length, 1);
    assert.equal((await stripe.customers.del(customer.id)).deleted, true);
    assert.equal((await stripe.customers.retrieve(customer.id)).deleted, true);
  });

  test('products and prices', async () => {
    const product = await stripe.products.create({ name: 'חברות', default_price_data: { currency: 'usd', unit_amount: 300, recurring: { interval: 'month' } } });
    assert.match(product.default_price, /^price_/);
    assert.equal((await stripe.products.update(product.id, { description: 'לדירה' })).description, 'לדירה');
    const price = await stripe.prices.create({ product: product.id, currency: 'usd', unit_amount: 3_000, recurring: { interval: 'year' }, lookup_key: 'year' });
    assert.equal((await stripe.prices.list({ lookup_keys: ['year'] })).data[0].id, price.id);
    assert.equal((await stripe.prices.update(price.id, { active: false })).active, false);
    assert.equal((await stripe.prices.retrieve(price.id, { expand: ['product'] })).product.name, 'חברות');
    assert.equal((await stripe.products.list({ ids: [product.id] })).data.length, 1);
    assert.equal((await stripe.products.retrieve(product.id)).active, true);
  });

  test('payment intents: create, confirm, capture, cancel, retrieve, list', async () => {
    const intent = await stripe.paymentIntents.create({ amount: 1_050, currency: 'ils', capture_method: 'manual' });
    assert.equal(intent.status, 'requires_payment_method');
    const held = await stripe.paymentIntents.confirm(intent.id, { payment_method: 'pm_card_visa' });
    assert.equal(held.status, 'requires_capture');
    const taken = await stripe.paymentIntents.capture(intent.id, { amount_to_capture: 1_000 });
    assert.equal(taken.amount_received, 1_000);
    const other = await stripe.paymentIntents.create({ amount: 500, currency: 'usd' });
    assert.equal((await stripe.paymentIntents.update(other.id, { metadata: { a: 'b' } })).metadata.a, 'b');
    assert.equal((await stripe.paymentIntents.cancel(other.id)).status, 'canceled');
    assert.equal((await stripe.paymentIntents.retrieve(intent.id)).status, 'succeeded');
    assert.deepEqual((await stripe.paymentIntents.list()).data.map(({ id }) => id), [other.id, intent.id]);
    assert.equal((await stripe.charges.retrieve(taken.latest_charge)).captured, true);
  });

  test('payment methods are kept with a customer', async () => {
    const customer = await stripe.customers.create({});
    const method = await stripe.paymentMethods.attach('pm_card_mastercard', { customer: customer.id });
    assert.equal(method.customer, customer.id);
    assert.equal((await stripe.paymentMethods.list({ customer: customer.id, type: 'card' })).data[0].card.last4, '4444');
    assert.equal((await stripe.paymentMethods.detach(method.id)).customer, null);
    assert.equal((await stripe.paymentMethods.retrieve(method.id)).card.brand, 'mastercard');
  });

  test('subscriptions and their invoices', async () => {
    const customer = await stripe.customers.create({ email: 'a@flat.test' });
    const price = await stripe.prices.create({ currency: 'usd', unit_amount: 300, recurring: { interval: 'month' }, product_data: { name: 'חברות' } });
    const subscription = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }], default_payment_method: 'pm_card_visa', expand: ['latest_invoice'] });
    assert.equal(subscription.status, 'active');
    assert.equal(subscription.latest_invoice.status, 'paid');
    const ending = await stripe.subscriptions.update(subscription.id, { cancel_at_period_end: true });
    assert.equal(ending.cancel_at, ending.items.data[0].current_period_end);
    await stripe.subscriptions.update(subscription.id, { cancel_at_period_end: false, items: [{ id: subscription.items.data[0].id, quantity: 2 }] });

    await control(`subscriptions/${subscription.id}/renew`, { card: '4000000000000341' });
    assert.equal((await stripe.subscriptions.retrieve(subscription.id)).status, 'past_due');
    const [open] = (await stripe.invoices.list({ subscription: subscription.id, status: 'open' })).data;
    assert.equal(open.amount_due, 600);
    assert.equal(open.billing_reason, 'subscription_cycle');
    assert.equal((await stripe.invoices.pay(open.id, { payment_method: 'pm_card_visa' })).status, 'paid');
    const invoice = await stripe.invoices.retrieve(open.id, { expand: ['payments'] });
    assert.equal(invoice.payments.data[0].status, 'paid');
    assert.equal((await stripe.invoicePayments.list({ invoice: open.id })).data.length, 1);

    assert.equal((await stripe.subscriptions.cancel(subscription.id)).status, 'canceled');
    assert.equal((await stripe.subscriptions.list({ customer: customer.id })).data.length, 0);
    assert.equal((await stripe.subscriptions.list({ customer: customer.id, status: 'all' })).data.length, 1);
  });

  test('refunds', async () => {
    const intent = await charge();
    const part = await stripe.refunds.create({ payment_intent: intent.id, amount: 400, reason: 'requested_by_customer' });
    assert.equal(part.status, 'succeeded');
    const rest = await stripe.refunds.create({ charge: intent.latest_charge });
    assert.equal(rest.amount, 600);
    assert.equal((await stripe.refunds.retrieve(part.id)).amount, 400);
    assert.equal((await stripe.refunds.list({ payment_intent: intent.id })).data.length, 2);
    await assert.rejects(stripe.refunds.create({ payment_intent: intent.id }), { code: 'charge_already_refunded' });
  });
});

describe('webhooks', () => {
  test('every delivery passes the library, and tells the story of a membership', async () => {
    await pay(await membership());
    const types = (await events()).map(({ type }) => type);
    for (const type of ['customer.created', 'payment_intent.succeeded', 'customer.subscription.created', 'invoice.paid', 'checkout.session.completed']) {
      assert.ok(types.includes(type), type);
    }
    assert.equal(types.at(-1), 'checkout.session.completed');
    const [{ body, signature }] = deliveries;
    assert.throws(() => stripe.webhooks.constructEvent(body, signature, 'whsec_other'), Stripe.errors.StripeSignatureVerificationError);
    assert.throws(() => stripe.webhooks.constructEvent(`${body} `, signature, SECRET), Stripe.errors.StripeSignatureVerificationError);
  });

  test('an event that was sent can be read', async () => {
    const customer = await stripe.customers.create({ email: 'a@flat.test' });
    const [sent] = await events();
    const read = await stripe.events.retrieve(sent.id);
    assert.deepEqual(read.data, sent.data);
    assert.equal(read.data.object.id, customer.id);
    assert.equal(read.request.id, customer.lastResponse.requestId);
    assert.equal((await stripe.events.list({ type: 'customer.created' })).data[0].id, sent.id);
    assert.equal((await stripe.events.list({ types: ['invoice.paid'] })).data.length, 0);
  });

  test('endpoints are created with a secret of their own', async () => {
    const url = `http://127.0.0.1:${receiver.address().port}/second`;
    const endpoint = await stripe.webhookEndpoints.create({ url, enabled_events: ['product.created'] });
    await stripe.products.create({ name: 'חברות' });
    await settled();
    const passed = deliveries.filter(({ body, signature }) => {
      try {
        return stripe.webhooks.constructEvent(body, signature, endpoint.secret).type === 'product.created';
      } catch {
        return false;
      }
    });
    assert.equal(passed.length, 1);
    assert.equal((await stripe.webhookEndpoints.list()).data.length, 2);
    assert.equal((await stripe.webhookEndpoints.retrieve(endpoint.id)).secret, undefined);
    assert.equal((await stripe.webhookEndpoints.del(endpoint.id)).deleted, true);
  });

  test('duplicates, disorder and silence on request', async () => {
    await fault({ mode: 'duplicates', times: 1 });
    await stripe.customers.create({ name: 'twice' });
    assert.equal((await events()).length, 2);

    deliveries = [];
    await fault({ mode: 'disorder', times: 2, hold_ms: 500 });
    await stripe.customers.create({ name: 'first' });
    await stripe.customers.create({ name: 'second' });
    assert.deepEqual((await events()).map(({ data }) => data.object.name), ['second', 'first']);

    deliveries = [];
    await fault({ mode: 'silence', times: 1 });
    await stripe.customers.create({ name: 'unheard' });
    assert.equal((await events()).length, 0);
    assert.equal((await stripe.events.list({ limit: 1 })).data[0].data.object.name, 'unheard');
  });
});

describe('idempotency', () => {
  test('the same key gives the same answer', async () => {
    const options = { idempotencyKey: 'k1' };
    const first = await stripe.customers.create({ name: 'once' }, options);
    const again = await stripe.customers.create({ name: 'once' }, options);
    assert.equal(again.id, first.id);
    assert.equal(again.lastResponse.headers['idempotent-replayed'], 'true');
    assert.equal(first.lastResponse.headers['idempotent-replayed'], undefined);
    assert.equal((await counts()).customer, 1);
  });

  test('the same key with other parameters', async () => {
    await stripe.customers.create({ name: 'once' }, { idempotencyKey: 'k1' });
    await assert.rejects(stripe.customers.create({ name: 'other' }, { idempotencyKey: 'k1' }), Stripe.errors.StripeIdempotencyError);
  });

  test('a second request while the first is running is tried again by the library and gets its answer', async () => {
    await fault({ path: '/v1/customers', mode: 'slow_ms', ms: 300 });
    const patient = connect({ maxNetworkRetries: 5 });
    const [one, two] = await Promise.all([1, 2].map(() => patient.customers.create({ name: 'once' }, { idempotencyKey: 'k1' })));
    assert.equal(one.id, two.id);
    assert.equal((await counts()).customer, 1);
  });

  test('an answer that was lost is fetched again by the library, and nothing happens twice', async () => {
    const intent = await charge();
    await fault({ path: '/v1/refunds', method: 'POST', mode: 'charge_then_drop' });
    // A closed connection is tried once more by the library itself, with the key it made.
    const refund = await stripe.refunds.create({ payment_intent: intent.id });
    assert.equal(refund.lastResponse.headers['idempotent-replayed'], 'true');
    assert.equal((await counts()).refund, 1);
  });
});

describe('errors', () => {
  test('a refused card', async () => {
    await assert.rejects(charge({ payment_method: 'pm_card_visa_chargeDeclinedInsufficientFunds' }), (error) => {
      assert.ok(error instanceof Stripe.errors.StripeCardError);
      assert.equal(error.code, 'card_declined');
      assert.equal(error.decline_code, 'insufficient_funds');
      assert.equal(error.payment_intent.status, 'requires_payment_method');
      assert.match(error.charge, /^ch_/);
      assert.match(error.requestId, /^req_/);
      return true;
    });
  });

  for (const [token, code] of [
    ['pm_card_chargeDeclinedExpiredCard', 'expired_card'],
    ['pm_card_chargeDeclinedIncorrectCvc', 'incorrect_cvc'],
    ['pm_card_chargeDeclinedProcessingError', 'processing_error'],
  ]) {
    test(`a refused card: ${code}`, () => assert.rejects(charge({ payment_method: token }), { type: 'StripeCardError', code }));
  }

  test('a request that makes no sense', async () => {
    await assert.rejects(stripe.checkout.sessions.create({ mode: 'payment', success_url: 'http://shop.test/ok', locale: 'he', line_items: [] }), Stripe.errors.StripeInvalidRequestError);
    await assert.rejects(stripe.customers.create({ emial: 'x' }), { type: 'StripeInvalidRequestError', code: 'parameter_unknown', param: 'emial' });
    await assert.rejects(stripe.customers.retrieve('cus_nobody'), { type: 'StripeInvalidRequestError', code: 'resource_missing', statusCode: 404 });
  });

  test('a key that is not for testing', async () => {
    await assert.rejects(connect({}, 'sk_live_x').customers.list(), Stripe.errors.StripeAuthenticationError);
  });

  test('a version nobody speaks', async () => {
    await assert.rejects(connect({ apiVersion: '2019-01-01' }).customers.list(), Stripe.errors.StripeInvalidRequestError);
    const answer = await connect({ apiVersion: '2026-09-30.endive' }).customers.list();
    assert.equal(answer.lastResponse.headers['stripe-version'], '2026-09-30.endive');
  });

  test('outages: the library tries again what may be tried again', async () => {
    await fault({ path: '/v1/customers', mode: 'status', status: 503, times: 2 });
    await connect({ maxNetworkRetries: 2 }).customers.create({ name: 'at last' });
    await fault({ path: '/v1/customers', mode: 'status', status: 500 });
    await assert.rejects(connect({ maxNetworkRetries: 2 }).customers.create({}), Stripe.errors.StripeAPIError);
    await fault({ path: '/v1/customers', mode: 'status', status: 429 });
    await assert.rejects(stripe.customers.list(), Stripe.errors.StripeRateLimitError);
    await fault({ path: '/v1/customers', mode: 'drop', times: 2 });
    await assert.rejects(stripe.customers.list(), Stripe.errors.StripeConnectionError);
  });
});

test('pages are turned by the library', async () => {
  const made = [];
  for (let index = 0; index < 25; index += 1) {
    made.unshift((await stripe.customers.create({ name: `${index}` })).id);
  }
  const all = await stripe.customers.list({ limit: 10 }).autoPagingToArray({ limit: 100 });
  assert.deepEqual(all.map(({ id }) => id), made);
  const back = await stripe.customers.list({ limit: 10, ending_before: made.at(-1) }).autoPagingToArray({ limit: 100 });
  assert.deepEqual(back.map(({ id }) => id).sort(), made.slice(0, -1).sort());
});
