// One person who joins: plain forms and pages, and the patience of a person. Whatever a person would notice on the
// way is counted in `notes`.
import { randomInt } from "node:crypto";
import { Browser, hidden, pause, refreshes, Unreachable, until } from "./http.mjs";

/** How long a person looks at "one moment …" before he helps himself. */
const PATIENCE_MS = 8_000;
/** Pages that refresh themselves do so every two seconds; asked more often here, so that a round is short. */
const REFRESH_MS = 250;

/** A mobile number nobody has. */
export const newPhone = () => `05${randomInt(0, 6)}${randomInt(2_000_000, 10_000_000)}`;

/** Something a browser should never be shown. */
export class Surprise extends Error {}

export class Visitor {
  notes = { unreachable: 0, failures: [], sentBack: 0, stuckUnpaid: 0, checking: 0, stuckPaid: 0, deniedPaid: 0, askedForCode: 0 };
  /** Sessions that this person paid. */
  paid = [];
  /** What was seen on the way, for rounds that have to be understood. */
  steps = [];

  constructor(world, { slug, flat, name, phone = newPhone(), limitMs = 60_000 }) {
    Object.assign(this, { world, slug, flat: String(flat), name, phone, limitMs });
    this.browser = new Browser(world.origin);
  }

  path(rest) {
    return `/b/${this.slug}${rest}`;
  }

  /** A person reloads when nobody answers, or when the page says that something went wrong. */
  async insist(request) {
    const answer = await until(this.limitMs, async () => {
      try {
        const answer = await request();
        const { pathname } = new URL(answer.url);
        this.saw(`${answer.status} ${pathname}${answer.location ? ` → ${answer.location}` : ""}`, answer.ms);
        if (answer.status < 500) return answer;
        this.notes.failures.push(`${answer.status} ${pathname.replace(this.slug, "…")}`);
        this.saw(`it said: ${said(answer.body)}`);
      } catch (error) {
        if (!(error instanceof Unreachable)) throw error;
        this.notes.unreachable += 1;
        this.saw(error.message);
      }
    });
    if (!answer) throw new Surprise(`${this.name}: no good answer for ${this.limitMs} ms`);
    return answer;
  }

  /** Opens the form. */
  async open() {
    const page = await this.insist(() => this.browser.get(this.path("/join")));
    if (page.status !== 200) throw new Surprise(`the form answered ${page.status}`);
    this.consent = hidden(page.body, "consent_version");
  }

  /** Sends the form; answers where the browser is led. */
  async send(onSent) {
    const fields = { building: this.slug, flat: this.flat, name: this.name, phone: this.phone, consent_version: this.consent, code: "" };
    let once = onSent;
    const answer = await this.insist(() => {
      const options = once ? { onSent: once } : {};
      once = undefined;
      return this.browser.send("/call/joining/submit", fields, options);
    });
    if (answer.status !== 303) throw new Surprise(`the form was answered with ${answer.status}: ${problems(answer.body)}`);
    return answer.location;
  }

  /** Where the attempt stands, in the words of the model; undefined when this cannot be asked just now. */
  async standing() {
    const answer = await this.browser.call("joining/welcome", { building: this.slug }).catch(() => undefined);
    this.saw(`stands as ${answer?.json?.standing}`);
    return answer?.json?.standing;
  }

  /** Keeps what is new; a page that is asked for again and again stands once. */
  saw(what, ms) {
    if (this.steps.slice(-2).some((step) => step.what === what)) return;
    this.steps.push({ at: new Date().toISOString().slice(11, 23), what, took: ms === undefined ? "" : ` (${ms.toFixed(0)} ms)` });
  }

  /** From the form's answer to the provider's page; undefined when there is nothing to pay. */
  async seekPaymentPage(location, onSent) {
    const end = performance.now() + this.limitMs;
    let [here, waitingSince, once] = [location, undefined, onSent];
    while (performance.now() < end) {
      const answer = await this.insist(() => {
        const options = once ? { onSent: once } : {};
        once = undefined;
        return this.browser.get(here, options);
      });
      if (answer.location?.startsWith(`${this.world.sandboxOrigin}/c/pay/`)) return answer.location;
      if (answer.location && !answer.location.endsWith("/join")) {
        here = answer.location;
        continue;
      }
      const standing = answer.location ? "not_paid" : await this.standing();
      if (standing === "admitted" || standing === "waiting" || standing === "sign_in_first") return undefined;
      if (standing === "not_paid") {
        this.notes.sentBack += 1;
        await this.open();
        here = await this.send();
        waitingSince = undefined;
        continue;
      }
      if (standing === "not_finished") {
        here = this.path("/pay");
        continue;
      }
      // "Preparing" leads on by itself, however slowly; "checking" never leads somebody to the page who has not paid.
      if (standing !== "checking") waitingSince = undefined;
      else waitingSince ??= performance.now();
      if (performance.now() - waitingSince > PATIENCE_MS) {
        this.notes.stuckUnpaid += 1;
        waitingSince = undefined;
        here = this.path("/pay");
        continue;
      }
      await pause(REFRESH_MS);
      here = refreshes(answer.body) || here;
    }
    throw new Surprise(`${this.name}: no payment page within ${this.limitMs} ms`);
  }

  /** Looks at the provider's page, as one does before paying. */
  async lookAt(page) {
    const answer = await this.insist(() => this.browser.get(page));
    if (answer.status !== 200) throw new Surprise(`the payment page answered ${answer.status}`);
    return new URL(page).pathname.split("/").at(-1);
  }

  /** Pays; answers the address the payer is led to. */
  async pay(session) {
    const back = await this.world.provider.pay(session);
    this.paid.push(session);
    return back;
  }

  /** From the provider's page to the first page of the building: "admitted", "waiting", or "late". */
  async comeBack(address, onSent) {
    const end = performance.now() + this.limitMs;
    let [here, waitingSince, once] = [address, undefined, onSent];
    while (performance.now() < end) {
      const answer = await this.insist(() => {
        const options = once ? { onSent: once } : {};
        once = undefined;
        return this.browser.get(here, options);
      });
      if (answer.location?.includes("/signin")) {
        await this.signIn();
        return "admitted";
      }
      if (answer.location) {
        here = answer.location;
        continue;
      }
      const standing = await this.standing();
      if (standing === "admitted" || standing === "waiting") return standing;
      if (standing === "sign_in_first") {
        await this.signIn();
        return "admitted";
      }
      this.notes.checking ||= Number(standing === "checking");
      waitingSince ??= performance.now();
      if (performance.now() - waitingSince > PATIENCE_MS) {
        if (standing === "not_paid" || standing === "not_finished") this.notes.deniedPaid += 1;
        // A page that leads back to the way in by itself is slow, not stuck.
        else if (!refreshes(answer.body)) this.notes.stuckPaid += 1;
        waitingSince = undefined;
        here = address;
        continue;
      }
      await pause(REFRESH_MS);
      here = refreshes(answer.body) || here;
    }
    return "late";
  }

  /** By a one-time code; counted, because somebody who has just paid should not need it. */
  async signIn() {
    this.notes.askedForCode += 1;
    const known = await this.world.provider.code(this.e164());
    await this.insist(() => this.browser.get("/signin"));
    await this.insist(() => this.browser.send("/call/identity/send_code", { phone: this.phone, next: this.path("") }));
    const code = await until(this.limitMs, async () => {
      const newest = await this.world.provider.code(this.e164());
      return newest === known ? undefined : newest;
    });
    const answer = await this.insist(() => this.browser.send("/call/identity/answer_code", { code: code ?? "", next: this.path("") }));
    if (answer.status !== 303) throw new Surprise(`the code was answered with ${answer.status}: ${problems(answer.body)}`);
  }

  e164() {
    return `+972${this.phone.slice(1)}`;
  }

  /** The board: how many posts tell that this person joined; undefined when the board is closed to him. */
  async board() {
    const page = await this.insist(() => this.browser.get(this.path("")));
    if (page.status !== 200) return undefined;
    const told = await this.insist(() => this.browser.call("feed/page", { building: this.slug }));
    return told.json?.posts.filter((post) => post.kind === "joined" && isAbout(post.body, this.name)).length;
  }
}

/** Whether a sentence names somebody: names here end in a number, and 1 is not 12. */
export function isAbout(text, name) {
  const at = text.indexOf(name);
  return at >= 0 && !/\d/.test(text[at + name.length] ?? "");
}

/** What a page shows, in short. */
const said = (html) => html.replace(/<(script|style|svg)[\s\S]*?<\/\1>/g, " ").replace(/<[^>]+>/g, " ").replace(/\s+/g, " ").trim().slice(0, 160);

/** What a form's page complains about. */
function problems(html) {
  const box = html.match(/id="problems"[\s\S]*?<\/(?:section|div|aside)>/)?.[0] ?? html.slice(0, 400);
  return box.replace(/<[^>]+>/g, " ").replace(/\s+/g, " ").trim().slice(0, 300);
}

/** Opens a building with so many flats; its chair may read who lives there. */
export async function openBuilding(world, flats, street) {
  const chair = new Browser(world.origin);
  const page = await chair.get("/open");
  const fields = { street, city: "רמת גן", first_flat: "1", last_flat: String(flats), flats_per_floor: "8", own_flat: "1", name: "נועה ברק", phone: newPhone(), consent_version: hidden(page.body, "consent_version") };
  const answer = await chair.send("/call/buildings/open", fields);
  if (answer.status !== 303) throw new Surprise(`the building was not opened: ${answer.status} ${problems(answer.body)}`);
  return { slug: new URL(answer.location).pathname.split("/")[2], chair };
}
