// The harness's own hands in the database: it looks, and it holds what a process needs, so that the process stands at a
// named point when it is killed. Product code knows nothing of it.
import pg from "pg";
import { pause, until } from "../http.mjs";

/** How long a process may take to come to a point. */
const ARRIVE_MS = 8_000;
/** How long nobody else may have come to a stalled commit before all are taken to be there. */
const QUIET_MS = 200;

/** Ends a connection; one whose server was killed under it may never say that it has ended. */
export function leave(client) {
  return Promise.race([client.end().catch(() => {}), pause(500)]);
}

export class Database {
  constructor(url) {
    // Its own commits never wait for the standby that `stall` invents.
    this.settings = { connectionString: url, options: "-c synchronous_commit=local -c statement_timeout=20000", connectionTimeoutMillis: 5_000, query_timeout: 25_000 };
    this.pool = new pg.Pool({ ...this.settings, max: 6 });
    this.pool.on("error", () => {});
  }

  async rows(query, values = []) {
    return (await this.pool.query(query, values)).rows;
  }

  /** A connection with a transaction in which nothing was done yet. */
  async begin() {
    const client = new pg.Client(this.settings);
    client.on("error", () => {});
    await client.connect();
    await client.query("begin");
    return client;
  }

  /** Takes locks and keeps them until `release`. */
  async hold(query, values = []) {
    const client = await this.begin();
    const taken = await client.query(query, values);
    const pid = client.processID;
    return { pid, found: taken.rowCount ?? 0, release: () => leave(client) };
  }

  /** Waits until somebody of a role waits for a hold; undefined when nobody came. `asks` is part of the statement. */
  waiting(hold, role, asks = "") {
    return until(ARRIVE_MS, async () => {
      const found = await this.rows(
        "select pid from pg_stat_activity where $1 = any (pg_blocking_pids(pid)) and usename = $2 and query ilike '%' || $3 || '%'",
        [hold.pid, role, asks],
      );
      return found.length > 0 ? found.map((row) => row.pid) : undefined;
    }, 15);
  }

  /** As when the machine dies with its process: what the process had asked for last never happens. */
  async hangUp(pids) {
    for (const pid of pids) await this.rows("select pg_terminate_backend($1)", [pid]);
    await until(2_000, async () => (await this.rows("select 1 from pg_stat_activity where pid = any ($1)", [pids])).length === 0 || undefined, 15);
  }

  /**
   * From now on a commit is written to the log and then waits for a standby that does not exist: it has happened, and
   * whoever asked for it is not told. What follows the next reload is written at once, so that a restart ends it too.
   */
  async stall() {
    await this.rows("alter system set synchronous_standby_names = 'nobody'");
    await this.rows("select pg_reload_conf()");
    await until(2_000, async () => (await this.rows("show synchronous_standby_names"))[0].synchronous_standby_names === "nobody" || undefined, 10);
    await pause(30);
    await this.rows("alter system reset synchronous_standby_names");
  }

  /** Who of a role waits so, once no more have come for a while: what was begun last is among them then. */
  async stalled(role) {
    let [found, since] = [[], performance.now()];
    return until(ARRIVE_MS, async () => {
      const now = await this.rows("select pid from pg_stat_activity where wait_event = 'SyncRep' and usename = $1", [role]);
      if (now.length !== found.length) [found, since] = [now, performance.now()];
      return found.length > 0 && performance.now() - since > QUIET_MS ? found.map((row) => row.pid) : undefined;
    }, 15);
  }

  flow() {
    return this.rows("select pg_reload_conf()");
  }

  end() {
    return leave(this.pool);
  }
}
