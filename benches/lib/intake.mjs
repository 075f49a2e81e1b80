// Webhooks against the whole running server: signed events over kept connections, at a pace of ours (each counts from the
// moment at which it was due, so that a server that stalls cannot hide what it kept waiting), and then at three times
// what the server can take at most.
import { createHmac } from "node:crypto";
import { connect } from "node:net";
import { rank } from "./sheet.mjs";

const SECRET = "whsec_vantera_sandbox";
/** Connections at once, in the overload; whoever finds none waits, and that counts. */
const LINES_MAX = 1_500;

/** One event: a quarter of them has a reader and leaves a job, as with Stripe, who tells of one payment a dozen times. */
function event(id) {
  const kind = id % 4 === 0 ? "customer.subscription.updated" : "payment_intent.succeeded";
  const object = { id: `${id % 4 === 0 ? "sub" : "pi"}_bench_${id}`, object: id % 4 === 0 ? "subscription" : "payment_intent", amount: 12_000, currency: "ils", metadata: { pad: "x".repeat(400) } };
  const body = JSON.stringify({ id: `evt_bench_${id}`, object: "event", api_version: "2026-09-30", livemode: false, type: kind, data: { object } });
  const time = Math.floor(Date.now() / 1_000);
  const signature = createHmac("sha256", SECRET).update(`${time}.${body}`).digest("hex");
  return Buffer.from(
    `POST /webhooks/stripe HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\nstripe-signature: t=${time},v1=${signature}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

/** A kept connection that carries one request at a time; a new one is opened when the server closed it. */
class Line {
  #socket;
  #answer = "";
  #done;

  constructor(port) {
    this.port = port;
  }

  /** The status of one exchange; 0 when the connection broke before an answer came. */
  send(bytes) {
    if (!this.#socket) this.#open();
    return new Promise((resolve) => {
      this.#done = resolve;
      this.#answer = "";
      this.#socket.write(bytes);
    });
  }

  close() {
    this.#socket?.destroy();
  }

  #open() {
    const socket = connect({ host: "127.0.0.1", port: this.port, noDelay: true });
    socket.setEncoding("latin1");
    socket.on("data", (text) => this.#read(text));
    socket.on("error", () => {});
    socket.on("close", () => {
      if (this.#socket === socket) this.#socket = undefined;
      this.#end(0);
    });
    this.#socket = socket;
  }

  #read(text) {
    this.#answer += text;
    const head = this.#answer.indexOf("\r\n\r\n");
    if (head < 0) return;
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(this.#answer.slice(0, head))?.[1] ?? 0);
    if (this.#answer.length < head + 4 + length) return;
    if (/\r\nconnection: close/i.test(this.#answer.slice(0, head))) {
      const socket = this.#socket;
      this.#socket = undefined;
      socket.destroy();
    }
    this.#end(Number(this.#answer.slice(9, 12)));
  }

  #end(status) {
    const done = this.#done;
    this.#done = undefined;
    done?.(status);
  }
}

/** Every answer of a run, by status: milliseconds of each. */
class Answers extends Map {
  add(status, ms) {
    if (!this.has(status)) this.set(status, []);
    this.get(status).push(ms);
  }

  of(...statuses) {
    return statuses.flatMap((status) => this.get(status) ?? []);
  }

  get others() {
    return [...this].filter(([status]) => ![200, 429, 503].includes(status)).flatMap(([, times]) => times);
  }
}

/** Sends the events so many a second, each when it is due. */
async function paced(port, events, aSecond, linesMax = LINES_MAX) {
  const answers = new Answers();
  const [idle, waiting, lines] = [[], [], []];
  let under = 0;
  const one = async (bytes, due) => {
    under += 1;
    const line = idle.pop() ?? (lines.length < linesMax ? lines[lines.push(new Line(port)) - 1] : await new Promise((resolve) => waiting.push(resolve)));
    const status = await line.send(bytes);
    answers.add(status, performance.now() - due);
    const next = waiting.shift();
    if (next) next(line);
    else idle.push(line);
    under -= 1;
  };
  const begun = performance.now();
  let sent = 0;
  await new Promise((resolve) => {
    const tick = () => {
      const now = performance.now();
      while (sent < events.length && begun + (sent * 1_000) / aSecond <= now) {
        one(events[sent], begun + (sent * 1_000) / aSecond);
        sent += 1;
      }
      if (sent === events.length && under === 0) resolve();
      else setTimeout(tick, sent === events.length ? 10 : 1);
    };
    tick();
  });
  for (const line of lines) line.close();
  return answers;
}

/** What the server takes a second when so many lines ask without a pause. */
async function most(port, events, lines) {
  const answers = new Answers();
  let at = 0;
  const begun = performance.now();
  await Promise.all(
    Array.from({ length: lines }, async () => {
      const line = new Line(port);
      while (at < events.length) {
        const sent = performance.now();
        answers.add(await line.send(events[at++]), performance.now() - sent);
      }
      line.close();
    }),
  );
  return { answers, aSecond: (answers.of(200).length * 1_000) / (performance.now() - begun) };
}

async function rows(world) {
  const told = await world.sql("select count(*) from inbound_events where event_id like 'evt_bench_%'");
  if (!told) throw new Error("psql is needed, to see that each 200 has its row");
  return Number(told[0]);
}

/** All lines of the part. `seconds` is how long each of the three runs is. */
export async function measureIntake(world, { aSecond = 200, seconds = 30 } = {}) {
  const figures = [];
  const add = (name, unit, n, value, limit) => figures.push({ name, unit, n, most: value, ...(limit === undefined ? {} : { limit, of: "most" }) });
  let next = 0;
  const some = (count) => Array.from({ length: count }, () => event(next++));
  // The first of everything is not counted: connections of the pool, plans of statements.
  const warm = await paced(world.port, some(aSecond * 3), aSecond);
  let taken = warm.of(200).length;
  const check = async (answers) => {
    taken += answers.of(200).length;
    return Math.abs(taken - (await rows(world)));
  };

  const calm = await paced(world.port, some(aSecond * seconds), aSecond);
  const times = calm.of(200);
  add(`intake at ${aSecond} events a second: p99 (8)`, "ms", times.length, rank(times, 0.99), 50);
  figures.push({ name: "– from the moment it was due", unit: "ms", n: times.length, p50: rank(times, 0.5), p95: rank(times, 0.95), most: Math.max(...times) });
  add("– not accepted", "", aSecond * seconds, aSecond * seconds - times.length, 0);
  add("– accepted without a row, or a row too many", "", times.length, await check(calm), 0);

  const guess = await most(world.port, some(2_000), 32);
  taken += guess.answers.of(200).length;
  const full = await most(world.port, some(Math.ceil(guess.aSecond * Math.min(seconds, 10))), 32);
  taken += full.answers.of(200).length;
  add("– what it takes at most, a second", "", full.answers.of(200).length, Math.round(full.aSecond));

  const rate = full.aSecond * 3;
  const flood = await paced(world.port, some(Math.ceil(rate * Math.min(seconds, 10))), rate);
  const accepted = flood.of(200);
  const all = [...flood.values()].reduce((sum, list) => sum + list.length, 0);
  add("– at three times that: p99 of what is accepted", "ms", accepted.length, accepted.length ? rank(accepted, 0.99) : Infinity, 500);
  add("– accepted", "", all, accepted.length);
  add("– told 429 or 503", "", all, flood.of(429, 503).length);
  add("– neither accepted nor told so", "", all, flood.others.length, 0);
  add("– accepted without a row, or a row too many", "", accepted.length, await check(flood), 0);
  return figures;
}
