// Whether the books can notice: something is lost or doubled on purpose, in a transaction that is undone, and they must
// say so. A count of nought that could be nothing else would prove nothing.
import { leave } from "./database.mjs";
import { count, judgeAll, order, read } from "./ledger.mjs";

const ONE = {
  event: "(select inbound_id from inbound_events order by received_at limit 1)",
  notice: "(select post_id from posts where title like 'הודעה %' order by created_at limit 1)",
  message: "(select message_id from gateway_messages where sequence = 1 limit 1)",
};

/** A copy of a row with some columns of its own. */
const copy = (table, key, own) => `insert into ${table} select r.* from (select x from ${table} x where ${key}) one, jsonb_populate_record(one.x, jsonb_build_object(${own})) r`;

const IN_TABLES = [
  ["lost", "an inbound event's row is gone", `delete from inbound_events where inbound_id = ${ONE.event}`],
  ["lost", "an inbound event was never processed", "update inbound_events set state = 'received', processed_at = null where inbound_id = (select inbound_id from inbound_events where state = 'ignored' limit 1)"],
  ["lost", "an inbound event was led to nobody", "update inbound_events set tenant_id = null where inbound_id = (select inbound_id from inbound_events where provider = 'whatsapp' limit 1)"],
  ["doubled", "an inbound event stands twice", copy("inbound_events", `x.inbound_id = ${ONE.event}`, "'inbound_id', gen_random_uuid()")],
  ["lost", "a notice is gone", `delete from posts where post_id = ${ONE.notice}`],
  ["doubled", "a notice was written twice", `insert into posts (tenant_id, post_id, membership_id, kind, body, title, created_at) select tenant_id, gen_random_uuid(), membership_id, kind, body, title, created_at from posts where post_id = ${ONE.notice}`],
  ["doubled", "a notice was told twice in the building", copy("activity", `x.subject = ${ONE.notice} and x.kind = 'post.created'`, "'seq', 1000000000")],
  ["lost", "an event has no message", `delete from gateway_messages where message_id = ${ONE.message}`],
  ["doubled", "an event has two messages", copy("gateway_messages", `x.message_id = ${ONE.message}`, "'message_id', gen_random_uuid(), 'sequence', 1000000000")],
  ["lost", "a delivery is not delivered", `update gateway_deliveries set state = 'failed' where delivery_id = (select delivery_id from gateway_deliveries where message_id = ${ONE.message} limit 1)`],
  ["lost", "a job is left in the queue", "select jobs.enqueue('intake.tidy', '{}'::json, now() + interval '1 day', null, 25, false, 0)"],
];

/** In the harness's own counts: of what the partner and the reader of the stream heard. */
const HEARD = [
  ["lost", "a message never reached an endpoint", ({ heard }) => heard[0].came.delete([...heard[0].came.keys()][0])],
  ["doubled", "a message came under a second id", ({ heard }) => heard[0].came.set("msg_00000000000000000000000000000000", { ...[...heard[0].came.values()][0] })],
  ["lost", "the stream left a line out", ({ listener }) => listener.came.splice(Math.floor(listener.came.length / 2), 1)],
  ["doubled", "the stream told a line twice", ({ listener }) => listener.came.push(listener.came.at(-1))],
];

/** Answers the forgeries that were noticed, and the words of those that were not. */
export async function prove({ database, work, partner, listener }) {
  const client = await database.begin();
  const unnoticed = [];
  const ask = async ([kind, words], heard, reader) => {
    const found = count(judgeAll(order(await read(client, work.tenant), heard), work.items, reader));
    if (found[kind] === 0) unnoticed.push(`${words} (${kind})`);
  };
  try {
    for (const [kind, words, forge] of IN_TABLES) {
      await client.query("savepoint clean");
      const done = await client.query(forge);
      if (!done.rowCount) unnoticed.push(`${words}: there was nothing to forge`);
      await ask([kind, words], partner.endpoints, listener);
      await client.query("rollback to savepoint clean");
    }
  } finally {
    await leave(client);
  }
  const clean = await database.begin();
  const facts = await read(clean, work.tenant).finally(() => leave(clean));
  for (const [kind, words, forge] of HEARD) {
    const forged = { heard: partner.endpoints.map(({ id, came }) => ({ id, came: new Map(came) })), listener: { from: listener.from, came: [...listener.came] } };
    forge(forged);
    if (count(judgeAll(order(facts, forged.heard), work.items, forged.listener))[kind] === 0) unnoticed.push(`${words} (${kind})`);
  }
  return { tried: IN_TABLES.length + HEARD.length, unnoticed };
}
