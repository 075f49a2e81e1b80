// The server's share of one join: what its own requests take, asked one after another over one kept connection.
import http from "node:http";
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
    took[door] = answer.ms;
    return answer;
  };
  try {
    const form = await timed("form", 200, () => browser.get(visitor.path("/join")));
    visitor.consent = form.body.match(/name="consent_version"[^>]*value="([^"]*)"|value="([^"]*)"[^>]*name="consent_version"/)?.slice(1).find(Boolean);
    await timed("flat looked up", 200, () => browser.call("joining/flat", { building: building.slug, flat: visitor.flat }));
    const fields = { building: building.slug, flat: visitor.flat, name: visitor.name, phone: visitor.phone, consent_version: visitor.consent, code: "" };
    await timed("form sent", 303, () => browser.send("/call/joining/submit", fields));
    const page = await timed("to the payment page", 303, () => browser.get(visitor.path("/pay")));
    if (!page.location.startsWith(world.sandboxOrigin)) throw new Error("the payment page was not there in time");
    const back = await visitor.pay(new URL(page.location).pathname.split("/").at(-1));
    await timed("back from it", 303, () => browser.get(back));
    await timed("welcome", 200, () => browser.get(visitor.path("/welcome")));
    await timed("board", 200, () => browser.get(visitor.path("")));
  } finally {
    agent.destroy();
  }
  return took;
}
