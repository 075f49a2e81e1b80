// "Postgres restarted under load": the database dies while several people join, and is started again.
import { judge, stands, take } from "./books.mjs";
import { pause, until } from "./http.mjs";
import { Visitor } from "./visitor.mjs";

/** People who join at the same time. */
const CROWD = 3;
const SETTLE_MS = 90_000;

/** One storm; its rounds are one flat each. */
export async function storm(world, building, number, firstFlat, random) {
  const rounds = Array.from({ length: CROWD }, (_, index) => {
    const flat = firstFlat + index;
    const visitor = new Visitor(world, { slug: building.slug, flat, name: `סופה ${flat}`, limitMs: SETTLE_MS });
    return { number, role: "postgres", gap: "under load", shape: "", flat: String(flat), visitors: [visitor], begun: performance.now() };
  });
  const killAfter = Math.floor(200 + random() * 1_300);
  const falls = world.falls.length;
  const joins = rounds.map(async (round, index) => {
    await pause(Math.floor((index * killAfter) / CROWD));
    await join(round).catch((error) => (round.surprise = error.message));
  });
  await pause(killAfter);
  const killedAt = performance.now();
  await world.killPostgres();
  const up = await until(60_000, () => world.startPostgres().then(() => true, () => undefined), 200);
  if (!up) throw new Error("PostgreSQL did not come back");
  const databaseBackMs = performance.now() - killedAt;
  const ready = await until(60_000, async () => (await world.ready()) || undefined);
  const readyMs = ready ? performance.now() - killedAt : undefined;
  await Promise.all(joins);
  const settled = await until(SETTLE_MS, async () => {
    const books = await take(world, building).catch(() => undefined);
    return (books && rounds.every((round) => stands(judge(round, books)))) || undefined;
  }, 250);
  for (const round of rounds) Object.assign(round, { killedAt, settledMs: settled ? performance.now() - killedAt : undefined });
  return { number, rounds, killAfter, databaseBackMs, readyMs, fell: world.falls.slice(falls) };
}

async function join(round) {
  const [visitor] = round.visitors;
  await visitor.open();
  const page = await visitor.seekPaymentPage(await visitor.send());
  if (!page) throw new Error("there was nothing to pay");
  const back = await visitor.pay(await visitor.lookAt(page));
  const outcome = await visitor.comeBack(back);
  if (outcome === "admitted" && (await visitor.board()) !== 1) throw new Error(`${visitor.name}: the board does not tell of his joining`);
}
