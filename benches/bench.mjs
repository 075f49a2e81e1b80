// make bench: what the floor costs, in parts. Prints one table and writes docs/bench.md.
//
//   node benches/bench.mjs [--parts board,walls,jobs,hammer,audit,intake,gateway,stream,browser] [--joins 30] [--own 100] [--port 4320]
//
// VANTERA_BIN names the server, FLOOR_BIN the program of benches/floor (optimised ones stand in a folder named
// release). Figures of parts that are not run now are taken from docs/bench.json, where each run leaves its own.
import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join, sep } from "node:path";
import { parseArgs, promisify } from "node:util";
import { openBuilding } from "../end2end/chaos/visitor.mjs";
import { program, raise } from "../end2end/chaos/world.mjs";
import { PARTS, joinOnce, launch } from "./lib/browser.mjs";
import { measureGateway } from "./lib/gateway.mjs";
import { measureIntake } from "./lib/intake.mjs";
import { DOORS, askOnce } from "./lib/server.mjs";
import { TOKEN_KEYS, measureStream } from "./lib/stream.mjs";
import { circumstances, line, load, markdown, printed, ranked } from "./lib/sheet.mjs";

const ALL = ["browser", "board", "walls", "jobs", "hammer", "audit", "intake", "gateway", "stream"];
const { values } = parseArgs({
  options: {
    parts: { type: "string", default: ALL.join(",") },
    joins: { type: "string", default: "30" },
    own: { type: "string", default: "100" },
    port: { type: "string", default: "4320" },
    seconds: { type: "string", default: "30" },
  },
});
const [joins, own, port, seconds] = [values.joins, values.own, values.port, values.seconds].map(Number);
const parts = values.parts.split(",");
for (const part of parts) if (!ALL.includes(part)) throw new Error(`the parts are ${ALL.join(", ")}, not ${part}`);
/** Most flats of one building. */
const FLATS = 600;
/** The longest that a part of benches/floor may take. */
const FLOOR_MS = 20 * 60_000;
const UNLIMITED = { VANTERA_LIMITS_FACTOR: "100000" };
const KEPT = join(import.meta.dirname, "../docs/bench.json");

const figures = await readFile(KEPT, "utf8").then(JSON.parse, () => ({}));
for (const part of parts) {
  const [before, begun] = [load(), performance.now()];
  const measured = { browser: inBrowser, intake: atTheDoor, gateway: onTheWayOut, stream: onTheLine }[part] ?? (() => onFloor(part));
  const { optimised, lines } = await measured();
  const took = Math.round((performance.now() - begun) / 1_000);
  figures[part] = { ...circumstances(), build: optimised ? "release" : "debug build: figures say nothing about speed", load: [before, load()], took, lines };
  console.log(`${part}: ${took} s`);
  await writeFile(KEPT, `${JSON.stringify(figures, null, 1)}\n`);
}

const { rows, runs } = table();
console.log(`\n${printed(rows)}\n\n${runs.map((run) => `  ${run}`).join("\n")}`);
await writeFile(join(import.meta.dirname, "../docs/bench.md"), sheet());
// A debug build is measured to see that measuring works; only an optimised one can miss a limit.
const missed = parts.some((part) => figures[part].build === "release" && figures[part].lines.some(({ kept }) => kept === false));
process.exit(missed ? 1 : 0);

/** A part of benches/floor: one line of JSON. */
async function onFloor(part) {
  if (!process.env.FLOOR_BIN) throw new Error("FLOOR_BIN is not set (make bench sets it)");
  // Jobs are weighed against a Redis that forgets nothing, so the database must not either.
  const durable = part === "jobs" ? process.env.VANTERA_DURABLE_POSTGRES : undefined;
  const env = durable ? { ...process.env, VANTERA_TEST_POSTGRES: durable } : process.env;
  const { stdout } = await promisify(execFile)(process.env.FLOOR_BIN, [part], { timeout: FLOOR_MS, maxBuffer: 1 << 24, env });
  const told = JSON.parse(stdout.trim().split("\n").at(-1));
  return { optimised: told.optimised, lines: told.lines.map(ranked) };
}

/** What is measured at the whole running server, with these settings. */
async function atServer(act, env = {}) {
  const optimised = program("vantera", "VANTERA_BIN").split(sep).includes("release");
  const world = await raise({ port, folder: "vantera-bench-", roles: ["all"], env });
  try {
    return { optimised, lines: await act(world) };
  } finally {
    await world.stop();
  }
}

/** Webhooks from providers. */
function atTheDoor() {
  return atServer(async (world) => (await measureIntake(world, { seconds })).map(ranked), UNLIMITED);
}

/** Signed messages to partners' servers, of which one hangs. */
function onTheWayOut() {
  return atServer(async (world) => (await measureGateway(world, { seconds: 4 * seconds })).map(ranked), UNLIMITED);
}

/** Many open streams, at the limits as they come. */
function onTheLine() {
  return atServer(async (world) => (await measureStream(world, { seconds })).map(ranked), { VANTERA_LIMITS_FACTOR: "1", VANTERA_TOKEN_KEYS: TOKEN_KEYS });
}

/** Joins of people on slow phones, and the server's share of one. */
function inBrowser() {
  return atServer(async (world) => {
    const browser = await launch();
    try {
      return await measure(world, browser);
    } finally {
      await browser.close();
    }
  });
}

async function measure(world, browser) {
  const flats = 1 + 2 + joins + 2 * own;
  if (flats > FLATS) throw new Error(`--joins + 2 × --own may be ${FLATS - 3} at most`);
  const building = { ...(await openBuilding(world, flats, "רחוב המדידה 1")), origin: world.origin };
  let flat = 2;
  // The first of anything pays for what all others find ready: one of each is not counted.
  await askOnce(world, building, flat++);
  await joinOnce(browser, building, flat++, { slow: false });

  const server = [];
  for (let index = 0; index < own; index += 1) server.push(await askOnce(world, building, flat++));
  const ours = [];
  for (let index = 0; index < own; index += 1) ours.push(await joinOnce(browser, building, flat++, { slow: false }));
  const whole = [];
  for (let index = 0; index < joins; index += 1) {
    whole.push((await joinOnce(browser, building, flat++, { slow: true })).wholeMs);
    console.log(`join ${index + 1} of ${joins}: ${(whole.at(-1) / 1_000).toFixed(1)} s`);
  }
  const lines = [];
  const add = (name, measured, options) => measured.length > 0 && lines.push(line(name, measured, options));
  add("whole join, a person on a slow phone (1)", whole, { unit: "s", limit: 60_000 });
  add("our own share of a join in the browser (2)", ours.map((one) => one.ownMs), { unit: "s", limit: 5_000 });
  for (const part of PARTS) add(`– ${part}`, ours.map((one) => one.parts[part]), { unit: "s" });
  add("the server's share of a join (3)", server.map((doors) => Object.values(doors).reduce((sum, ms) => sum + ms, 0)), { unit: "ms", limit: 300 });
  for (const door of DOORS) add(`– ${door}`, server.map((doors) => doors[door]), { unit: "ms" });
  return lines;
}

/** All parts' lines, each with the letter of the run it comes from, and what is to be said of each run. */
function table() {
  const [rows, runs] = [[], []];
  const done = ALL.filter((part) => figures[part]);
  for (const [index, part] of done.entries()) {
    const { lines, date, commit, build, machine, load: [before, after], took } = figures[part];
    const letter = "abcdefghij"[index];
    for (const { cells } of lines) rows.push([...cells, letter]);
    runs.push(`${letter}: ${date}, ${took} s; commit ${commit}; ${build}; ${machine}; ${before} processes wanted a core when it began, ${after} at its end`);
  }
  for (const part of ALL) if (!figures[part]) runs.push(`${part}: never measured`);
  return { rows, runs };
}

function sheet() {
  const { rows, runs } = table();
  return `# How fast it is

Written by \`make bench\`; do not edit.

${markdown(rows)}

Runs (our own browser, database and stand-ins are among the processes that want a core):

${runs.map((run) => `- ${run}`).join("\n")}

1. From opening the link to the board: 250 ms a character with thinking, card number included; processor slowed four times, 1.6 Mbit/s down,
   750 kbit/s up, 150 ms to and fro, nothing cached. The payment page is the stand-in's, which is lighter than Stripe's own.
2. The same as fast as fields can be filled, without slowing anything; the time in which the card is typed is taken out.
3. A plain HTTP client over one kept connection; the sum of the answers' times. The payment engine's work and the settling are in
   "to the payment page" and "back from it"; the provider is the stand-in on the same machine.
4. Twenty posts and a pinned notice, with hearts, comments and pictures, through the product's router; beside it an axum handler that puts
   strings together (benches/floor/by_hand.rs). It is asserted before that both send the same statements and answer the same bytes, apart from
   nonces and the framework's marks. Processor time of the process, four workers, eight pages at once, in turns; the database's work is not in it.
5. 200 buildings of 200 posts. As vantera_web behind the walls, against the same statements with the tenant as a value in each and a plain
   statement in place of the definer function that opens a tenant, as a role that no wall stops. In turns, one connection each.
6. From sockets, eight at once; every second load is broken off before a byte came, after the first, or in the middle. Memory is the process's
   own after 300 loads that do not count, the clients' included.
7. Every line's hash and the chain computed anew in Rust from what the database hands out to vantera_worker, behind the walls, on one connection.
8. One process with all roles, PostgreSQL that confirms only what is on the disk, and the program that sends, on the same cores. A quarter of the
   events has a reader and leaves a job. Each counts from the moment at which it was due, not from when it could be sent. No limit by address
   or person is reached (VANTERA_LIMITS_FACTOR): what turns events away is the door's own measure of what it can take.
9. From before the transaction that leaves it to the first line of its handler, at pauses of 7 to 46 ms; every lane's runner is up and idle.
   The job is one of the payments' lane.
10. 5,000 jobs that do nothing, eight at once, waiting when the runner starts; its start is counted. In turns, each runner with a database of
   its own in the same PostgreSQL, which confirms only what is on the disk. Ours is the lane of the rooms' own jobs, with its triggers, counts
   and fair places; graphile-worker (Node) and BullMQ as they come, BullMQ on a Redis with appendfsync always.
11. Residents of 20 buildings, a session and one stream each, from 20 addresses of this machine, at the limits as they come. Memory is the
   server's own. From the moment at which a post is sent, its writing included, until each of the hundred open pages of its building has heard
   of it; server, database and the program that listens share the cores.
12. Ten notices a second in 125 buildings, each a message to eight endpoints of one partner on this machine that answer at once; in turns with
   a ninth there that answers after half a minute, and without. From the moment at which the notice was due until the endpoint has it. Each may be
   sent 6,000 a minute; the usual 600 is just this pace. The processor's time is the server's, without PostgreSQL's.

The p95 of fewer than 20 runs is the slowest of them.
`;
}
