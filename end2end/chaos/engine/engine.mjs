// The engine room's part of make chaos: the worker, the web process and Postgres are killed at named points of real
// work, and afterwards every promise must have been kept once.
//
//   node end2end/chaos/engine/engine.mjs [--worker 300] [--web 300] [--postgres 100] [--seed 1] [--resume] [--short]
//     [--state FILE] [--batch 100] [--port 4310] [--keep]
import { join } from "node:path";
import { parseArgs } from "node:util";
import { pause, until } from "../http.mjs";
import { dice } from "../rounds.mjs";
import { openBuilding } from "../visitor.mjs";
import { program, raise } from "../world.mjs";
import { Database, leave } from "./database.mjs";
import { prove } from "./forgeries.mjs";
import { count, judge, judgeAll, order, read, stands } from "./ledger.mjs";
import { Listener } from "./listener.mjs";
import { Partner } from "./partner.mjs";
import { POINTS } from "./points.mjs";
import { fresh, isGood, keep, killed, pointsOf, resume, ROLES, tell } from "./tale.mjs";
import { META_SECRET, Work } from "./work.mjs";

const { values } = parseArgs({
  options: {
    worker: { type: "string" }, web: { type: "string" }, postgres: { type: "string" }, seed: { type: "string", default: "1" },
    resume: { type: "boolean", default: false }, short: { type: "boolean", default: false }, keep: { type: "boolean", default: false },
    state: { type: "string" }, batch: { type: "string", default: "100" }, port: { type: "string", default: "4310" },
  },
});
const whole = (name, otherwise) => {
  const number = Number(values[name] ?? otherwise);
  if (!Number.isInteger(number) || number < 0) throw new Error(`--${name} needs a whole number`);
  return number;
};
// The short form meets each point once, however many there are.
const WHOLE = { worker: 300, web: 300, postgres: 100 };
const wanted = Object.fromEntries(ROLES.map((role) => [role, whole(role, values.short ? Object.keys(POINTS[role]).length : WHOLE[role])]));
const [seed, size, port] = [whole("seed"), whole("batch"), whole("port")];
const path = values.state ?? join(program(".", "NOWHERE"), `../chaos-engine${values.short ? "-short" : ""}.json`);
/** Until what a killed pump had under way may be sent again: its lease is a minute, and the sweeper looks every half. */
const SETTLE_MS = 130_000;
/** Tries to bring work to a point before the round is given up. */
const TRIES = 3;
/** Rounds that may miss a point which was never met; it comes again each time, and one that cannot be reached would for ever. */
const MISSES = 3;

let interrupted = false;
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => (interrupted = true));

const state = values.resume ? await resume(path, seed, wanted) : fresh(seed, wanted);
while (!interrupted && state.troubles.length === 0 && ROLES.some((role) => killed(state, role) < wanted[role])) {
  const begun = performance.now();
  const world = await raise({ port, folder: "vantera-engine-", env: { VANTERA_JOB_HEARTBEAT_MS: "500", META_APP_SECRETS: META_SECRET } });
  try {
    await batch(world, begun);
  } finally {
    await world.stop({ keep: values.keep });
    if (values.keep) console.log(`kept: ${world.folder}`);
  }
}
tell(state);
if (interrupted) console.log("  broken off: --resume goes on from the last whole batch");
process.exit(isGood(state) && !interrupted ? 0 : 1);

/** The role that is furthest from its number, and of its points the one that was met least: what was not reached comes again. */
function* plan(random) {
  const done = Object.fromEntries(ROLES.map((role) => [role, killed(state, role)]));
  const met = Object.fromEntries(ROLES.map((role) => [role, pointsOf(state, role)]));
  for (let number = state.rounds + 1; ; number += 1) {
    const role = ROLES.filter((role) => done[role] < wanted[role]).sort((a, b) => done[a] / wanted[a] - done[b] / wanted[b])[0];
    if (!role) return;
    const next = met[role].reduce((least, point) => (point.hit < least.hit ? point : least));
    yield { number, role, point: next.name, jitter: Math.floor(random() * 60) };
    next.hit += 1;
    done[role] += 1;
  }
}

/** Rounds in one world, until everything in it has settled; only then they count. */
async function batch(world, begun) {
  const database = new Database(world.superuser);
  const building = await openBuilding(world, 8, `רחוב חדר המכונות ${seed}`);
  const [{ tenant_id: tenant }] = await database.rows("select tenant_id from tenants where slug = $1", [building.slug]);
  const partner = new Partner();
  await partner.listen();
  await partner.subscribe(world, building);
  const work = new Work(world, database, building, tenant);
  await work.open();
  const [{ last_seq: from }] = await database.rows("select coalesce(max(last_seq), 0)::int as last_seq from activity_heads where tenant_id = $1", [tenant]);
  const listener = new Listener(world, building, from);
  const scene = { world, database, building, partner, work, listener };
  const rounds = [];
  const watching = watch(scene, rounds);
  const random = dice(seed + state.rounds);
  for (const planned of plan(random)) {
    if (interrupted || rounds.length === size) break;
    rounds.push(await play(scene, planned));
  }
  const verdict = interrupted ? undefined : await settle(scene, rounds);
  watching.over = true;
  await watching.ended;
  if (verdict) {
    state.proof ??= await prove(scene);
    write(scene, rounds, verdict, (performance.now() - begun) / 1_000);
    await keep(path, state);
  }
  await listener.close();
  partner.close();
  await database.end();
}

async function play(scene, planned) {
  const { world, work } = scene;
  const round = { ...planned, hit: false, begun: performance.now() };
  await work.grow().catch(() => {});
  work.ordinary(round);
  await pause(round.jitter);
  const strike = async (afterwards) => {
    round.killedAt ??= performance.now();
    if (round.role === "postgres") await world.stopPostgresAtOnce();
    else await world.strike(round.role);
    await afterwards?.();
  };
  for (let tries = 0; !round.hit && tries < TRIES && !interrupted; tries += 1) {
    round.killedAt = undefined;
    try {
      round.hit = await POINTS[round.role][round.point]({ ...scene, round, strike });
    } catch (error) {
      round.surprise = error.message;
    }
  }
  if (round.role !== "worker") await until(20_000, async () => (await world.ready()) || undefined, 25);
  console.log(`round ${String(round.number).padStart(3)}  ${round.role.padEnd(8)}  ${round.point.padEnd(36)}  ${round.hit ? "" : "not reached"}${round.surprise ? `  ${round.surprise}` : ""}`);
  return round;
}

async function booksOf({ database, work, partner }) {
  const client = await database.begin();
  return read(client, work.tenant).then((facts) => order(facts, partner.endpoints)).finally(() => leave(client));
}

/** Notes when what stood at a point when its process was killed is as it must be: that is the recovery. */
function watch(scene, rounds) {
  const watching = { over: false };
  watching.ended = (async () => {
    while (!watching.over) {
      const late = rounds.filter((round) => round.hit && round.settledMs === undefined);
      const books = late.length > 0 ? await booksOf(scene).catch(() => undefined) : undefined;
      for (const round of books ? late : []) {
        const ours = scene.work.items.filter((item) => item.round === round);
        const aimed = ours.some((item) => item.target) ? ours.filter((item) => item.target) : ours;
        if (aimed.every((item) => stands(judge(item, books)))) round.settledMs = performance.now() - round.killedAt;
      }
      await pause(250);
    }
  })();
  return watching;
}

/** Everything that was begun has been answered, and the books stand or their time is over. */
async function settle(scene, rounds) {
  const begun = performance.now();
  const { work } = scene;
  await Promise.race([work.settled(), pause(SETTLE_MS)]);
  const look = async () => judgeAll(await booksOf(scene), scene.work.items, scene.listener);
  const isClean = (verdict) => Object.values(count(verdict)).every((found) => found === 0);
  // What ended in a surprise will never stand.
  await until(SETTLE_MS, async () => work.surprises.length > 0 || (isClean(await look()) && rounds.every((round) => !round.hit || round.settledMs !== undefined)) || undefined, 500);
  // What came too often may come a moment later. What the clock has just left (a sweep, every half minute) is looked at until
  // it has run; nothing that was lost comes back by that, and nothing that came twice goes.
  await pause(1_000);
  let verdict;
  await until(15_000, async () => isClean((verdict = await look())) || undefined, 250);
  console.log(`settled, or not, in ${((performance.now() - begun) / 1_000).toFixed(0)} s`);
  return verdict;
}

/** Adds a settled batch to what is kept. */
function write({ world, work, partner, listener }, rounds, verdict, seconds) {
  for (const round of rounds) {
    const point = state.points[`${round.role}: ${round.point}`];
    if (!round.hit) {
      point.missed += 1;
      if (round.surprise) state.troubles.push(`round ${round.number}, ${round.role}: ${round.point}: ${round.surprise}`);
      if (point.hit === 0 && point.missed === MISSES) state.troubles.push(`${round.role}: ${round.point}: never reached in ${MISSES} rounds`);
    }
    const wrong = verdict.rounds.get(round) ?? { lost: [], doubled: [] };
    point.hit += Number(round.hit);
    point.lost += Number(wrong.lost.length > 0);
    point.doubled += Number(wrong.doubled.length > 0);
    if (round.hit && round.settledMs !== undefined) point.times.push(Math.round(round.settledMs));
    for (const words of [...wrong.lost, ...wrong.doubled]) state.troubles.push(`round ${round.number}, ${round.role}: ${round.point}: ${words}`);
  }
  for (const kind of ["lost", "doubled"]) {
    state.whole[kind] += verdict.whole[kind].length;
    state.troubles.push(...verdict.whole[kind].map((words) => `${kind}: ${words}`));
  }
  state.troubles.push(...work.surprises, ...partner.refused.map((words) => `not signed as it must be: ${words}`));
  const came = partner.endpoints.flatMap((endpoint) => [...endpoint.came.values()]);
  const add = { ...work.sent, events: work.items.filter((item) => item.what === "event").length, messages: work.items.filter((item) => item.what === "notice").length, deliveries: came.length, redelivered: came.reduce((sum, entry) => sum + entry.times - 1, 0), lines: listener.came.length, cuts: listener.cuts };
  for (const [part, number] of Object.entries(add)) state.work[part] += number;
  for (const fall of world.falls) console.log(`fell: ${fall.role}, code ${fall.code}: ${fall.words?.slice(0, 160)}`);
  state.falls += world.falls.length;
  state.rounds += rounds.length;
  state.batches += 1;
  state.seconds += seconds;
}
