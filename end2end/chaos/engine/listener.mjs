// Somebody whose page stands open: reads the live stream, and comes back with the last number he saw.
import http from "node:http";
import { pause } from "../http.mjs";

export class Listener {
  /** Every number that came, in the order in which it came. */
  came = [];
  cuts = 0;
  #waiting = new Set();
  #over = false;

  constructor(world, { chair, slug }, from) {
    Object.assign(this, { world, chair, slug, from, last: from });
    this.ended = this.#listen();
  }

  async #listen() {
    while (!this.#over) {
      await this.#once().catch(() => {});
      this.cuts += 1;
      await pause(100);
    }
  }

  #once() {
    const { host, port } = new URL(this.world.origin);
    const cookie = [...this.chair.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const headers = { host, cookie, accept: "text/event-stream", "last-event-id": String(this.last) };
    return new Promise((resolve, reject) => {
      const request = http.get({ host: "127.0.0.1", port, path: `/b/${this.slug}/stream`, headers, agent: false }, (response) => {
        if (response.statusCode !== 200) return response.destroy(new Error(`the stream answered ${response.statusCode}`));
        this.open = true;
        let rest = "";
        response.setEncoding("utf8");
        response.on("data", (part) => {
          const events = (rest + part).split("\n\n");
          rest = events.pop();
          for (const event of events) this.#take(event);
        });
        response.on("close", resolve);
        response.on("error", reject);
      });
      request.on("error", reject);
      this.request = request;
    }).finally(() => (this.open = false));
  }

  /** Only whole events count: what broke off in the middle is no event, and its number was not seen. */
  #take(event) {
    const id = event.match(/^id: ?(\d+)$/m)?.[1];
    if (id === undefined) return;
    this.last = Number(id);
    this.came.push(this.last);
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }

  /** The next event. */
  next() {
    return new Promise((resolve) => this.#waiting.add(resolve));
  }

  close() {
    this.#over = true;
    this.request?.destroy();
    return this.ended;
  }
}
