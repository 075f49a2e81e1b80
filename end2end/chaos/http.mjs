// A browser without scripts, as far as a server can tell: a cookie jar, plain forms, one redirect at a time.
// Not fetch: it writes headers of its own (Sec-Fetch-…), follows redirects and keeps connections to processes that
// were killed.
import http from "node:http";

/** Nobody answered, or the answer broke off. */
export class Unreachable extends Error {}

/** One exchange. `onSent` is called when the request has left, while the answer is still out. */
export function exchange({ method = "GET", url, headers = {}, body, timeoutMs = 20_000, agent = false, onSent }) {
  const { host, port, pathname, search } = new URL(url);
  const begun = performance.now();
  return new Promise((resolve, reject) => {
    const fail = (error) => reject(new Unreachable(`${method} ${pathname}: ${error.message}`));
    const request = http.request({ host: "127.0.0.1", port, path: `${pathname}${search}`, method, agent, headers: { host, ...headers } }, (response) => {
      const parts = [];
      response.on("data", (part) => parts.push(part));
      response.on("error", fail);
      response.on("close", () => {
        if (!response.complete) return fail(new Error("the answer broke off"));
        const text = Buffer.concat(parts).toString("utf8");
        resolve({ status: response.statusCode, headers: response.headers, body: text, ms: performance.now() - begun });
      });
    });
    request.setTimeout(timeoutMs, () => request.destroy(new Error(`no answer within ${timeoutMs} ms`)));
    request.on("error", fail);
    if (onSent) request.on("finish", onSent);
    request.end(body);
  });
}

/** One person's browser. */
export class Browser {
  cookies = new Map();
  /** Where the last page stood; forms are sent from there. */
  at;

  constructor(origin, { agent = false } = {}) {
    this.origin = origin;
    this.agent = agent;
    this.at = `${origin}/`;
  }

  get(address, options = {}) {
    return this.#go("GET", address, { accept: "text/html" }, undefined, options);
  }

  /** A form of the page this browser stands on. */
  send(address, fields, options = {}) {
    const headers = { accept: "text/html", origin: this.origin, referer: this.at, "content-type": "application/x-www-form-urlencoded" };
    return this.#go("POST", address, headers, new URLSearchParams(fields).toString(), options);
  }

  /** What an island asks: JSON back. */
  async call(endpoint, fields) {
    const headers = { accept: "application/json", origin: this.origin, referer: this.at, "content-type": "application/x-www-form-urlencoded" };
    const answer = await this.#go("POST", `/call/${endpoint}`, headers, new URLSearchParams(fields).toString(), {});
    return { ...answer, json: answer.status === 200 ? JSON.parse(answer.body) : undefined };
  }

  /** Whatever else a script of our pages may send. */
  ask(method, address, headers, body, options = {}) {
    return this.#go(method, address, { origin: this.origin, referer: this.at, ...headers }, body, options);
  }

  async #go(method, address, headers, body, options) {
    const url = new URL(address, this.origin).toString();
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const sent = { ...headers, ...(cookie ? { cookie } : {}), ...(body === undefined ? {} : { "content-length": Buffer.byteLength(body) }) };
    const answer = await exchange({ method, url, headers: sent, body, agent: this.agent, ...options });
    for (const line of answer.headers["set-cookie"] ?? []) this.#keep(line);
    const location = answer.headers.location && new URL(answer.headers.location, url).toString();
    if (method === "GET" && answer.status === 200 && url.startsWith(this.origin)) this.at = url;
    return { ...answer, url, location };
  }

  #keep(line) {
    const [pair, ...attributes] = line.split(";");
    const cut = pair.indexOf("=");
    const [name, value] = [pair.slice(0, cut).trim(), pair.slice(cut + 1).trim()];
    const gone = attributes.some((attribute) => /^\s*max-age=0\s*$/i.test(attribute));
    if (gone) this.cookies.delete(name);
    else this.cookies.set(name, value);
  }
}

/** The value of a form's hidden field. */
export function hidden(html, name) {
  const field = html.match(/<input[^>]*>/g)?.find((tag) => tag.includes(`name="${name}"`));
  return field?.match(/value="([^"]*)"/)?.[1] ?? "";
}

/** Where a page that refreshes itself leads: another address, "" for itself, undefined when it stays as it is. */
export function refreshes(html) {
  const tag = html.match(/<meta[^>]*http-equiv="refresh"[^>]*>/i)?.[0];
  if (!tag) return undefined;
  const content = tag.match(/content="([^"]*)"/i)?.[1] ?? "";
  return content.match(/url\s*=\s*'?([^'"]+)/i)?.[1].replaceAll("&amp;", "&") ?? "";
}

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Asks until the answer is not undefined; undefined when the time is over. */
export async function until(limitMs, ask, everyMs = 100) {
  const end = performance.now() + limitMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > end) return undefined;
    await pause(everyMs);
  }
}
