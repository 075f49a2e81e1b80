// A building with something on every page, made once a worker, and the list of all pages with who looks at each.
import type { Browser, Page } from "@playwright/test";
import { type Building, CARD, expect, join, neighbour, newPhone, openBuilding, operatorPhone, payWith, sendJoin, type Session, visit } from "../support";

type Reader = "nobody" | "chair" | "resident" | "operator" | "paid" | "waiting" | "coded";

export interface Scene {
  building: Building;
  post: string;
  /** Paths that are known only once they are there. */
  company: string;
  office: string;
  partner: string;
  sessions: Record<Exclude<Reader, "nobody">, Session>;
}

export interface Place {
  name: string;
  path: (scene: Scene) => string;
  reader: Reader;
  status?: number;
}

const here = (rest: string) => (scene: Scene) => `/b/${scene.building.slug}${rest}`;
const at = (path: string) => () => path;

/** Every page, in the states in which it looks different. */
export const PLACES: Place[] = [
  { name: "landing", path: at("/"), reader: "nobody" },
  { name: "open a building", path: at("/open"), reader: "nobody" },
  { name: "join", path: here("/join"), reader: "nobody" },
  { name: "welcome, lit", path: here("/welcome"), reader: "paid" },
  { name: "welcome, waiting", path: here("/welcome"), reader: "waiting" },
  { name: "board", path: here(""), reader: "resident" },
  { name: "board of the committee", path: here(""), reader: "chair" },
  { name: "board, events", path: here("?filter=events"), reader: "resident" },
  { name: "post", path: (scene) => `/b/${scene.building.slug}/posts/${scene.post}`, reader: "resident" },
  { name: "search", path: here(`/search?asked=${encodeURIComponent("צמיד")}`), reader: "resident" },
  { name: "search, nothing found", path: here("/search?asked=zzzz"), reader: "resident" },
  { name: "editing a post", path: (scene) => `/b/${scene.building.slug}/posts/${scene.post}?edit=1`, reader: "resident" },
  { name: "sign-in", path: at("/signin"), reader: "nobody" },
  { name: "code", path: at("/signin/code"), reader: "coded" },
  { name: "code, none asked", path: at("/signin/code"), reader: "nobody" },
  { name: "home", path: at("/home?stay=1"), reader: "resident" },
  { name: "devices", path: at("/home/devices"), reader: "resident" },
  { name: "overview", path: here("/committee"), reader: "chair" },
  { name: "residents", path: here("/committee/residents"), reader: "chair" },
  { name: "an office given", path: (scene) => scene.office, reader: "chair" },
  { name: "crisis status", path: here("/committee/hazards"), reader: "chair" },
  { name: "the building's company", path: here("/committee/company"), reader: "chair" },
  { name: "a company opened", path: at("/companies/open"), reader: "chair" },
  { name: "a company", path: (scene) => scene.company, reader: "chair" },
  { name: "who hears of the building", path: here("/committee/access"), reader: "chair" },
  { name: "a partner opened", path: at("/partners/open"), reader: "chair" },
  { name: "a partner's desk", path: (scene) => scene.partner, reader: "chair" },
  { name: "home, with a company and a partner", path: at("/home?stay=1"), reader: "chair" },
  { name: "for partners' developers", path: at("/developers"), reader: "nobody" },
  { name: "lobby's sheet", path: here("/committee/poster"), reader: "chair" },
  { name: "the log", path: here("/committee/audit"), reader: "chair" },
  { name: "operator", path: at("/operator"), reader: "operator" },
  { name: "queues", path: at("/operator/queues"), reader: "operator" },
  { name: "inbound events", path: at("/operator/inbound"), reader: "operator" },
  { name: "outgoing webhooks", path: at("/operator/webhooks"), reader: "operator" },
  { name: "health", path: at("/operator/health"), reader: "operator" },
  { name: "slow requests", path: at("/operator/slow"), reader: "operator" },
  { name: "tenants", path: at("/operator/tenants"), reader: "operator" },
  { name: "companies", path: at("/operator/tenants?what=companies"), reader: "operator" },
  { name: "accessibility", path: at("/accessibility"), reader: "nobody" },
  { name: "privacy", path: at("/privacy"), reader: "nobody" },
  { name: "terms", path: at("/terms"), reader: "nobody" },
  { name: "kit", path: at("/ui"), reader: "nobody" },
  { name: "not found", path: at("/no-such-page"), reader: "nobody", status: 404 },
  { name: "offline", path: at("/offline"), reader: "nobody" },
];

let made: Promise<Scene> | undefined;

/** The scene of this worker. */
export function scene(browser: Browser): Promise<Scene> {
  return (made ??= make(browser));
}

async function make(browser: Browser): Promise<Scene> {
  const building = await openBuilding();
  const { slug } = building;
  const operator = (await openBuilding({}, operatorPhone())).chair.session;
  const resident = await somebody(browser, async (page) => {
    await join(page, slug, neighbour("4", "מאיה כהן"));
    await publish(page, slug, { body: "נמצא צמיד בחדר המדרגות. מי שזה שלו מוזמן לדירה 4, או לכתוב ל־maya.long.address@example.com" });
  });
  const chair = await somebody(
    browser,
    async (page) => {
      await publish(page, slug, { kind: "notice", title: "הפסקת מים", body: "ביום חמישי בין 9 ל־12." });
      const day = new Date(Date.now() + 2 * 86_400_000).toISOString().slice(0, 10);
      await publish(page, slug, { kind: "event", title: "ערב שכנים", body: "מביאים משהו קטן.", eventAt: `${day}T19:30` });
    },
    building.chair.session,
  );
  let company = "";
  let office = "";
  let partner = "";
  await somebody(
    browser,
    async (page) => {
      await visit(page, `/b/${slug}/committee/residents`);
      office = (await page.getByRole("link", { name: "תפקיד" }).first().getAttribute("href")) ?? "";
      await visit(page, "/companies/open");
      await page.getByLabel("שם החברה").fill("ניהול הצפון");
      await page.getByRole("button", { name: "פתיחת החברה" }).click();
      await expect(page.getByRole("heading", { level: 1, name: "ניהול הצפון" })).toBeVisible();
      company = new URL(page.url()).pathname;
      await visit(page, "/partners/open");
      await page.getByLabel("שם הארגון").fill("ביטוח הצפון");
      await page.getByRole("button", { name: "פתיחת חשבון" }).click();
      await expect(page.getByRole("heading", { level: 1, name: "ביטוח הצפון" })).toBeVisible();
      partner = new URL(page.url()).pathname;
      // Nobody listens there: the log has a line, and the endpoint a failure.
      await page.getByLabel("כתובת", { exact: true }).fill("http://127.0.0.1:9/a/long/address/of/an/endpoint");
      await page.getByRole("button", { name: "נקודת קצה חדשה" }).click();
      await page.getByRole("button", { name: "אירוע ניסיון" }).click();
      await expect(page.locator("#log table")).toBeVisible();
    },
    chair,
  );
  let post = "";
  const paid = await somebody(browser, async (page) => {
    await sendJoin(page, slug, neighbour("5", "רמי שלו"));
    await payWith(page, CARD.good);
    await expect(page.getByRole("heading", { level: 1 })).toContainText("דולק");
  });
  const waiting = await somebody(browser, async (page) => {
    await sendJoin(page, slug, neighbour("4", "איתי כהן"));
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("הבקשה נשלחה");
  });
  const coded = await somebody(browser, async (page) => {
    await visit(page, "/signin");
    await page.getByLabel("טלפון נייד").fill(newPhone().typed);
    await page.getByRole("button", { name: "שליחת קוד" }).click();
    await expect(page).toHaveURL(/\/signin\/code/);
  });
  await somebody(
    browser,
    async (page) => {
      await visit(page, `/b/${slug}`);
      await page.getByRole("article").filter({ hasText: "נמצא צמיד" }).getByRole("link", { name: "תגובה", exact: true }).click();
      await expect(page).toHaveURL(/\/posts\//);
      post = new URL(page.url()).pathname.split("/").at(-1) ?? "";
      await page.getByLabel("תגובה", { exact: true }).fill("תודה, זה שלי!");
      await page.getByRole("button", { name: "שליחה" }).click();
      await expect(page.locator("#comments")).toContainText("תודה, זה שלי!");
    },
    chair,
  );
  return { building, post, company, office, partner, sessions: { chair, resident, operator, paid, waiting, coded } };
}

/** Does something in a browser of its own and keeps its cookies. */
async function somebody(browser: Browser, act: (page: Page) => Promise<void>, session?: Session): Promise<Session> {
  const context = await browser.newContext(session ? { storageState: session } : {});
  await act(await context.newPage());
  const kept = await context.storageState();
  await context.close();
  return kept;
}

async function publish(page: Page, slug: string, draft: { kind?: string; title?: string; body: string; eventAt?: string }): Promise<void> {
  await visit(page, `/b/${slug}`);
  await page.locator("#compose > summary").click();
  await page.getByLabel("סוג").selectOption(draft.kind ?? "post");
  if (draft.title) await page.getByLabel("כותרת").fill(draft.title);
  await page.getByLabel("תוכן").fill(draft.body);
  if (draft.eventAt) await page.getByLabel("מועד האירוע").fill(draft.eventAt);
  await page.getByRole("button", { name: "פרסום" }).click();
  await expect(page.getByText(draft.title ?? draft.body).filter({ visible: true }).first()).toBeVisible();
}
