// The live line under many readers: so many residents hold one open connection each, what that costs the server in
// memory, and how soon each of them has what a neighbour wrote. Residents are real rows with sessions of their own, so
// that no limit has to be loosened; they come from many addresses of this machine, as they would from many homes.
import { createHmac, randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import http from "node:http";
import { connect } from "node:net";
import { openBuilding } from "../../end2end/chaos/visitor.mjs";
import { pause, until } from "../../end2end/chaos/http.mjs";
import { rank } from "./sheet.mjs";

/** Readers that share one address of ours. */
const READERS_AN_ADDRESS = 100;
/** Connections that are being opened at once. */
const OPENING = 50;
const KEY = randomBytes(32);

/** The setting with which the server believes the tokens that are made here. */
export const TOKEN_KEYS = `bench:${KEY.toString("hex")}`;

const base64 = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** An access token, as src/platform/session.rs issues it. */
function token({ session, person, tenant }) {
  const iat = Math.floor(Date.now() / 1_000);
  const claims = { sid: session, sub: person, ten: tenant, rol: "resident", iat, exp: iat + 900, iss: "vantera", aud: "vantera-web" };
  const words = `${base64({ alg: "HS256", typ: "JWT", kid: "bench" })}.${base64(claims)}`;
  return `${words}.${createHmac("sha256", KEY).update(words).digest("base64url")}`;
}

/** A building with so many residents, each signed in. */
async function settle(world, number, residents) {
  const { slug } = await openBuilding(world, 4, `רחוב הזרם ${number}`);
  const rows = await world.sql(`
    with t as (select tenant_id from tenants where slug = '${slug}'),
    p as (insert into people (person_id, name, created_at) select gen_random_uuid(), 'שכן ' || n, now() from generate_series(1, ${residents}) n returning person_id, name),
    s as (insert into sessions (session_id, person_id, refresh_hash, created_at, seen_at, expires_at)
          select gen_random_uuid(), person_id, sha256(person_id::text::bytea), now(), now(), now() + interval '1 day' from p returning session_id, person_id),
    m as (insert into memberships (tenant_id, membership_id, person_id, role, trust, state, display_name, joined_at)
          select t.tenant_id, gen_random_uuid(), p.person_id, 'resident', 'verified', 'active', p.name, now() from p, t returning person_id)
    select s.session_id, s.person_id, t.tenant_id from s, t`);
  if (!rows) throw new Error("psql is needed, to have so many residents");
  const members = rows.map((row) => row.split("\t")).filter((row) => row.length === 3);
  return { slug, sent: [], readers: [], cookies: members.map(([session, person, tenant]) => `__Host-session=${token({ session, person, tenant })}`) };
}

/** One open page. `told` holds the moments at which it heard of a new post. */
class Reader {
  told = [];
  closed = false;
  #rest = "";

  constructor(world, building, cookie, address) {
    this.open = new Promise((resolve, reject) => {
      this.socket = connect({ host: "127.0.0.1", port: world.port, localAddress: address, noDelay: true });
      this.socket.setEncoding("utf8");
      this.socket.on("connect", () => this.socket.write(`GET /b/${building.slug}/stream HTTP/1.1\r\nhost: localhost:${world.port}\r\naccept: text/event-stream\r\ncookie: ${cookie}\r\n\r\n`));
      this.socket.on("data", (text) => this.#hear(text, resolve, reject));
      this.socket.on("error", reject);
      this.socket.on("close", () => {
        this.closed = true;
        reject(new Error("a stream ended"));
      });
    });
  }

  #hear(text, resolve, reject) {
    const now = performance.now();
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop();
    for (const line of lines) {
      if (line.startsWith("HTTP/1.1 ") && !line.startsWith("HTTP/1.1 200")) reject(new Error(`a stream was answered with ${line.trim()}`));
      if (line.startsWith(": open") || line.startsWith(":open")) resolve();
      if (line.startsWith("data:") && line.includes('"post.created"')) this.told.push(now);
    }
  }

  close() {
    this.socket.removeAllListeners("close");
    this.socket.destroy();
  }
}

/** Opens one connection for each of these residents, a bounded number at once. */
async function openAll(world, wanted) {
  const readers = [];
  let at = 0;
  const one = async () => {
    while (at < wanted.length) {
      const index = at++;
      const [building, cookie] = wanted[index];
      const reader = new Reader(world, building, cookie, `127.0.0.${2 + Math.floor(index / READERS_AN_ADDRESS)}`);
      building.readers.push(reader);
      readers.push(reader);
      await reader.open;
    }
  };
  await Promise.all(Array.from({ length: OPENING }, one));
  return readers;
}

/** Writes a post as one of the residents; answers when the server has confirmed it. */
function write(world, agent, building, cookie, words) {
  const fields = { kind: "post", body: words };
  const body = `${Object.entries(fields).map(([name, value]) => `--edge\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`).join("")}--edge--\r\n`;
  const headers = { host: `localhost:${world.port}`, origin: world.origin, accept: "application/json", cookie, "content-type": "multipart/form-data; boundary=edge", "content-length": Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    const request = http.request({ host: "127.0.0.1", port: world.port, path: `/b/${building.slug}/posts`, method: "POST", agent, headers }, (response) => {
      response.resume();
      response.on("end", () => (response.statusCode < 400 ? resolve() : reject(new Error(`a post was answered with ${response.statusCode}`))));
    });
    request.on("error", reject);
    request.end(body);
  });
}

/** The process's own memory, in bytes. */
async function resident(pid) {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)[1]) * 1_024;
}

/** All lines of the part. */
export async function measureStream(world, { connections = 2_000, tenants = 20, aSecond = 20, seconds = 20 } = {}) {
  const figures = [];
  const add = (name, unit, n, most, limit) => figures.push({ name, unit, n, most, ...(limit === undefined ? {} : { limit, of: "most" }) });
  const buildings = [];
  for (let number = 1; number <= tenants; number += 1) buildings.push(await settle(world, number, connections / tenants));
  const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
  const wanted = buildings.flatMap((building) => building.cookies.map((cookie) => [building, cookie]));

  // The first of everything is not counted: connections of the pool, plans of statements, arenas of the allocator.
  const first = await openAll(world, wanted.filter((_, index) => index % 20 === 0));
  for (const building of buildings) await write(world, agent, building, building.cookies[0], "לפני המדידה");
  for (const reader of first) reader.close();
  for (const building of buildings) building.readers = [];
  await pause(1_000);

  const pid = world.pid("all");
  const before = await resident(pid);
  const readers = await openAll(world, wanted);
  await pause(2_000);
  const grown = (await resident(pid)) - before;
  add(`live streams open and idle: the server's memory for ${connections.toLocaleString("en")} (11)`, "MiB", readers.length, grown / 2 ** 20, 150);
  add("– of each", "KiB", readers.length, grown / 2 ** 10 / readers.length);

  // One writer after another in each building, so that the order in which readers hear is the order of writing.
  const turns = new Map();
  const writes = [];
  const begun = performance.now();
  for (let number = 0; number < aSecond * seconds; number += 1) {
    await pause(Math.max(0, begun + (number * 1_000) / aSecond - performance.now()));
    const building = buildings[number % tenants];
    const cookie = building.cookies[Math.floor(number / tenants) % building.cookies.length];
    const turn = (turns.get(building) ?? Promise.resolve()).then(() => {
      building.sent.push(performance.now());
      return write(world, agent, building, cookie, `הודעה ${number}`);
    });
    turns.set(building, turn);
    writes.push(turn);
  }
  await Promise.all(writes);
  await until(30_000, () => (buildings.every(({ sent, readers: all }) => all.every(({ told }) => told.length >= sent.length)) ? true : undefined));
  const took = buildings.flatMap(({ sent, readers: all }) => all.flatMap(({ told }) => sent.flatMap((at, index) => (told[index] === undefined ? [] : [told[index] - at]))));
  const due = buildings.reduce((sum, { sent, readers: all }) => sum + sent.length * all.length, 0);
  figures.push({ name: `– ${aSecond} posts a second in ${tenants} buildings: sent until heard (11)`, unit: "ms", n: took.length, p50: rank(took, 0.5), p95: rank(took, 0.95), most: Math.max(...[rank(took, 1)]), limit: 100, of: "p95" });
  add("– its p99", "ms", took.length, rank(took, 0.99));
  add("– not heard", "", due, due - took.length, 0);
  add("– heard twice", "", due, buildings.reduce((sum, { sent, readers: all }) => sum + all.reduce((more, { told }) => more + Math.max(0, told.length - sent.length), 0), 0), 0);
  add("– streams that ended meanwhile", "", readers.length, readers.filter(({ closed }) => closed).length, 0);
  add("– memory for all of them after the last post", "MiB", readers.length, ((await resident(pid)) - before) / 2 ** 20);
  for (const reader of readers) reader.close();
  agent.destroy();
  return figures;
}
