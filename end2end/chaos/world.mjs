// The whole system on this machine: a database, the payment provider's stand-in, and one process a role. Roles are
// kept up as a supervisor in production would: whoever ends by himself is noted and started again.
import { execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmod, copyFile, cp, mkdir, mkdtemp, open, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { exchange, pause, until } from "./http.mjs";
import { Provider } from "./provider.mjs";

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, "../..");
const WEBHOOK_SECRET = "whsec_vantera_sandbox";
export const ROLES = ["web", "worker", "payments"];

/** Where a built program stands. */
export function program(name, variable) {
  const target = process.env.CARGO_TARGET_DIR ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "vantera/target");
  return process.env[variable] ?? join(target, "debug", name);
}

/** Starts everything. `port` and the two after it must be free. `roles` may be ["all"]: one process. */
export async function raise({ port, folder = "vantera-chaos-", roles = ROLES, env = {} }) {
  for (const wanted of [port, port + 1, port + 2]) if (!(await isFree(wanted))) throw new Error(`port ${wanted} is taken (--port chooses another)`);
  const world = new World(await mkdtemp(join(tmpdir(), folder)), port, roles, env);
  try {
    await world.start();
  } catch (error) {
    await world.stop();
    throw error;
  }
  return world;
}

function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer().once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

function isAlive(pid) {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

class World {
  #children = new Map();
  #env = {};
  #stopping = false;
  #expected = new Set();
  /** Roles that ended without being killed: {role, code, words}. */
  falls = [];

  constructor(folder, port, roles, env) {
    Object.assign(this, { folder, port, roles, settings: env, postgresPort: port + 2 });
    this.origin = `http://localhost:${port}`;
    this.sandboxOrigin = `http://localhost:${port + 1}`;
    this.provider = new Provider(this.sandboxOrigin);
  }

  async start() {
    // PostgreSQL may run as another user, who must be able to walk through here.
    await chmod(this.folder, 0o711);
    await this.#copyPrograms();
    await this.startPostgres();
    const url = async (role) => (await this.#postgres("url", role)).trim();
    const database = {
      DATABASE_URL: await url("owner"),
      DATABASE_URL_WEB: await url("web"),
      DATABASE_URL_WORKER: await url("worker"),
      DATABASE_URL_PAYMENTS: await url("payments"),
    };
    this.superuser = (await this.#postgres("psql-url")).trim();
    this.#env = {
      ...process.env,
      ...database,
      VANTERA_LISTEN: `127.0.0.1:${this.port}`,
      VANTERA_PUBLIC_URL: this.origin,
      // Every visitor comes from this machine.
      VANTERA_LIMITS_FACTOR: "1000",
      VANTERA_TOKEN_KEYS: `k1:${randomBytes(32).toString("hex")}`,
      VANTERA_VAULT_KEYS: `v1:${randomBytes(32).toString("hex")}`,
      STRIPE_BASE_URL: `http://127.0.0.1:${this.port + 1}`,
      STRIPE_CHECKOUT_ORIGIN: this.sandboxOrigin,
      SMS_BASE_URL: `http://127.0.0.1:${this.port + 1}`,
      LEPTOS_OUTPUT_NAME: "vantera",
      LEPTOS_SITE_ROOT: join(this.folder, "site"),
      LEPTOS_SITE_PKG_DIR: "pkg",
      LEPTOS_HASH_FILES: String(this.hashed),
      ...this.settings,
    };
    await run(this.bin("vantera"), ["migrate"], { cwd: ROOT, env: { ...this.#env, VANTERA_DEMO: "1" } });
    await this.#spawn("sandbox", ["--port", String(this.port + 1), "--public-url", this.sandboxOrigin, "--webhook", `http://127.0.0.1:${this.port}/webhooks/stripe=${WEBHOOK_SECRET}`]);
    for (const role of this.roles) await this.#spawn(role);
    // The demo building is made once, by whoever serves pages; a kill in the middle of it is no part of any round.
    const front = this.roles.includes("web") ? "web" : "all";
    const up = await until(60_000, async () => (await this.#saysReady(`${this.sandboxOrigin}/healthz`)) && (await this.ready()) && (await this.log(front)).includes("Vantera is up") || undefined);
    if (!up) throw new Error(`the system did not come up\n${(await this.log(front)).slice(-2_000)}`);
  }

  bin(name) {
    return join(this.folder, "bin", name);
  }

  // A build that runs meanwhile would exchange programs and pages under us between two restarts.
  async #copyPrograms() {
    await mkdir(join(this.folder, "bin"));
    for (const [name, variable] of [["vantera", "VANTERA_BIN"], ["sandbox", "SANDBOX_BIN"], ["embedded-pg", "EMBEDDED_PG_BIN"]]) {
      await copyFile(program(name, variable), this.bin(name));
      await chmod(this.bin(name), 0o755);
    }
    // The server looks for the names of its built files beside itself; one that was built alone has none.
    const hashes = join(dirname(program("vantera", "VANTERA_BIN")), "hash.txt");
    this.hashed = await copyFile(hashes, join(this.folder, "bin/hash.txt")).then(() => true, () => false);
    await cp(join(ROOT, "target/site"), join(this.folder, "site"), { recursive: true }).catch(() => {});
  }

  // Durable, not --throw-away: that server may forget what it has confirmed, and then every loss would be its own.
  async #postgres(...words) {
    const { stdout } = await run(this.bin("embedded-pg"), ["--npm-root", ROOT, "--data", join(this.folder, "pg"), "--port", String(this.postgresPort), "--set", "max_connections=200", ...words]);
    return stdout;
  }

  async startPostgres() {
    await this.#postgres("start");
  }

  /** As a power cut of the database alone; its children notice and go. */
  async killPostgres() {
    const pid = await this.#postmaster();
    process.kill(pid, "SIGKILL");
  }

  /** "Immediate" stop, as PostgreSQL calls it: every backend is told to drop everything at once. Then it comes back. */
  async stopPostgresAtOnce() {
    const pid = await this.#postmaster();
    process.kill(pid, "SIGQUIT");
    await until(10_000, async () => !isAlive(pid) || undefined, 10);
    const up = await until(60_000, () => this.startPostgres().then(() => true, () => undefined), 50);
    if (!up) throw new Error("PostgreSQL did not come back");
  }

  async #postmaster() {
    const { elsewhere } = JSON.parse(await readFile(join(this.folder, "pg/postgres.json"), "utf8"));
    const text = await readFile(join(elsewhere ?? join(this.folder, "pg/server"), "cluster/postmaster.pid"), "utf8");
    return Number(text.split("\n")[0]);
  }

  async #spawn(name, words = ["serve", "--demo", "--role", name]) {
    const log = await open(join(this.folder, `${name}.log`), "a");
    const data = join(this.folder, `data-${name}`);
    const binary = name === "sandbox" ? "sandbox" : "vantera";
    const child = spawn(this.bin(binary), words, { cwd: ROOT, env: { ...this.#env, VANTERA_DATA: data }, stdio: ["ignore", log.fd, log.fd] });
    const gone = new Promise((resolve) => child.once("exit", (code, signal) => resolve({ code, signal })));
    this.#children.set(name, { child, gone });
    await log.close();
    gone.then(async ({ code, signal }) => {
      if (this.#stopping || this.#expected.delete(child.pid)) return;
      this.falls.push({ role: name, code, signal, words: (await this.log(name)).trim().split("\n").at(-1) });
      await pause(300);
      // Unless it was struck meanwhile, and another has its place already.
      if (!this.#stopping && this.#children.get(name).child === child) await this.#spawn(name, words);
    });
    return child;
  }

  /** Kills a role and starts it again at once; back when the new process is there (which may not answer yet). */
  async strike(role) {
    const { child, gone } = this.#children.get(role);
    this.#expected.add(child.pid);
    child.kill("SIGKILL");
    await gone;
    await this.#spawn(role);
  }

  /** The process of a role. */
  pid(role) {
    return this.#children.get(role).child.pid;
  }

  ready() {
    return this.#saysReady(`${this.origin}/readyz`);
  }

  async #saysReady(url) {
    return exchange({ url, timeoutMs: 3_000 }).then((answer) => answer.status === 200, () => false);
  }

  log(name) {
    return readFile(join(this.folder, `${name}.log`), "utf8").catch(() => "");
  }

  /** Rows of a query as lines of tab-separated values; undefined without psql. Sees all tenants. */
  async sql(query) {
    try {
      const { stdout } = await run("psql", [this.superuser, "-X", "-A", "-t", "-F", "\t", "-c", query]);
      return stdout.trim().split("\n").filter(Boolean);
    } catch (error) {
      if (error.code === "ENOENT") return undefined;
      throw error;
    }
  }

  /** Ends all that was started here and takes the folder away. */
  async stop({ keep = false } = {}) {
    this.#stopping = true;
    for (const { child } of this.#children.values()) child.kill("SIGTERM");
    await Promise.race([Promise.all([...this.#children.values()].map(({ gone }) => gone)), pause(10_000)]);
    for (const { child } of this.#children.values()) if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
    await this.#postgres("destroy").catch((error) => console.error(`the database could not be taken away: ${error.message}`));
    if (!keep) await rm(this.folder, { recursive: true, force: true });
  }
}
