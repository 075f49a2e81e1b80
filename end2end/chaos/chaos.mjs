// make chaos: parts are killed while people join and pay; afterwards nothing may be lost and nothing doubled.
//
//   node end2end/chaos/chaos.mjs [--rounds 100] [--postgres 5] [--seed 1] [--from 1] [--port 4310] [--keep] [--trace]
import { parseArgs } from "node:util";
import { judge, stands, tables, take } from "./books.mjs";
import { pause, until } from "./http.mjs";
import { report, tell } from "./report.mjs";
import { dice, plan, play } from "./rounds.mjs";
import { storm } from "./storm.mjs";
import { openBuilding } from "./visitor.mjs";
import { raise } from "./world.mjs";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "100" },
    postgres: { type: "string", default: "5" },
    seed: { type: "string", default: "1" },
    from: { type: "string", default: "1" },
    port: { type: "string", default: "4310" },
    keep: { type: "boolean", default: false },
    trace: { type: "boolean", default: false },
  },
});
const number = (name) => {
  const value = Number(values[name]);
  if (!Number.isInteger(value) || value < 0) throw new Error(`--${name} needs a whole number`);
  return value;
};
const [count, storms, seed, from, port] = ["rounds", "postgres", "seed", "from", "port"].map(number);
/** The sweeper looks at what is two minutes old, every half minute; one try may fail and be repeated. */
const SWEEP_MS = 240_000;
/** A building holds 600 flats at most; the chair lives in the first. */
const STORM_FLATS = 3;

const begun = performance.now();
const world = await raise({ port, env: { VANTERA_JOB_HEARTBEAT_MS: "500" } });
let interrupted = false;
process.once("SIGINT", () => (interrupted = true));
process.once("SIGTERM", () => (interrupted = true));
let good = false;
try {
  good = await chaos();
} finally {
  await world.stop({ keep: values.keep });
  if (values.keep) console.log(`kept: ${world.folder}`);
}
process.exit(good && !interrupted ? 0 : 1);

async function chaos() {
  const building = await openBuilding(world, count + storms * STORM_FLATS + 2, `רחוב הסערה ${seed}`);
  const random = dice(seed);
  const plans = Array.from({ length: from - 1 + count }, (_, index) => plan(index, random)).slice(from - 1);
  const rounds = [];
  let flat = 2;
  for (const planned of plans) {
    if (interrupted) break;
    const round = await play(world, building, planned, flat++);
    rounds.push(round);
    tell(round, values.trace);
    // Seen as soon as it stands, so that the time is the sweeper's and not ours.
    await look(rounds.filter((other) => other.settledMs === undefined));
  }
  const storms_ = [];
  for (let index = 0; index < storms && !interrupted; index += 1) {
    const one = await storm(world, building, index + 1, flat, random);
    flat += STORM_FLATS;
    storms_.push(one);
    for (const round of one.rounds) tell(round, values.trace);
  }
  const all = [...rounds, ...storms_.flatMap((one) => one.rounds)];
  const late = all.filter((round) => round.settledMs === undefined);
  if (late.length > 0) console.log(`▸ ${late.length} rounds are left to the sweeper`);
  const swept = await until(SWEEP_MS, async () => {
    const books = await look(late, { whole: true });
    return (books && all.every((round) => stands(judge(round, books)))) || interrupted || undefined;
  }, 1_000);
  if (!swept) console.log("▸ not everything stood in time");
  // What still runs may change a count: events that were tried again, refunds of the last moment.
  await until(30_000, async () => {
    const read = await tables(world);
    return read === undefined || Object.values(read.counts).every((found) => found === 0) || undefined;
  }, 500);
  await pause(500);
  const books = await take(world, building, { whole: true });
  const verdicts = all.map((round) => ({ round, wrong: judge(round, books) }));
  return report({ rounds, storms: storms_, verdicts, books, read: await tables(world), falls: world.falls, seconds: (performance.now() - begun) / 1_000, seed });

  /** Notes which of these stand by now. */
  async function look(rounds, how) {
    if (rounds.length === 0 && !how) return undefined;
    const books = await take(world, building, how).catch(() => undefined);
    for (const round of books ? rounds : []) {
      if (round.settledMs !== undefined || !stands(judge(round, books))) continue;
      round.settledMs = performance.now() - (round.killedAt ?? round.begun);
      round.swept = true;
    }
    return books;
  }
}
