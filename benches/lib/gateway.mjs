// Outgoing webhooks of the whole running server: how long a message takes from being asked for until the partner has it,
// while all endpoints answer, and while one of as many lets everybody wait for half a minute; and what a message costs.
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { openPartner } from "../../end2end/chaos/partner.mjs";
import { openBuilding } from "../../end2end/chaos/visitor.mjs";
import { exchange, pause, until } from "../../end2end/chaos/http.mjs";
import { rank } from "./sheet.mjs";

/** Endpoints that answer at once. */
const WELL = 8;
/** Notices a second; each is a message to every endpoint, so a p99 hangs on a hundredth of the notices and not of the messages. */
const A_SECOND = 10;
const BUILDINGS = 125;
/** Turns of either kind, one after the other. */
const TURNS = 4;
const HANGS_MS = 30_000;
/**
 * The most that an endpoint can be set to. The usual 600 is just the pace above: messages would then wait for a place in
 * their own endpoint's minute, whoever else hangs.
 */
const PER_MINUTE = 6_000;

/** A partner's servers: /0 to /7 and /quick answer at once, /slow after half a minute. */
async function receivers() {
  /** When each notice came first, by its title and the endpoint. */
  const heard = new Map();
  const waiting = new Set();
  const server = createServer((call, answer) => {
    const now = performance.now();
    let body = "";
    call.on("data", (piece) => (body += piece));
    call.on("end", () => {
      if (call.url === "/slow") {
        const timer = setTimeout(() => answer.writeHead(204).end(), HANGS_MS);
        waiting.add(timer);
        answer.on("close", () => clearTimeout(timer));
        return;
      }
      answer.writeHead(204).end();
      const first = `${JSON.parse(body).data.title} ${call.url}`;
      if (!heard.has(first)) heard.set(first, now);
    });
  });
  await new Promise((up) => server.listen(0, "127.0.0.1", up));
  const origin = `http://127.0.0.1:${server.address().port}`;
  const close = () => {
    for (const timer of waiting) clearTimeout(timer);
    server.closeAllConnections();
    server.close();
  };
  return { origin, heard, close };
}

/** The processor seconds a process has used. */
async function processor(pid) {
  const fields = (await readFile(`/proc/${pid}/stat`, "utf8")).replace(/^.*\) /, "").split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

class Api {
  constructor(origin, key) {
    Object.assign(this, { origin, key });
  }

  async ask(method, path, data) {
    const body = data === undefined ? undefined : JSON.stringify(data);
    const headers = { authorization: `Bearer ${this.key}`, "content-length": body ? Buffer.byteLength(body) : 0, ...(body ? { "content-type": "application/json" } : {}) };
    const answer = await exchange({ method, url: `${this.origin}/api/v1${path}`, headers, body });
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.body}`);
    return answer.body ? JSON.parse(answer.body) : undefined;
  }
}

/** A partner whom many buildings let in; their chairs write by turns, because each may write so much and no more. */
async function open(world) {
  const buildings = [];
  for (let number = 1; number <= BUILDINGS; number += 1) buildings.push(await openBuilding(world, 4, `רחוב השותפים ${number}`));
  const { key, letIn } = await openPartner(buildings[0].chair);
  const made = await key("write");
  const writers = [];
  for (const building of buildings) {
    await letIn(building, "notice.published");
    writers.push({ slug: building.slug, cookie: [...building.chair.cookies].map(([name, value]) => `${name}=${value}`).join("; ") });
  }
  let next = 0;
  const write = (title) => {
    const { slug, cookie } = writers[next++ % writers.length];
    return notice(world.origin, slug, cookie, title);
  };
  return { api: new Api(world.origin, made), write };
}

/** A notice of the committee: an event, and with it a message to each endpoint. */
async function notice(origin, slug, cookie, title) {
  const fields = { kind: "notice", title, body: "בין 9 ל־12." };
  const body = `${Object.entries(fields).map(([name, value]) => `--edge\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`).join("")}--edge--\r\n`;
  const headers = { origin, accept: "application/json", cookie, "content-type": "multipart/form-data; boundary=edge", "content-length": Buffer.byteLength(body) };
  const answer = await exchange({ method: "POST", url: `${origin}/b/${slug}/posts`, headers, body });
  if (answer.status >= 400) throw new Error(`a notice was answered with ${answer.status}`);
}

/** Writes notices at the pace, each when it is due; milliseconds from then until each endpoint has heard of it. */
async function turn({ write, heard }, name, count) {
  const begun = performance.now();
  const asked = await Promise.all(Array.from({ length: count }, async (_, n) => {
    const due = begun + (n * 1_000) / A_SECOND;
    await pause(Math.max(0, due - performance.now()));
    const title = `${name} ${n}`;
    await write(title);
    return { due, title };
  }));
  const times = [];
  for (const { due, title } of asked) {
    for (let at = 0; at < WELL; at += 1) {
      const moment = await until(20_000, async () => heard.get(`${title} /${at}`), 20);
      if (moment === undefined) throw new Error(`/${at} did not hear of ${title} within 20 s`);
      times.push(moment - due);
    }
  }
  return times;
}

/** All lines of the part. `seconds` is how long all turns of one kind are together. */
export async function measureGateway(world, { seconds = 120 } = {}) {
  const { origin, heard, close } = await receivers();
  try {
    const { api, write } = await open(world);
    const endpoint = (path) => api.ask("POST", "/endpoints", { url: `${origin}${path}`, event_types: ["notice.published"], per_minute: PER_MINUTE });
    for (let at = 0; at < WELL; at += 1) await endpoint(`/${at}`);
    const count = Math.ceil((A_SECOND * seconds) / TURNS);
    // The first of everything is not counted.
    await turn({ write, heard }, "חימום", A_SECOND * 2);

    const [calm, beside] = [[], []];
    /** How much one p99 differs from the next when nothing hangs. */
    const halves = [[], []];
    let [spent, sent] = [0, 0];
    for (let round = 0; round < TURNS; round += 1) {
      // As many endpoints as in the other turns: only whether the ninth answers is different.
      const quick = await endpoint("/quick");
      const before = await processor(world.pid("all"));
      const times = await turn({ write, heard }, `רגוע ${round}`, count);
      calm.push(...times);
      halves[round % 2].push(...times);
      spent += (await processor(world.pid("all"))) - before;
      sent += count * (WELL + 1);
      await api.ask("DELETE", `/endpoints/${quick.id}`);
      const { id } = await endpoint("/slow");
      beside.push(...(await turn({ write, heard }, `תקוע ${round}`, count)));
      await api.ask("DELETE", `/endpoints/${id}`);
    }
    const figures = (name, times) => [
      { name: `– ${name}: written until heard`, unit: "ms", n: times.length, p50: rank(times, 0.5), p95: rank(times, 0.95), most: Math.max(...times) },
      { name: "– its p99", unit: "ms", n: times.length, most: rank(times, 0.99) },
    ];
    return [
      { name: "others' p99 while one endpoint hangs, against its answering (12)", unit: "×", n: beside.length, most: rank(beside, 0.99) / rank(calm, 0.99), limit: 1.1, of: "most" },
      { name: "– the same of two turns without one against the two others: what is chance", unit: "×", n: halves[0].length, most: rank(halves[0], 0.99) / rank(halves[1], 0.99) },
      ...figures("none hangs", calm),
      ...figures("one hangs", beside),
      { name: "– messages for a second of processor time, their notices' writing included", unit: "", n: sent, most: Math.round(sent / spent) },
    ];
  } finally {
    close();
  }
}
