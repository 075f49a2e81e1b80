// What is under way while processes are killed: webhooks of several providers, notices of a committee, and jobs with
// keys and delays. Whoever sends is as patient as the real ones: he repeats until he is answered.
import { createHash, createHmac, randomBytes, randomUUID } from "node:crypto";
import { connect } from "node:net";
import { exchange, pause, Unreachable } from "../http.mjs";
import { leave } from "./database.mjs";

export const STRIPE_SECRET = "whsec_vantera_sandbox";
export const META_SECRET = "meta_secret_of_the_storm";
const PATIENCE_MS = 90_000;
const AGAIN_MS = 150;

const hex = (secret, text) => createHmac("sha256", secret).update(text).digest("hex");

/** How each provider writes one event; `ends` is the state in which it stands in the end. */
const WRITERS = {
  /** A kind that the payments process reads: a job of its own. */
  stripe: () => {
    const event = `evt_${randomUUID().replaceAll("-", "")}`;
    const object = { id: `sub_${event.slice(4)}`, object: "subscription" };
    return { provider: "stripe", account: "", event, path: "/webhooks/stripe", ends: "ignored", body: { id: event, object: "event", type: "customer.subscription.updated", data: { object } }, sign: (body) => {
      const at = Math.floor(Date.now() / 1_000);
      return { "stripe-signature": `t=${at},v1=${hex(STRIPE_SECRET, `${at}.${body}`)}` };
    } };
  },
  whatsapp: (account) => {
    const event = `wamid.${randomUUID()}`;
    return { ...ofMeta(account, [event]), event };
  },
  /** Nothing of it is signed: a job of the worker asks its provider back. */
  grow: (_, secret) => {
    const code = randomUUID();
    const body = { transactionCode: code, paymentSum: "50", webhookKey: "none" };
    const digest = createHash("sha256").update(JSON.stringify(body)).digest("hex").slice(0, 32);
    return { provider: "grow", account: "grow-of-the-storm", event: `${code}:${digest}`, path: `/webhooks/grow/${secret}`, ends: "unconfirmed", body, sign: () => ({}) };
  },
};

function ofMeta(account, events) {
  const messages = events.map((id) => ({ id, from: "972501234567", timestamp: "1700000000", type: "text", text: { body: "שלום" } }));
  const value = { messaging_product: "whatsapp", metadata: { phone_number_id: account }, messages };
  const body = { object: "whatsapp_business_account", entry: [{ id: "1", changes: [{ field: "messages", value }] }] };
  return { provider: "whatsapp", account, path: "/webhooks/whatsapp", ends: "kept", body, sign: (text) => ({ "x-hub-signature-256": `sha256=${hex(META_SECRET, text)}` }) };
}

export class Work {
  /** Everything that was promised, with the round it belongs to: {what: "event" | "notice", round, target, answered}. */
  items = [];
  /** What still waits for an answer. */
  under = new Set();
  sent = { webhooks: 0, known: 0, unanswered: 0, notices: 0, jobs: 0 };
  /** Answers nobody should get. */
  surprises = [];

  constructor(world, database, building, tenant) {
    Object.assign(this, { world, database, building, tenant, account: "100000001", secret: randomBytes(32).toString("base64url") });
  }

  async open() {
    const hash = createHash("sha256").update(this.secret).digest();
    for (const [provider, account, path] of [["whatsapp", this.account, null], ["grow", "grow-of-the-storm", hash]]) await this.database.rows("insert into intake_accounts (tenant_id, account_id, provider, account, path_hash, state, created_at) values ($1, gen_random_uuid(), $2, $3, $4, 'proven', now())", [this.tenant, provider, account, path]);
  }

  /** Goes on by itself; `settled` waits for all of them. */
  begin(task) {
    const one = task().catch((error) => this.#surprised(error)).finally(() => this.under.delete(one));
    this.under.add(one);
    return one;
  }

  #surprised(error) {
    console.log(`! ${error.message}`);
    this.surprises.push(error.message);
  }

  async settled() {
    while (this.under.size > 0) await Promise.all(this.under);
  }

  /** Repeats what may fail with the database, for as long as its sender is patient. */
  async #until(act) {
    const end = performance.now() + PATIENCE_MS;
    for (;;) {
      try {
        return await act();
      } catch (error) {
        if (performance.now() > end) throw error;
        await pause(AGAIN_MS);
      }
    }
  }

  /** A member may write twenty posts in an hour; the harness writes hundreds, so those that stand are made older. */
  async grow() {
    await this.database.rows("update posts set created_at = created_at - interval '2 hours' where tenant_id = $1 and created_at > now() - interval '1 hour'", [this.tenant]);
  }

  /** What an ordinary minute brings: sent side by side, one of them twice at once. */
  ordinary(round) {
    const twice = this.webhook(round, "stripe");
    this.begin(() => this.deliver(twice));
    this.begin(() => this.deliver(twice));
    this.begin(() => this.deliver(this.webhook(round, "whatsapp")));
    this.begin(() => this.deliver(this.webhook(round, "grow")));
    this.begin(() => this.publish(this.notice(round)));
    this.begin(() => this.lead(this.strangers(round), { delayMs: 700, times: 3 }));
  }

  webhook(round, writer, target = false) {
    const item = { what: "event", round, target, answered: 0, ...WRITERS[writer](this.account, this.secret) };
    this.items.push(item);
    return item;
  }

  /** Two events in one body, of an account that nobody has yet. */
  strangers(round, target = false) {
    const account = `2${randomUUID()}`;
    const events = [`wamid.${randomUUID()}`, `wamid.${randomUUID()}`];
    const letter = ofMeta(account, events);
    const items = events.map((event) => ({ what: "event", round, target, answered: 0, ...letter, event, led: true }));
    this.items.push(...items);
    const id = randomUUID();
    return { ...letter, account, id, items, key: `intake.route:${id}` };
  }

  notice(round, target = false) {
    const item = { what: "notice", round, target, answered: 0, title: `הודעה ${randomUUID()}`, key: randomUUID() };
    this.items.push(item);
    return item;
  }

  /** One try; answers the status and the words, or throws when nobody answered. */
  async knock(letter, options = {}) {
    const body = JSON.stringify(letter.body);
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body), ...letter.sign(body) };
    return exchange({ method: "POST", url: `${this.world.origin}${letter.path}`, headers, body, timeoutMs: 15_000, ...options });
  }

  /** Sends until it is answered with 2xx; answers the word of that answer. */
  async deliver(letter) {
    const answer = await this.#insist(() => this.knock(letter));
    this.sent.webhooks += 1;
    if (answer.body === "known") this.sent.known += 1;
    for (const item of letter.items ?? [letter]) item.answered += 1;
    return answer.body;
  }

  async #insist(request) {
    const end = performance.now() + PATIENCE_MS;
    let last;
    while (performance.now() < end) {
      try {
        const answer = await request();
        if (answer.status >= 200 && answer.status < 300) return answer;
        // A broken-off answer and a full or failing receiver are repeated by everybody; nothing else may be said here.
        last = `${answer.status} ${answer.body.slice(0, 100)}`;
        if (answer.status < 500 && answer.status !== 429) throw new Error(`answered ${answer.status}: ${answer.body.slice(0, 200)}`);
      } catch (error) {
        if (!(error instanceof Unreachable)) throw error;
        last = error.message;
      }
      this.sent.unanswered += 1;
      await pause(AGAIN_MS);
    }
    throw new Error(`no good answer for ${PATIENCE_MS} ms, at last: ${last}`);
  }

  form(item) {
    const line = `storm${item.key.replaceAll("-", "")}`;
    const fields = { kind: "notice", title: item.title, body: "בין 9 ל־12.", event_at: "", pinned_until: "", client_key: item.key };
    const body = `${Object.entries(fields).map(([name, value]) => `--${line}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`).join("")}--${line}--\r\n`;
    return { body, headers: { accept: "application/json", "content-type": `multipart/form-data; boundary=${line}`, "content-length": Buffer.byteLength(body) } };
  }

  /** Sends a notice once. */
  post(item, options = {}) {
    const { body, headers } = this.form(item);
    return this.building.chair.ask("POST", `/b/${this.building.slug}/posts`, headers, body, options);
  }

  /** Sends it, with its key, until it is answered. */
  async publish(item) {
    await this.#insist(() => this.post(item));
    this.sent.notices += 1;
    item.answered += 1;
  }

  /** The strangers' events come, then their account does, and the job that leads them to it: delayed, left more than once under its key. */
  async lead(letter, { delayMs = 0, times = 1 } = {}) {
    await this.deliver(letter);
    for (let left = 0; left < times; left += 1) await this.#until(() => this.leave(letter, delayMs));
    this.sent.jobs += 1;
  }

  /** The database leaves the job with the account that is proven; here it is put off, under its key, in the same transaction. */
  async leave(letter, delayMs = 0) {
    const client = await this.database.begin();
    try {
      await client.query("insert into intake_accounts (tenant_id, account_id, provider, account, state, created_at) values ($1, $2, 'whatsapp', $3, 'proven', now()) on conflict do nothing", [this.tenant, letter.id, letter.account]);
      await client.query("select jobs.enqueue('intake.route', json_build_object('provider', 'whatsapp', 'account', $1::text, 'id', $2::uuid), now() + $3 * interval '1 millisecond', $4, 25, false, 0)", [letter.account, letter.id, delayMs, letter.key]);
      await client.query("commit");
    } finally {
      await leave(client);
    }
  }

  /** Sends the head and half of a body, and nothing more; answers the open socket. */
  async half(path, headers, body) {
    const { host, port } = new URL(this.world.origin);
    const socket = connect(Number(port), "127.0.0.1");
    socket.on("error", () => {});
    await new Promise((up, down) => socket.once("connect", up).once("error", down));
    const head = Object.entries({ host, ...headers }).map(([name, value]) => `${name}: ${value}\r\n`).join("");
    const bytes = Buffer.from(body);
    const sent = Buffer.concat([Buffer.from(`POST ${path} HTTP/1.1\r\n${head}\r\n`), bytes.subarray(0, Math.floor(bytes.length / 2))]);
    await new Promise((gone) => socket.write(sent, gone));
    return socket;
  }
}
