// The partner: three endpoints on this machine that believe nothing unsigned and count by webhook-id.
import { createServer } from "node:http";
import { Webhook } from "standardwebhooks";
import { exchange } from "../http.mjs";

export const ENDPOINTS = 3;

export class Partner {
  /** One an endpoint: {id, verifier, came: Map of webhook-id to {title, times}}. */
  endpoints = [];
  /** What was not signed as it must be, or came to no endpoint. */
  refused = [];
  #traps = [];

  async listen() {
    this.server = createServer((call, answer) => {
      const parts = [];
      call.on("error", () => {});
      call.on("data", (part) => parts.push(part));
      call.on("end", () => this.#take(call, answer, Buffer.concat(parts).toString("utf8")));
    });
    await new Promise((up) => this.server.listen(0, "127.0.0.1", up));
  }

  #take(call, answer, body) {
    const endpoint = this.endpoints[Number(call.url.split("/").at(-1))];
    let told;
    try {
      told = endpoint.verifier.verify(body, call.headers);
    } catch (error) {
      this.refused.push(error.message);
      answer.writeHead(400).end();
      return;
    }
    const id = call.headers["webhook-id"];
    const entry = endpoint.came.get(id) ?? { title: told.data.title, times: 0 };
    entry.times += 1;
    endpoint.came.set(id, entry);
    const done = () => answer.writeHead(204).end();
    const at = this.#traps.findIndex((trap) => trap.endpoint === endpoint && trap.title === told.data.title);
    if (at < 0) return done();
    this.#traps.splice(at, 1)[0].sprung({ id, answer: done, drop: () => call.socket.destroy() });
  }

  /** The next message of this title to this endpoint is not answered; resolves to it once it is here. */
  trap(endpoint, title) {
    let sprung;
    const arrived = new Promise((resolve) => (sprung = resolve));
    this.#traps.push({ endpoint, title, sprung });
    return arrived;
  }

  /** The trap is no more; whoever stepped into it just now is answered. */
  release(endpoint, title, arrived) {
    this.#traps = this.#traps.filter((trap) => trap.endpoint !== endpoint || trap.title !== title);
    arrived.then((message) => message.answer());
  }

  /** Opens the partner as the chair's own, adds the endpoints through the API, and has the building's committee let it in. */
  async subscribe(world, { chair, slug }) {
    const opened = await chair.send("/call/gateway/open", { name: "שותף הסערה", kind: "insurer" });
    const code = opened.location && new URL(opened.location).pathname.split("/").at(-1);
    const made = await chair.send("/call/gateway/add_key", { partner: code, key_name: "סערה", scope: "write" });
    const key = made.location && (await chair.get(made.location)).body.match(/vk_[A-Za-z0-9_-]+/)?.[0];
    if (!key) throw new Error(`the partner got no key: ${opened.status}, ${made.status}`);
    const { port } = this.server.address();
    for (let index = 0; index < ENDPOINTS; index += 1) {
      const body = JSON.stringify({ url: `http://127.0.0.1:${port}/hook/${index}`, event_types: ["notice.published"], per_minute: 6_000 });
      const headers = { authorization: `Bearer ${key}`, "content-type": "application/json", "content-length": Buffer.byteLength(body) };
      const answer = await exchange({ method: "POST", url: `${world.origin}/api/v1/endpoints`, headers, body });
      if (answer.status !== 201) throw new Error(`an endpoint was answered with ${answer.status}: ${answer.body.slice(0, 300)}`);
      const { id, secret } = JSON.parse(answer.body);
      this.endpoints.push({ id, verifier: new Webhook(secret), came: new Map() });
    }
    const granted = await chair.send("/call/gateway/grant", { building: slug, code, "event_types[]": "notice.published", until: "" });
    if (granted.status !== 303) throw new Error(`the grant was answered with ${granted.status}`);
  }

  close() {
    this.server.closeAllConnections();
    this.server.close();
  }
}
