// The pictures of docs/screens: `node end2end/screens.mjs BASE [NAME…]` against a fresh demo that prints its links, such as
// `make run` leaves one. BASE is its address; SANDBOX (http://localhost:4200) is where its codes arrive, OPERATOR
// (+972522345670) one of its operators, SCREENS another folder. Names pick some of the pictures.
import { existsSync, mkdirSync } from "node:fs";
import { chromium } from "@playwright/test";

const [base = "http://localhost:4100", ...wanted] = process.argv.slice(2);
const sandbox = process.env.SANDBOX ?? "http://localhost:4200";
const operator = `0${(process.env.OPERATOR ?? "+972522345670").slice(4)}`;
// The neighbours of src/demo.rs.
const CHAIR = "0522345671";
const RESIDENT = "0522345672";
const MANAGER = "0522345676";
const INSURER = "0522345678";
/** Where the partner's messages go: the stand-ins' own health, which says yes to nothing that is sent. */
const receiver = `${sandbox}/healthz`;
const FOLDER = process.env.SCREENS ?? new URL("../docs/screens/", import.meta.url).pathname;
const SIZES = [
  { width: 390, height: 844 },
  { width: 1440, height: 900 },
];

const executablePath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((path) => existsSync(path));
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", "--hide-scrollbars"] });
mkdirSync(FOLDER, { recursive: true });

/** Does something in a fresh browser and keeps its cookies. */
async function somebody(act, storageState) {
  const context = await browser.newContext({ baseURL: base, locale: "he-IL", timezoneId: "Asia/Jerusalem", storageState });
  const page = await context.newPage();
  const told = await act(page);
  const kept = await context.storageState();
  await context.close();
  return { kept, told };
}

const newest = async (phone) => {
  const messages = await (await fetch(`${sandbox}/_sandbox/sms?to=${encodeURIComponent(`+972${phone.slice(1)}`)}`)).json();
  return { id: messages[0]?.id, code: messages[0]?.text.match(/#(\d{6})/)?.[1] };
};

async function signIn(page, phone) {
  const before = await newest(phone);
  await page.goto("/signin");
  await page.getByLabel("טלפון נייד").fill(phone);
  await page.getByRole("button", { name: "שליחת קוד" }).click();
  await page.waitForURL(/\/signin\/code/);
  await page.waitForLoadState("networkidle");
  let message = await newest(phone);
  while (message.id === before.id) message = await newest(phone);
  await page.getByLabel("קוד בן 6 ספרות").fill(message.code);
  await page.waitForURL((url) => !url.pathname.startsWith("/signin"));
}

async function askToJoin(page, slug, flat, name, phone) {
  await page.goto(`/b/${slug}/join`);
  await page.getByLabel("מספר דירה").fill(flat);
  await page.getByLabel("שם מלא").fill(name);
  await page.getByLabel("טלפון נייד").fill(phone);
  await page.getByRole("button", { name: "המשך לתשלום" }).click();
}

async function pay(page) {
  await page.getByLabel("מספר כרטיס").fill("4242 4242 4242 4242");
  await page.getByLabel("תוקף: חודש ושנה").fill("12 / 34");
  await page.getByLabel("שלוש ספרות בגב הכרטיס").fill("123");
  await page.getByRole("button", { name: /^תשלום של/ }).click();
  await page.getByRole("heading", { level: 1, name: /דולק/ }).waitFor();
}

/** Makes what the pictures show: sessions, a flat that has just paid, an open payment page, an answered post. */
async function prepare() {
  const some = () => `05${Math.floor(10_000_000 + Math.random() * 89_999_999)}`;
  const { kept: chair, told: slug } = await somebody(async (page) => {
    await signIn(page, CHAIR);
    await page.goto("/home");
    return new URL(page.url()).pathname.split("/")[2];
  });
  const { kept: resident, told: post } = await somebody(async (page) => {
    await signIn(page, RESIDENT);
    await page.goto(`/b/${slug}`);
    const article = page.getByRole("article").filter({ hasText: "מורה לפסנתר" });
    await article.getByRole("link", { name: "תגובה", exact: true }).click();
    await page.waitForURL(/\/posts\//);
    await page.getByLabel("תגובה", { exact: true }).fill("יש לי המלצה חמה, גרה ברחוב המקביל. אשלח את הטלפון בערב.");
    await page.getByRole("button", { name: "שליחה" }).click();
    await page.locator("#comments").getByText("המלצה חמה").first().waitFor();
    return new URL(page.url()).pathname;
  });
  const { kept: paid } = await somebody(async (page) => {
    await askToJoin(page, slug, "14", "מאיה כהן", some());
    await page.waitForURL(/\/c\/pay\//);
    await pay(page);
  });
  const { told: checkout } = await somebody(async (page) => {
    await askToJoin(page, slug, "15", "איתי גל", some());
    await page.waitForURL(/\/c\/pay\//);
    return page.url();
  });
  await somebody(async (page) => {
    await askToJoin(page, slug, "14", "נועם כהן", some());
    await page.getByRole("heading", { level: 1, name: "הבקשה נשלחה" }).waitFor();
  });
  const { kept: coded } = await somebody(async (page) => {
    await page.goto("/signin");
    await page.getByLabel("טלפון נייד").fill(RESIDENT);
    await page.getByRole("button", { name: "שליחת קוד" }).click();
    await page.waitForURL(/\/signin\/code/);
  });
  const { kept: platform } = await somebody((page) => signIn(page, operator));
  const { kept: manager, told: company } = await somebody(async (page) => {
    await signIn(page, MANAGER);
    await page.goto("/companies/open");
    await page.getByLabel("שם החברה").fill("מגדלור ניהול נכסים");
    await page.getByRole("button", { name: "פתיחת החברה" }).click();
    await page.getByRole("heading", { level: 1, name: "מגדלור" }).waitFor();
    const path = new URL(page.url()).pathname;
    await page.getByLabel("שם מלא").fill("אורי שדה");
    await page.getByLabel("טלפון נייד").fill(some());
    await page.getByRole("button", { name: "הוספה לצוות" }).click();
    await page.getByText("אורי שדה").waitFor();
    return path;
  });
  const { kept: insurer, told: partner } = await somebody(async (page) => {
    await signIn(page, INSURER);
    await page.goto("/partners/open");
    await page.getByLabel("שם הארגון").fill("שומר־בית ביטוח");
    await page.getByLabel("סוג הארגון").selectOption("insurer");
    await page.getByRole("button", { name: "פתיחת חשבון" }).click();
    await page.getByRole("heading", { level: 1, name: "שומר־בית" }).waitFor();
    const path = new URL(page.url()).pathname;
    await page.getByLabel("כתובת", { exact: true }).fill(receiver);
    await page.getByRole("button", { name: "נקודת קצה חדשה" }).click();
    await page.locator('input[value^="whsec_"]').waitFor();
    return path;
  });
  await somebody(async (page) => {
    await page.goto(`/b/${slug}/committee/access`);
    await page.getByLabel("קוד השותף").fill(partner.split("/").at(-1));
    await page.getByLabel(/הודעות הוועד לכל הבניין/).check();
    await page.getByLabel(/סכנה/).first().check();
    await page.getByRole("button", { name: "הענקת גישה" }).click();
    await page.locator("#granted").getByText("שומר־בית").waitFor();
  }, chair);
  return { slug, insurer, partner, post, checkout, chair, resident, paid, coded, platform, manager, company };
}

const made = await prepare();
const pictures = [
  { name: "landing", path: "/" },
  { name: "open", path: "/open" },
  { name: "join", path: `/b/${made.slug}/join`, act: (page) => fillJoin(page) },
  { name: "checkout", path: made.checkout },
  { name: "welcome", path: `/b/${made.slug}/welcome`, as: made.paid },
  { name: "feed", path: `/b/${made.slug}`, as: made.resident },
  { name: "post", path: made.post, as: made.resident },
  { name: "signin", path: "/signin" },
  { name: "code", path: "/signin/code", as: made.coded },
  { name: "committee", path: `/b/${made.slug}/committee`, as: made.chair },
  { name: "residents", path: `/b/${made.slug}/committee/residents`, as: made.chair },
  { name: "offices", path: `/b/${made.slug}/committee/residents`, as: made.chair, act: openOffice },
  { name: "search", path: `/b/${made.slug}/search?asked=${encodeURIComponent("מורה לפסנתר")}`, as: made.resident },
  { name: "neighbours", path: `/b/${made.slug}`, as: made.resident, act: (page) => toTheMiddle(page.locator("form[action='/call/buildings/vouch']").first()) },
  { name: "devices", path: "/home/devices", as: made.chair },
  { name: "company", path: made.company, as: made.manager },
  { name: "managed", path: `/b/${made.slug}/committee/company`, as: made.chair },
  { name: "audit", path: `/b/${made.slug}/committee/audit`, as: made.chair },
  { name: "access", path: `/b/${made.slug}/committee/access`, as: made.chair },
  { name: "partner", path: made.partner, as: made.insurer },
  { name: "developers", path: "/developers" },
  { name: "hazards", path: `/b/${made.slug}/committee/hazards`, as: made.chair },
  { name: "danger", path: `/b/${made.slug}`, as: made.resident, before: () => raiseDanger(), after: () => clearDanger() },
  { name: "queues", path: "/operator/queues", as: made.platform },
  { name: "inbound", path: "/operator/inbound", as: made.platform },
  { name: "outgoing", path: "/operator/webhooks", as: made.platform },
  { name: "tenants", path: "/operator/tenants", as: made.platform },
  { name: "health", path: "/operator/health", as: made.platform },
  { name: "slow", path: "/operator/slow", as: made.platform },
  { name: "operator", path: "/operator", as: made.platform },
  { name: "notfound", path: "/no-such-page" },
  // Taken when they are named: to look at, not for the README.
  { name: "kit", path: "/ui", aside: true, whole: true },
  { name: "poster", path: `/b/${made.slug}/committee/poster`, as: made.chair, aside: true },
  { name: "home", path: "/home?stay=1", as: made.insurer, aside: true },
  { name: "offline", path: "/offline", aside: true },
  { name: "privacy", path: "/privacy", aside: true },
].filter(({ name, aside }) => (wanted.length === 0 ? !aside : wanted.includes(name)));

async function fillJoin(page) {
  await page.getByLabel("מספר דירה").fill("16");
  await page.locator("#flat-check").getByText("16").waitFor();
}

async function openOffice(page) {
  await page.getByRole("link", { name: /תפקיד/ }).first().click();
  await page.locator("#office").waitFor();
}

/** A standing danger, as the committee declares it. */
async function raiseDanger() {
  await somebody(async (page) => {
    await page.goto(`/b/${made.slug}/committee/hazards`);
    await page.getByLabel("מה קרה").selectOption({ label: "גז" });
    await page.getByLabel("כמה זה חמור").selectOption({ label: "חירום" });
    await page.getByLabel("מה חשוב לדעת עכשיו").fill("יש ריח גז בחדר המדרגות. לצאת ברגל, בלי מעלית, ולהמתין ברחבה. מכבי האש בדרך.");
    await page.getByRole("button", { name: "הכרזה לכל הבניין" }).click();
    await page.getByRole("button", { name: "הסכנה חלפה" }).waitFor();
  }, made.chair);
}

async function clearDanger() {
  await somebody(async (page) => {
    await page.goto(`/b/${made.slug}/committee/hazards`);
    await page.getByRole("button", { name: "הסכנה חלפה" }).click();
    await page.getByRole("button", { name: "הסכנה חלפה" }).waitFor({ state: "detached" });
  }, made.chair);
}

function toTheMiddle(place) {
  return place.evaluate((element) => element.scrollIntoView({ block: "center" }));
}

for (const { name, path, as, act, whole, before, after } of pictures) {
  await before?.();
  for (const viewport of SIZES) {
    for (const colorScheme of ["light", "dark"]) {
      const context = await browser.newContext({ baseURL: base, viewport, colorScheme, storageState: as, locale: "he-IL", timezoneId: "Asia/Jerusalem", deviceScaleFactor: 1, reducedMotion: "reduce" });
      const page = await context.newPage();
      await page.goto(path);
      if ((await page.locator("head script[type=module]").count()) > 0) await page.locator("html[data-hydrated]").waitFor();
      await page.evaluate(() => document.fonts.ready);
      await act?.(page);
      await page.screenshot({ path: `${FOLDER}${name}-${viewport.width}-${colorScheme}.png`, animations: "disabled", fullPage: whole });
      await context.close();
    }
  }
  await after?.();
  console.log(name);
}
await browser.close();
