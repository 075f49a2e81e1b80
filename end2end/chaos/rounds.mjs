// One round: somebody joins, and a process is killed at one moment of it.
import { judge, stands, take } from "./books.mjs";
import { pause, until } from "./http.mjs";
import { Visitor } from "./visitor.mjs";
import { ROLES } from "./world.mjs";

/** When the process is killed. */
export const GAPS = ["before the form", "form sent", "/pay asked", "page open", "paid", "return asked", "webhook taken", "admitted"];

/** What else goes wrong in the round. Three, eight and eleven have no common divisor: every role meets every gap and
 *  every shape, and 264 rounds are all combinations once. */
export const SHAPES = [
  "nothing else",
  "Stripe's answer lost",
  "no webhook",
  "webhooks tripled",
  "payer never returns",
  "only the sweeper",
  "two pay for one flat",
  "Stripe slow",
  "webhooks late",
  "form sent twice",
  "returns in two tabs",
];

const FAULTS = {
  // Slow enough that the process is killed with the call in its hands.
  "Stripe slow": [{ path: "/v1/checkout/sessions", mode: "slow_ms", ms: 500, times: 4 }],
  "webhooks late": [{ mode: "delay", event: "checkout.session", ms: 1_500, times: 10 }],
  "Stripe's answer lost": [{ path: "/v1/checkout/sessions", method: "POST", mode: "charge_then_drop" }],
  "no webhook": [{ mode: "silence", event: "checkout.session", times: 10 }],
  "webhooks tripled": [{ mode: "duplicates", copies: 3, event: "checkout.session", times: 10 }],
  "only the sweeper": [{ mode: "silence", event: "checkout.session", times: 10 }],
  "two pay for one flat": [{ path: "/v1/refunds", method: "POST", mode: "charge_then_drop" }],
};
/** How long a round may take to stand before it is left to the sweeper. */
const SETTLE_MS = 45_000;

export function plan(index, random) {
  return { number: index + 1, role: ROLES[index % 3], gap: GAPS[index % 8], shape: SHAPES[index % SHAPES.length], jitter: Math.floor(random() * 150) };
}

/** Numbers between nought and one that are the same again for the same seed. */
export function dice(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Plays a round to its end, or as far as it goes without the sweeper. */
export async function play(world, building, planned, flat) {
  const names = planned.shape === "two pay for one flat" ? ["ראשון", "שני"] : ["דייר"];
  const visitors = names.map((word) => new Visitor(world, { slug: building.slug, flat, name: `${word} ${flat}` }));
  const round = { ...planned, flat: String(flat), visitors, begun: performance.now() };
  try {
    for (const fault of FAULTS[round.shape] ?? []) await world.provider.fault(fault);
    await act(world, building, round);
  } catch (error) {
    round.surprise = error.message;
  }
  if (round.shape !== "only the sweeper") {
    const settled = await until(SETTLE_MS, () => isSettled(world, building, round), 250);
    if (settled) round.settledMs = performance.now() - (round.killedAt ?? round.begun);
  }
  await world.provider.clearFaults();
  return round;
}

async function isSettled(world, building, round) {
  const books = await take(world, building).catch(() => undefined);
  return (books && stands(judge(round, books))) || undefined;
}

async function act(world, building, round) {
  let struck;
  const strike = () => {
    struck ??= (async () => {
      await pause(round.jitter);
      round.killedAt = performance.now();
      await world.strike(round.role);
    })();
    // Awaited where the round goes on; until then a failure must not end the program.
    struck.catch(() => {});
    return struck;
  };
  const at = (gap) => (round.gap === gap ? strike() : undefined);
  // While the answer is out: the process dies with the request in its hands, or just after.
  const during = (gap) => (round.gap === gap ? () => void strike() : undefined);

  const [payer, rival] = round.visitors;
  const silent = round.shape === "no webhook" || round.shape === "only the sweeper";
  const returns = round.shape !== "payer never returns" && round.shape !== "only the sweeper";
  await at("before the form");
  const rivalSession = rival && (await toPaymentPage(rival));
  await payer.open();
  const again = round.shape === "form sent twice" ? payer.send() : undefined;
  const sent = await payer.send(during("form sent"));
  await again;
  const page = await payer.seekPaymentPage(sent, during("/pay asked"));
  if (!page) throw new Error("there was nothing to pay");
  const session = await payer.lookAt(page);
  await at("page open");
  const back = await payer.pay(session);
  const rivalBack = rival && (await rival.pay(rivalSession));
  await at("paid");
  if (round.gap === "webhook taken") {
    if (!silent) await world.provider.delivered(session, 10_000);
    await strike();
  }
  if (returns) {
    const tab = round.shape === "returns in two tabs" ? payer.insist(() => payer.browser.get(back)) : undefined;
    const outcomes = [await payer.comeBack(back, during("return asked"))];
    await tab;
    if (rival) outcomes.push(await rival.comeBack(rivalBack));
    round.returned = outcomes;
    await at("admitted");
    for (const [index, visitor] of round.visitors.entries()) {
      if (outcomes[index] !== "admitted") continue;
      const posts = await visitor.board();
      if (posts !== 1) throw new Error(`${visitor.name}: his board shows ${posts ?? "nothing, because it is closed to him; no"} posts of his joining`);
    }
  } else {
    if (round.gap === "admitted" && !silent) await until(SETTLE_MS, () => isSettled(world, building, round), 250);
    await strike();
  }
  await struck;
}

async function toPaymentPage(visitor) {
  await visitor.open();
  const page = await visitor.seekPaymentPage(await visitor.send());
  if (!page) throw new Error("there was nothing to pay");
  return visitor.lookAt(page);
}
