// The named points. Each brings real work to one moment, sees that it stands there, and has the process killed. It
// answers whether the process stood at the point: what was not reached is not counted.
import { pause, until } from "../http.mjs";

const WEB = "vantera_web";
const WORKER = "vantera_worker";

/** Kills a role that waits for a hold; the statement it waits with dies with it, and what it needs is free again. */
async function killWaiting({ database, strike }, hold, role, asks) {
  const pids = await database.waiting(hold, role, asks);
  if (pids) await strike(() => database.hangUp(pids));
  await hold.release();
  return pids !== undefined;
}

const rowOf = (letter) => [letter.items.map((item) => item.event)];
/** The later of the two, in the order in which they are led. */
const LAST_EVENT = "select 1 from inbound_events where inbound_id = (select max(inbound_id::text)::uuid from inbound_events where event_id = any ($1)) for update";
const KEPT = "select 1 from inbound_events where event_id = any ($1) and state = 'kept'";

async function trapped({ work, partner, round }) {
  const notice = work.notice(round, true);
  const endpoint = partner.endpoints[round.number % partner.endpoints.length];
  const arrived = partner.trap(endpoint, notice.title);
  await work.publish(notice);
  const message = await Promise.race([arrived, pause(8_000)]);
  // It may still come (a dead worker's lease is a minute): then it is answered like any other. A trap that nobody watches
  // would fail that attempt, and the next one is minutes away.
  if (!message) partner.release(endpoint, notice.title, arrived);
  return { endpoint, message };
}

/** The strangers' events are here; their job will wait for the later one. */
async function stopped({ work, database, round }) {
  const letter = work.strangers(round, true);
  await work.deliver(letter);
  const hold = await database.hold(LAST_EVENT, rowOf(letter));
  return { letter, hold };
}

const WORKER_POINTS = {
  "delivery sent, answer outstanding": async (play) => {
    const { message } = await trapped(play);
    if (!message) return false;
    await play.strike();
    message.drop();
    return true;
  },
  "delivery answered, not written down": async (play) => {
    const { endpoint, message } = await trapped(play);
    if (!message) return false;
    const id = message.id.replace("msg_", "");
    const hold = await play.database.hold("select 1 from gateway_deliveries where message_id = $1::uuid and endpoint_id = $2 for update", [id, endpoint.id]);
    message.answer();
    return killWaiting(play, hold, WORKER, "gateway_record");
  },
  "job taken, not begun": async (play) => {
    const { work, partner, database, round } = play;
    const endpoint = partner.endpoints[round.number % partner.endpoints.length];
    const hold = await database.hold("select 1 from gateway_endpoints where endpoint_id = $1 for update", [endpoint.id]);
    await work.publish(work.notice(round, true));
    return killWaiting(play, hold, WORKER, "gateway_claim");
  },
  "in the middle of a handler": async (play) => {
    const { letter, hold } = await stopped(play);
    await play.work.leave(letter);
    return killWaiting(play, hold, WORKER, "intake_turn");
  },
  "effect committed, not told as done": async (play) => {
    const { database, work } = play;
    const { letter, hold } = await stopped(play);
    await work.leave(letter);
    const begun = await database.waiting(hold, WORKER, "intake_turn");
    const job = begun && (await database.hold("select 1 from graphile_worker._private_jobs where key = $1 and locked_at is not null for update", [letter.key]));
    await hold.release();
    if (!job) return false;
    const hit = await killWaiting(play, job, WORKER, "delete");
    return hit && job.found === 1 && (await database.rows(KEPT, rowOf(letter))).length === 2;
  },
  "replaced by its key while it ran": async (play) => {
    const { letter, hold } = await stopped(play);
    await play.work.leave(letter);
    const begun = await play.database.waiting(hold, WORKER, "intake_turn");
    if (begun) await play.work.leave(letter, 500);
    return killWaiting(play, hold, WORKER, "intake_turn");
  },
  "a delayed job waits": async ({ work, database, round, strike }) => {
    const letter = work.strangers(round, true);
    await work.deliver(letter);
    await work.leave(letter, 400);
    const waits = await database.rows("select 1 from graphile_worker._private_jobs where key = $1 and locked_at is null and run_at > now()", [letter.key]);
    await strike();
    return waits.length === 1;
  },
};

/** A webhook that finds its own number taken by somebody who has not committed. */
async function received({ work, database, round }) {
  const letter = work.webhook(round, "stripe", true);
  const hold = await database.hold("insert into inbound_ids (provider, account, event_id, inbound_id, received_at) values ($1, $2, $3, gen_random_uuid(), now())", [letter.provider, letter.account, letter.event]);
  work.begin(() => work.deliver(letter));
  return hold;
}

/** Something is sent once; its commit happens and nobody is told. Answers whether it stood before anybody repeated it. */
async function untold({ work, database, strike }, role, send, stands, again) {
  // Another notice that waits for its commit would hold the building's line, and ours would never come to its own.
  await Promise.race([work.settled(), pause(5_000)]);
  await database.stall();
  let answered = false;
  send().then(() => (answered = true), () => {});
  const pids = await database.stalled(role);
  // Whoever lost his database may say so afterwards; before, nobody may have heard anything.
  const untold = pids !== undefined && !answered;
  if (untold) await strike();
  await database.flow().catch(() => {});
  const stood = untold && (await until(3_000, async () => ((await stands().catch(() => [])).length === 1) || undefined, 25));
  work.begin(again);
  return stood === true;
}

const EVENT = "select 1 from inbound_events where provider = $1 and account = $2 and event_id = $3";

function untoldWebhook(play) {
  const letter = play.work.webhook(play.round, "whatsapp", true);
  const stands = () => play.database.rows(EVENT, [letter.provider, letter.account, letter.event]);
  return untold(play, WEB, () => play.work.knock(letter), stands, () => play.work.deliver(letter));
}

function untoldNotice(play) {
  const notice = play.work.notice(play.round, true);
  const stands = () => play.database.rows("select 1 from posts where tenant_id = $1 and client_key = $2", [play.work.tenant, notice.key]);
  return untold(play, WEB, () => play.work.post(notice), stands, () => play.work.publish(notice));
}

/** What came of a half-sent body must be nothing. */
async function halfSent({ work, strike }, path, headers, body, again) {
  const socket = await work.half(path, headers, body);
  await pause(30);
  const open = !socket.destroyed && !socket.readableEnded;
  await strike();
  socket.destroy();
  work.begin(again);
  return open;
}

const WEB_POINTS = {
  "webhook received, not committed": async (play) => killWaiting(play, await received(play), WEB, "intake_keep_one"),
  "webhook committed, not answered": untoldWebhook,
  "webhook's body half sent": (play) => {
    const letter = play.work.webhook(play.round, "grow", true);
    const body = JSON.stringify(letter.body);
    return halfSent(play, letter.path, { "content-type": "application/json", "content-length": Buffer.byteLength(body) }, body, () => play.work.deliver(letter));
  },
  "notice written, not committed": async (play) => {
    const { work, database, round } = play;
    const notice = work.notice(round, true);
    const hold = await database.hold("select 1 from activity_heads where tenant_id = $1 for update", [work.tenant]);
    work.begin(() => work.publish(notice));
    return killWaiting(play, hold, WEB, "activity_heads");
  },
  "notice committed, not answered": untoldNotice,
  "notice's form half sent": (play) => {
    const { work, round } = play;
    const { chair, slug } = work.building;
    const notice = work.notice(round, true);
    const { body, headers } = work.form(notice);
    const cookie = [...chair.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    return halfSent(play, `/b/${slug}/posts`, { ...headers, cookie, origin: work.world.origin }, body, () => work.publish(notice));
  },
  "live stream in the middle": async ({ work, database, listener, round, strike }) => {
    if (!(await until(8_000, async () => listener.open || undefined, 15))) return false;
    const first = listener.next();
    for (let index = 0; index < 4; index += 1) work.begin(() => work.publish(work.notice(round, true)));
    await Promise.race([first, pause(8_000)]);
    const [open, seen] = [listener.open, listener.came.length];
    await strike();
    // The reader had some of it, and what came of the rest is told by another process.
    return open && seen > 0 && (await until(10_000, async () => ((await database.rows("select last_seq from activity_heads where tenant_id = $1", [work.tenant]).catch(() => []))[0]?.last_seq > listener.came[seen - 1]) || undefined, 25)) === true;
  },
};

const POSTGRES_POINTS = {
  "while a webhook is inserted": async (play) => {
    const hold = await received(play);
    const pids = await play.database.waiting(hold, WEB, "intake_keep_one");
    if (pids) await play.strike();
    await hold.release();
    return pids !== undefined;
  },
  "while a worker fetches jobs": async ({ database, strike }) => {
    const hold = await database.hold("lock table graphile_worker._private_jobs in exclusive mode");
    const pids = await database.waiting(hold, WORKER, "skip locked");
    if (pids) await strike();
    await hold.release();
    return pids !== undefined;
  },
  "while an attempt is written down": async (play) => {
    const { endpoint, message } = await trapped(play);
    if (!message) return false;
    const hold = await play.database.hold("select 1 from gateway_deliveries where message_id = $1::uuid and endpoint_id = $2 for update", [message.id.replace("msg_", ""), endpoint.id]);
    message.answer();
    const pids = await play.database.waiting(hold, WORKER, "gateway_record");
    if (pids) await play.strike();
    await hold.release();
    return pids !== undefined;
  },
  "committed, not told": untoldWebhook,
};

export const POINTS = { worker: WORKER_POINTS, web: WEB_POINTS, postgres: POSTGRES_POINTS };
