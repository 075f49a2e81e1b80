// What the stories share: a page that fails on errors nobody expected, buildings and neighbours made in a moment, the
// sandbox's payment page and its inbox.
import { AxeBuilder } from "@axe-core/playwright";
import { type BrowserContext, expect, type Page, request, test as base } from "@playwright/test";
import { randomInt } from "node:crypto";

const sandbox = `http://127.0.0.1:${process.env.E2E_SANDBOX_PORT ?? 4210}`;

/** Cookies of somebody who is signed in. */
export type Session = Awaited<ReturnType<BrowserContext["storageState"]>>;

export interface Phone {
  /** As people type it: 052-2345678. */
  typed: string;
  /** +972522345678 */
  e164: string;
}

export interface Neighbour {
  flat: string;
  name: string;
  phone: Phone;
}

export interface Building {
  slug: string;
  street: string;
  chair: { session: Session; phone: Phone; name: string };
}

/** Cards of Stripe's test list that the sandbox knows. */
export const CARD = {
  good: "4242 4242 4242 4242",
  declined: "4000 0000 0000 0002",
  asksTheBank: "4000 0025 0000 3155",
} as const;

/** An operator of the platform, of this worker's two; playwright.config.ts tells the server the same numbers. */
export function operatorPhone(nth: 0 | 1 = 0): Phone {
  return phoneOf(`+972${Number(process.env.E2E_OPERATOR) + test.info().workerIndex + 25 * nth}`);
}

export function phoneOf(e164: string): Phone {
  const national = `0${e164.slice(4)}`;
  return { typed: `${national.slice(0, 3)}-${national.slice(3)}`, e164 };
}

/** A mobile number nobody had before; the data folder outlives a run, so chance it is. */
export function newPhone(): Phone {
  return phoneOf(`+9725${randomInt(0, 6)}${randomInt(2_000_000, 10_000_000)}`);
}

/** Somebody for a flat. */
export function neighbour(flat: string, name: string): Neighbour {
  return { flat, name, phone: newPhone() };
}

interface Fixtures {
  /** Another browser, signed in as somebody or as nobody; watched like the first and closed by itself. */
  browse: (session?: Session) => Promise<Page>;
  /** Opens a path in the first browser and waits until its islands are awake. */
  open: (path: string) => Promise<void>;
}

export const test = base.extend<Fixtures>({
  page: async ({ page }, use) => {
    const errors = watch(page);
    await use(page);
    expect(errors, "errors in the console").toEqual([]);
  },

  browse: async ({ browser }, use) => {
    const contexts: BrowserContext[] = [];
    const errors: string[][] = [];
    await use(async (session) => {
      const context = await browser.newContext(session ? { storageState: session } : {});
      contexts.push(context);
      const page = await context.newPage();
      errors.push(watch(page));
      return page;
    });
    await Promise.all(contexts.map((context) => context.close()));
    expect(errors.flat(), "errors in the console").toEqual([]);
  },

  open: async ({ page }, use) => use((path) => visit(page, path)),
});

export { expect };

/** Collects what a page complains about. A page that answers with 404 or a form with 422 is meant: browsers write that
 *  to the console too, with the page itself as its place. */
function watch(page: Page): string[] {
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(`${page.url()}: ${error.stack || `${error.name}: ${error.message}`}`));
  page.on("console", (message) => {
    // One story cuts the network, which the browser writes down for every file it asks for.
    if (message.type() !== "error" || message.text().includes("ERR_INTERNET_DISCONNECTED")) return;
    const answered = message.text().startsWith("Failed to load resource") && answers.has(message.location().url);
    if (!answered) errors.push(`${page.url()}: ${message.text()} (${message.location().url})`);
  });
  const answers = new Set<string>();
  page.on("response", (response) => {
    if (response.request().isNavigationRequest() && response.status() >= 400 && response.status() < 500) answers.add(response.url());
  });
  return errors;
}

/** True in the project in which pages are awake. */
export function awake(): boolean {
  return test.info().project.use.javaScriptEnabled !== false;
}

/** Waits until the islands of a page are awake; at once on pages that hold none, and with scripts off. */
export async function settled(page: Page): Promise<void> {
  if (!awake() || (await page.locator("head script[type=module]").count()) === 0) return;
  await expect(page.locator("html")).toHaveAttribute("data-hydrated", "");
}

/** Opens a path and waits until its islands are awake. */
export async function visit(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await settled(page);
}

/** Opens a building with flats 1–12, four on a floor, through its plain form; its founder lives in flat 1. */
export async function openBuilding(fields: Record<string, string> = {}, phone = newPhone()): Promise<Building> {
  const { baseURL = "" } = test.info().project.use;
  const http = await request.newContext({ baseURL });
  const street = fields.street ?? `הגפן ${randomInt(1, 1_000)}`;
  const chair = { name: "נועה ברק", phone };
  const form = { street, city: "רמת גן", first_flat: "1", last_flat: "12", flats_per_floor: "4", own_flat: "1", name: chair.name, phone: chair.phone.typed, ...fields };
  const consent_version = hidden(await (await http.get("/open")).text(), "consent_version");
  const opened = await http.post("/call/buildings/open", {
    form: { ...form, consent_version },
    headers: { accept: "text/html", origin: baseURL, referer: `${baseURL}/open` },
    maxRedirects: 0,
  });
  expect(opened.status(), await opened.text()).toBe(303);
  const slug = opened.headers().location?.split("/")[2] ?? "";
  const session = await http.storageState();
  await http.dispose();
  return { slug, street, chair: { ...chair, session } };
}

/** The value of a form's hidden field. */
function hidden(html: string, name: string): string {
  const field = html.match(/<input[^>]*>/g)?.find((tag) => tag.includes(`name="${name}"`));
  return field?.match(/value="([^"]*)"/)?.[1] ?? "";
}

/** Fills in the join form and sends it: leads to the payment page, or to the page that waits for a yes. */
export async function sendJoin(page: Page, slug: string, who: Neighbour): Promise<void> {
  await visit(page, `/b/${slug}/join`);
  await page.getByLabel("מספר דירה").fill(who.flat);
  await page.getByLabel("שם מלא").fill(who.name);
  await page.getByLabel("טלפון נייד").fill(who.phone.typed);
  await page.getByRole("button", { name: "המשך לתשלום" }).click();
}

/** Types a card into the hosted payment page and pays. */
export async function payWith(page: Page, card: string): Promise<void> {
  await page.getByLabel("מספר כרטיס").fill(card);
  await page.getByLabel("תוקף: חודש ושנה").fill("12 / 34");
  await page.getByLabel("שלוש ספרות בגב הכרטיס").fill("123");
  await page.getByRole("button", { name: /^(תשלום|ניסיון נוסף) של/ }).click();
}

/** Joins a flat that does not pay yet, all the way to the board. */
export async function join(page: Page, slug: string, who: Neighbour): Promise<void> {
  await sendJoin(page, slug, who);
  await payWith(page, CARD.good);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(`האור בדירה ${who.flat} דולק`);
  await page.getByRole("link", { name: "כניסה לבניין" }).click();
  await expect(page).toHaveURL(`/b/${slug}`);
  await settled(page);
}

/** The newest code that was sent to a phone, other than one that is known already. */
export async function codeFor(phone: Phone, known = ""): Promise<string> {
  let code = "";
  await expect
    .poll(async () => {
      const messages = (await (await fetch(`${sandbox}/_sandbox/sms?to=${encodeURIComponent(phone.e164)}`)).json()) as { text: string }[];
      code = messages[0]?.text.match(/#(\d{6})/)?.[1] ?? "";
      return code !== "" && code !== known;
    }, `a code for ${phone.typed}`)
    .toBe(true);
  return code;
}

/** Types a code. An awake page sends it by itself at the sixth digit. */
export async function typeCode(page: Page, code: string): Promise<void> {
  await settled(page);
  await page.getByLabel("קוד בן 6 ספרות").fill(code);
  if (!awake()) await page.getByRole("button", { name: "כניסה", exact: true }).click();
}

/** Asks for a code and answers it. */
export async function signIn(page: Page, phone: Phone): Promise<void> {
  await visit(page, "/signin");
  await page.getByLabel("טלפון נייד").fill(phone.typed);
  await page.getByRole("button", { name: "שליחת קוד" }).click();
  await typeCode(page, await codeFor(phone));
}

/** Fails on anything axe finds against WCAG 2.2 AA. */
export async function expectAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]).analyze();
  const told = violations.map((rule) => `${rule.id}: ${rule.help}\n${rule.nodes.map((node) => `    ${node.target.join(" ")}\n      ${node.failureSummary?.replaceAll("\n", "\n      ")}`).join("\n")}`);
  expect(told, `${page.url()} is accessible`).toEqual([]);
}
