// What a run of the engine room keeps between its parts, and what it tells in the end.
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { POINTS } from "./points.mjs";

export const ROLES = Object.keys(POINTS);
const PARTS = ["webhooks", "known", "unanswered", "notices", "jobs", "events", "messages", "deliveries", "redelivered", "lines", "cuts"];

export function fresh(seed, wanted) {
  const points = Object.fromEntries(ROLES.flatMap((role) => Object.keys(POINTS[role]).map((name) => [`${role}: ${name}`, { hit: 0, missed: 0, lost: 0, doubled: 0, times: [] }])));
  return { seed, wanted, rounds: 0, batches: 0, seconds: 0, points, work: Object.fromEntries(PARTS.map((part) => [part, 0])), whole: { lost: 0, doubled: 0 }, proof: undefined, falls: 0, troubles: [] };
}

export async function resume(path, seed, wanted) {
  const kept = JSON.parse(await readFile(path, "utf8"));
  if (kept.seed !== seed) throw new Error(`${path} is of seed ${kept.seed}, not ${seed}`);
  return { ...kept, wanted };
}

export async function keep(path, state) {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.new`, JSON.stringify(state, null, 1));
  await rename(`${path}.new`, path);
}

/** The points of a role, in their order, and how often it was killed at each. */
export const pointsOf = (state, role) => Object.keys(POINTS[role]).map((name) => ({ name, hit: state.points[`${role}: ${name}`].hit }));

/** How often a role was killed at a point of its own. */
export const killed = (state, role) => pointsOf(state, role).reduce((sum, point) => sum + point.hit, 0);

/** Nought of n still leaves three in n, with 95 % confidence. */
function doubt(found, n) {
  if (n === 0) return "–";
  return found > 0 || n < 4 ? `${found} of ${n}` : `0 of ${n} (< ${(300 / n).toFixed(n >= 300 ? 1 : 0)} %)`;
}

const seconds = (ms) => (ms === undefined ? "–" : `${(ms / 1_000).toFixed(1)} s`);
const median = (times) => [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)];
const most = (times) => (times.length > 0 ? Math.max(...times) : undefined);

/** The report, as the rows of a table and the lines under it. */
export function table(state) {
  const rows = Object.entries(state.points).map(([name, point]) => [name, String(point.hit), String(point.missed), doubt(point.lost, point.hit), doubt(point.doubled, point.hit), seconds(median(point.times)), seconds(most(point.times))]);
  for (const role of ROLES) {
    const ours = Object.entries(state.points).filter(([name]) => name.startsWith(`${role}: `)).map(([, point]) => point);
    const sum = (part) => ours.reduce((total, point) => total + point[part], 0);
    const times = ours.flatMap((point) => point.times);
    rows.push([`all of ${role}`, String(sum("hit")), String(sum("missed")), doubt(sum("lost"), sum("hit")), doubt(sum("doubled"), sum("hit")), seconds(median(times)), seconds(most(times))]);
  }
  return [["killed", "hit", "missed", "lost", "doubled", "median", "slowest"], ...rows];
}

export function tell(state) {
  const rows = table(state);
  const wide = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  console.log();
  for (const row of rows) console.log(`  ${row.map((cell, column) => (column === 0 ? cell.padEnd(wide[0]) : cell.padStart(wide[column]))).join("  ")}`);
  const { work, whole } = state;
  console.log();
  console.log(`  webhooks   ${work.events} events, each with one row: ${work.webhooks} answered 2xx (${work.known} of them as known), ${work.unanswered} times nobody answered well`);
  console.log(`  gateway    ${work.notices} notices, ${work.messages} messages, ${work.deliveries} deliveries; ${work.redelivered} came again under their own id, which is allowed`);
  console.log(`  jobs       ${work.jobs} led strangers' events, delayed and left more than once under their key`);
  console.log(`  stream     ${work.lines} lines over ${work.cuts} cuts`);
  console.log(`  of no one  ${whole.lost} lost, ${whole.doubled} doubled: the stream's lines, jobs left over, dead letters, and what nobody sent`);
  if (state.proof) console.log(`  the books  noticed ${state.proof.tried - state.proof.unnoticed.length} of ${state.proof.tried} forgeries`);
  console.log(`  fell       ${state.falls} processes ended by themselves`);
  for (const words of state.troubles.slice(0, 40)) console.log(`    ${words}`);
  console.log(`  seed ${state.seed}, ${state.rounds} rounds in ${state.batches} batches, ${state.seconds.toFixed(0)} s in all`);
}

/** Whether nothing was lost or doubled, everything that was wanted was reached (each point, when there are kills enough for all), and the books could have noticed. */
export function isGood(state) {
  const clean = Object.values(state.points).every((point) => point.lost === 0 && point.doubled === 0) && state.whole.lost === 0 && state.whole.doubled === 0;
  const reached = ROLES.every((role) => {
    const points = pointsOf(state, role);
    return killed(state, role) >= state.wanted[role] && (state.wanted[role] < points.length || points.every((point) => point.hit > 0));
  });
  return clean && reached && state.troubles.length === 0 && state.proof !== undefined && state.proof.unnoticed.length === 0;
}
