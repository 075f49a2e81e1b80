// What a run of chaos tells: a line a round, and the table at the end.
import { ROLES } from "./world.mjs";

const seconds = (ms) => (ms === undefined ? "–" : `${(ms / 1_000).toFixed(1)} s`);

/** What a person noticed on the way, in words. */
const NOTICED = {
  sentBack: "told that nothing was paid, before anything could be",
  stuckUnpaid: "left waiting before the payment page, until reloading by hand",
  checking: "shown after paying that the payment is being checked (that page asks again after 2 s)",
  stuckPaid: "left waiting after paying, until opening the return address again",
  deniedPaid: "told after paying that nothing was paid",
  askedForCode: "asked for a one-time code after paying",
};

/** One line of a round; with `trace`, what its people saw. */
export function tell(round, trace = false) {
  const noticed = round.visitors.flatMap((visitor) => Object.keys(NOTICED).filter((key) => visitor.notes[key] > 0));
  const end = round.surprise ? `  ! ${round.surprise}` : "";
  const name = round.role === "postgres" ? "storm" : "round";
  console.log(`${name} ${String(round.number).padStart(3)}  ${round.role.padEnd(8)}  ${round.gap.padEnd(15)}  ${round.shape.padEnd(20)}  ${seconds(round.settledMs).padStart(8)}  ${noticed.join(", ")}${end}`);
  if (!trace) return;
  for (const visitor of round.visitors) for (const { at, what, took } of visitor.steps) console.log(`      ${at}  ${visitor.name}: ${what}${took}`);
}

/** Nought of n still leaves three in n, with 95 % confidence. */
function withDoubt(found, n) {
  if (found > 0 || n < 4) return `${found} of ${n}`;
  return `0 of ${n}, so below ${(300 / n).toFixed(n >= 300 ? 1 : 0)} % with 95 % confidence`;
}

/** Each word and how often it came, the most frequent first. */
function tally(words) {
  const counts = new Map();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]);
}

/** Prints the table; true when nothing was lost and nothing doubled. */
export function report({ rounds, storms, verdicts, books, read, falls, seconds: took, seed }) {
  const lost = verdicts.filter(({ wrong }) => wrong.lost.length > 0);
  const doubled = verdicts.filter(({ wrong }) => wrong.doubled.length > 0);
  const surprises = verdicts.filter(({ round }) => round.surprise);
  const paid = books.ledger.paid;
  const people = verdicts.flatMap(({ round }) => round.visitors);
  const times = (list) => list.map((round) => round.settledMs).filter((ms) => ms !== undefined);
  const atOnce = rounds.filter((round) => !round.swept);
  const swept = verdicts.map(({ round }) => round).filter((round) => round.swept);
  const slowest = (list) => (times(list).length > 0 ? seconds(Math.max(...times(list))) : "–");
  const median = (list) => seconds(times(list).sort((a, b) => a - b)[Math.floor(times(list).length / 2)]);
  const lines = [
    ["rounds", `${rounds.length} (seed ${seed}), and ${storms.length} × Postgres restarted under load with ${storms.flatMap((one) => one.rounds).length} people`],
    ["kills", [...ROLES.map((role) => `${role} ${rounds.filter((round) => round.role === role && round.killedAt).length}`), `postgres ${storms.length}`].join(", ")],
    ["paid sessions", `${paid.length}: ${paid.filter((entry) => entry.active === 1 && entry.refunded === 0).length} subscriptions, ${paid.filter((entry) => entry.refunds === 1 && entry.active === 0).length} refunds (${books.ledger.opened} sessions opened)`],
    ["lost", withDoubt(lost.length, verdicts.length)],
    ["doubled", withDoubt(doubled.length, verdicts.length)],
    ["broke off", withDoubt(surprises.length, verdicts.length)],
    ["recovery after a kill", `median ${median(atOnce)}, slowest ${ROLES.map((role) => `${role} ${slowest(atOnce.filter((round) => round.role === role))}`).join(", ")} (${times(atOnce).length} rounds)`],
    ["by the sweeper alone", `slowest ${slowest(swept)} (${swept.length} rounds)`],
  ];
  if (storms.length > 0) {
    const all = storms.flatMap((one) => one.rounds);
    lines.push(["Postgres restarted", `answers again after at most ${seconds(Math.max(...storms.map((one) => one.databaseBackMs)))}, everybody in after at most ${slowest(all)}`]);
  }
  for (const [key, words] of Object.entries(NOTICED)) {
    lines.push([`noticed by ${people.filter((visitor) => visitor.notes[key] > 0).length} of ${people.length}`, words]);
  }
  const failures = tally(people.flatMap((visitor) => visitor.notes.failures));
  lines.push(["pages with a fault", failures.map(([kind, times]) => `${times} × ${kind}`).join(", ") || "none"]);
  lines.push(["processes that ended by themselves", falls.length === 0 ? "none" : String(falls.length)]);
  console.log();
  const wide = Math.max(...lines.map(([name]) => name.length));
  for (const [name, text] of lines) console.log(`  ${name.padEnd(wide)}  ${text}`);
  for (const [words, times] of tally(falls.map((fall) => `${fall.role}: ${fall.words?.slice(0, 200)}`))) console.log(`    ${times} × ${words}`);
  const odd = Object.entries(read?.counts ?? {}).filter(([, count]) => count !== 0);
  console.log(`  ${"tables".padEnd(wide)}  ${!read ? "not read: psql is not installed" : odd.length === 0 ? `${Object.keys(read.counts).length} counts, all nought` : ""}`);
  for (const [question, count] of odd) console.log(`    ${count} ${question}`);
  for (const [job, times] of tally(read?.left ?? [])) console.log(`    ${times} × left in the queue for ever: ${job.replaceAll("\t", ", ")}`);
  for (const { round, wrong } of [...lost, ...doubled.filter((one) => !lost.includes(one)), ...surprises.filter((one) => !lost.includes(one) && !doubled.includes(one))]) {
    console.log(`  round ${round.number}: ${round.role} killed, ${round.gap}, ${round.shape}`);
    for (const text of [...wrong.lost, ...wrong.doubled, ...(round.surprise ? [round.surprise] : [])]) console.log(`    ${text}`);
  }
  console.log(`  ${took.toFixed(0)} s in all`);
  return lost.length === 0 && doubled.length === 0 && surprises.length === 0;
}
