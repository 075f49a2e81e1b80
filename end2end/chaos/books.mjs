// What stands in the end, from three sides: the provider's ledger, the pages anybody may read, and, where psql is at
// hand, the tables.
import { isAbout } from "./visitor.mjs";

/** Everything a judgement needs. `whole`: the board to its end, not only its first page. */
export async function take(world, building, { whole = false } = {}) {
  const { chair, slug } = building;
  const told = await chair.call("buildings/residents", { building: slug });
  if (!told.json) throw new Error(`the residents' page answered ${told.status}`);
  const posts = [];
  for (let cursor = ""; ; ) {
    const page = await chair.call("feed/page", { building: slug, cursor });
    if (!page.json) throw new Error(`the board answered ${page.status}`);
    posts.push(...page.json.posts.filter((post) => post.kind === "joined").map((post) => post.body));
    cursor = page.json.next ?? "";
    if (!cursor || !whole) break;
  }
  return { residents: told.json.residents, posts, ledger: await world.provider.ledger(), whole };
}

/** What became of one paid session. */
function fate(entry) {
  if (entry.payments > 1 || entry.refunds > 1 || entry.active > 1 || (entry.active === 1 && entry.refunded > 0)) return "doubled";
  if (entry.active === 1) return "kept";
  return entry.refunded === entry.amount ? "returned" : "lost";
}

/** What is wrong with a round's people, as {lost: [], doubled: []}; both empty when its outcome stands. */
export function judge(round, books) {
  const wrong = { lost: [], doubled: [] };
  let keptByFlat = 0;
  for (const visitor of round.visitors) {
    const entries = visitor.paid.map((session) => books.ledger.paid.find((entry) => entry.session === session) ?? { session, payments: 0, refunds: 0, active: 0 });
    const fates = entries.map(fate);
    const kept = fates.filter((fate) => fate === "kept").length;
    keptByFlat += kept;
    const members = books.residents.filter((row) => row.name === visitor.name);
    const posts = books.posts.filter((body) => isAbout(body, visitor.name)).length;
    const say = (kind, text) => wrong[kind].push(`${visitor.name}: ${text}`);
    for (const [index, fate] of fates.entries()) {
      if (fate === "lost") say("lost", `paid session ${entries[index].session} has neither a subscription nor a refund`);
      if (fate === "doubled") say("doubled", `paid session ${entries[index].session} stands as ${JSON.stringify(entries[index])}`);
    }
    if (kept > 1) say("doubled", `${kept} subscriptions`);
    if (members.length > 1) say("doubled", `listed ${members.length} times`);
    if (posts > 1) say("doubled", `${posts} posts tell of the joining`);
    if (kept === 1 && members.length === 0) say("lost", "pays and is no member");
    if (kept === 0 && members.length > 0) say("lost", "is a member whose payment is not kept");
    // The first page of the board may have gone on; only the whole one can lack a post.
    if (books.whole && members.length === 1 && posts === 0) say("lost", "no post tells of the joining");
    if (members.some((row) => row.flat_number !== visitor.flat)) say("lost", `lives in flat ${members[0].flat_number}, not ${visitor.flat}`);
  }
  const payers = round.visitors.filter((visitor) => visitor.paid.length > 0).length;
  if (keptByFlat > 1) wrong.doubled.push(`flat ${round.flat}: ${keptByFlat} subscriptions`);
  if (payers > 0 && keptByFlat === 0) wrong.lost.push(`flat ${round.flat}: paid for, and no subscription`);
  return wrong;
}

export const stands = (wrong) => wrong.lost.length === 0 && wrong.doubled.length === 0;

/** The job library's word on a job whose holder died. One that was replaced by its key meanwhile stays so for ever. */
const REPLACED = "Job recovered after worker interruption";

/** Counts that must be nought, read from the tables, and the jobs left over; undefined without psql. */
export async function tables(world) {
  const questions = {
    "people who are members of a building twice": "select count(*) from (select 1 from memberships where state = 'active' group by tenant_id, person_id having count(*) > 1) twice",
    "flats with two active subscriptions": "select count(*) from (select 1 from flat_subscriptions where ended_at is null group by tenant_id, flat_id having count(*) > 1) twice",
    "settled payments without a subscription": "select count(*) from checkouts c where c.state = 'paid' and not exists (select 1 from flat_subscriptions s where s.tenant_id = c.tenant_id and s.checkout_id = c.checkout_id)",
    "active subscriptions whose payment is not settled": "select count(*) from flat_subscriptions s join checkouts c using (tenant_id, checkout_id) where s.ended_at is null and c.state <> 'paid'",
    "refunds that did not end": "select count(*) from checkouts where state = 'refunding'",
    "inbound events kept twice": "select count(*) from (select 1 from inbound_events group by provider, account, event_id having count(*) > 1) twice",
    "inbound events nobody processed": "select count(*) from inbound_events where state = 'received'",
    "jobs that were given up": `select count(*) from graphile_worker._private_jobs where attempts >= max_attempts and last_error is distinct from '${REPLACED}'`,
    "jobs still held": "select count(*) from graphile_worker._private_jobs where locked_at is not null",
  };
  const counts = {};
  for (const [question, query] of Object.entries(questions)) {
    const rows = await world.sql(query);
    if (rows === undefined) return undefined;
    counts[question] = Number(rows[0]);
  }
  const left = await world.sql("select t.identifier, j.attempts, left(j.last_error, 200) from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id where j.attempts >= j.max_attempts");
  return { counts, left };
}
