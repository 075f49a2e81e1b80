// The server's share of one join: what its own requests take, asked one after another over one kept connection.
import http from "node:http";
import { hidden } from "../../end2end/chaos/http.mjs";
import { Visitor } from "../../end2end/chaos/visitor.mjs";

/** The doors of a join, in the order in which a browser knocks. */
export const DOORS = ["form", "flat looked up", "form sent", "to the payment page", "back from it", "welcome", "board"];

/** Milliseconds of each door; to the payment page and back include the waits for the payment engine. */
export async function askOnce(world, building, flat) {
  const visitor = new Visitor(world, { slug: building.slug, flat, name: `שרת ${flat}` });
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  visitor.browser.agent = agent;
  const { browser } = visitor;
  const took = {};
  const timed = async (door, status, request) => {
    const answer = await request();
    if (answer.status !== status) throw new Error(`${door} answered ${answer.status}`);
    took[door] = (took[door] ?? 0) + answer.ms;
    return answer;
  };
  // These two wait for the payment engine, three seconds at most; whoever is led away asks again, and that counts too.
  const patiently = async (door, address, there) => {
    for (let tries = 0; tries < 20; tries += 1) {
      const answer = await timed(door, 303, () => browser.get(address));
      if (there(answer)) return answer;
    }
    throw new Error(`${door}: not there after ${(took[door] / 1_000).toFixed(0)} s`);
  };
  try {
    const form = await timed("form", 200, () => browser.get(visitor.path("/join")));
    const consent = hidden(form.body, "consent_version");
    await timed("flat looked up", 200, () => browser.call("joining/flat", { building: building.slug, flat: visitor.flat }));
    const fields = { building: building.slug, flat: visitor.flat, name: visitor.name, phone: visitor.phone, consent_version: consent, code: "" };
    await timed("form sent", 303, () => browser.send("/call/joining/submit", fields));
    const page = await patiently("to the payment page", visitor.path("/pay"), (answer) => answer.location.startsWith(world.sandboxOrigin));
    const back = await visitor.pay(new URL(page.location).pathname.split("/").at(-1));
    await patiently("back from it", back, () => browser.cookies.has("__Host-session"));
    await timed("welcome", 200, () => browser.get(visitor.path("/welcome")));
    await timed("board", 200, () => browser.get(visitor.path("")));
  } finally {
    agent.destroy();
  }
  return took;
}
