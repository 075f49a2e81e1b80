// The board: a post with a picture, an answer, a heart, the committee's notice, an event and a report.
import type { Locator, Page } from "@playwright/test";
import { expect, join, neighbour, openBuilding, settled, test, visit } from "../support";

/** A picture of one colour, 8 × 8. */
const PICTURE = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEElEQVR42mNgqOjBjoaWBABDP0EBn9K3oAAAAABJRU5ErkJggg==", "base64");

interface Draft {
  body: string;
  kind?: "post" | "notice" | "event";
  title?: string;
  eventAt?: string;
  picture?: Buffer;
}

/** Opens the composer and publishes. */
async function write(page: Page, draft: Draft): Promise<void> {
  await page.locator("#compose > summary").click();
  await page.getByLabel("סוג").selectOption(draft.kind ?? "post");
  if (draft.title) await page.getByLabel("כותרת").fill(draft.title);
  await page.getByLabel("תוכן").fill(draft.body);
  if (draft.eventAt) await page.getByLabel("מועד האירוע").fill(draft.eventAt);
  if (draft.picture) await page.getByLabel("תמונות").setInputFiles({ name: "stairs.png", mimeType: "image/png", buffer: draft.picture });
  await page.getByRole("button", { name: "פרסום" }).click();
}

/** The post that says this. */
function post(page: Page, words: string): Locator {
  return page.getByRole("article").filter({ hasText: words });
}

test("a neighbour posts with a picture; another answers and gives a heart", async ({ browse }) => {
  const { slug } = await openBuilding();
  const [maya, rami] = [neighbour("4", "מאיה כהן"), neighbour("5", "רמי שלו")];
  const [hers, his] = [await browse(), await browse()];
  await join(hers, slug, maya);
  await join(his, slug, rami);

  await write(hers, { body: "נמצא צמיד בחדר המדרגות, אצלי בדירה 4.", picture: PICTURE });
  await expect(hers).toHaveURL(`/b/${slug}`);
  const picture = post(hers, "נמצא צמיד").getByRole("img", { name: `תמונה בפוסט של ${maya.name}` });
  await expect(picture).toBeVisible();
  await expect(picture).toHaveJSProperty("complete", true);

  await visit(his, `/b/${slug}`);
  const heart = post(his, "נמצא צמיד").getByRole("button", { name: /לב/ });
  await expect(heart).toHaveAccessibleName("סימון לב (0)");
  // An awake heart answers before the server does.
  const kept = his.waitForResponse(/\/call\/feed\/react/);
  await heart.click();
  await expect(heart).toHaveAccessibleName("ביטול הלב (1)");
  await kept;
  await expect(heart).toHaveAttribute("aria-pressed", "true");
  await visit(his, `/b/${slug}`);
  await expect(heart, "and it stays").toHaveAccessibleName("ביטול הלב (1)");

  await post(his, "נמצא צמיד").getByRole("link", { name: "תגובה", exact: true }).click();
  await expect(his).toHaveURL(/\/posts\//);
  await settled(his);
  await his.getByLabel("תגובה", { exact: true }).fill("זה של אשתי, תודה!");
  await his.getByRole("button", { name: "שליחה" }).click();
  await expect(his.locator("#comments").getByText("זה של אשתי, תודה!")).toBeVisible();
  await expect(his.locator("#comments").getByRole("heading", { level: 2 })).toContainText("1");
});

test("the committee's notice stays on top and an event stands in the week", async ({ browse }) => {
  const { slug, chair } = await openBuilding();
  const committee = await browse(chair.session);
  await visit(committee, `/b/${slug}`);
  await write(committee, { kind: "notice", title: "הפסקת מים", body: "ביום חמישי בין 9 ל־12." });
  await visit(committee, `/b/${slug}`);
  const soon = new Date(Date.now() + 2 * 86_400_000).toISOString().slice(0, 10);
  await write(committee, { kind: "event", title: "ערב שכנים", body: "מביאים משהו קטן.", eventAt: `${soon}T19:30` });

  const resident = await browse();
  await join(resident, slug, neighbour("9", "ליאת מור"));
  await expect(resident.getByRole("heading", { level: 2, name: "הפסקת מים" })).toBeVisible();
  await expect(resident.getByRole("link", { name: /ערב שכנים/ }).filter({ visible: true }).first()).toBeVisible();
  await resident.getByRole("navigation", { name: "סינון הלוח" }).getByRole("link", { name: "אירועים" }).click();
  await expect(post(resident, "ערב שכנים")).toContainText("19:30");
  await expect(resident.getByRole("region", { name: "הלוח" }).getByText("ליאת מור"), "what is no event is filtered out").toHaveCount(0);

  await visit(resident, `/b/${slug}`);
  await resident.locator("#compose > summary").click();
  await expect(resident.getByLabel("סוג").locator("option[value=notice]"), "residents write no notices").toHaveCount(0);
});

test("a post is reported to the committee, which takes it down", async ({ browse }) => {
  const { slug, chair } = await openBuilding();
  const [seller, reader, committee] = [await browse(), await browse(), await browse(chair.session)];
  await join(seller, slug, neighbour("10", "דוד כץ"));
  await join(reader, slug, neighbour("11", "אילנה בר"));
  await write(seller, { body: "מבצע על ספות, רק היום!" });
  await expect(post(seller, "מבצע על ספות")).toBeVisible();

  await visit(reader, `/b/${slug}`);
  await post(reader, "מבצע על ספות").getByLabel("עוד אפשרויות").click();
  await reader.getByText("דיווח לוועד").click();
  await reader.getByRole("button", { name: "פרסומת" }).click();
  await expect(reader.getByText("הדיווח נשלח לוועד")).toBeVisible();

  await visit(committee, `/b/${slug}`);
  await post(committee, "מבצע על ספות").getByLabel("עוד אפשרויות").click();
  await committee.locator("details.menu[open]").getByText("הסרה", { exact: true }).click();
  await committee.getByRole("button", { name: "הסרה מהלוח" }).click();
  await expect(post(committee, "מבצע על ספות")).toHaveCount(0);
  await visit(reader, `/b/${slug}`);
  await expect(post(reader, "מבצע על ספות")).toHaveCount(0);
});

test("an event that cannot go through comes back with what was typed", async ({ page }) => {
  const { slug } = await openBuilding();
  await join(page, slug, neighbour("12", "עדי פז"));
  await write(page, { kind: "event", title: "תיקון האינטרקום", body: "<b>מחר</b> בבוקר & עד הצהריים" });
  await expect(page.locator("#problems")).toContainText("מועד האירוע");
  await expect(page.getByLabel("כותרת")).toHaveValue("תיקון האינטרקום");
  await settled(page);
  const day = new Date(Date.now() + 3 * 86_400_000).toISOString().slice(0, 10);
  await page.getByLabel("מועד האירוע").fill(`${day}T10:00`);
  await page.getByRole("button", { name: "פרסום" }).click();
  await expect(page).toHaveURL(`/b/${slug}`);
  await expect(post(page, "תיקון האינטרקום")).toContainText("<b>מחר</b> בבוקר & עד הצהריים");
});

test("an empty post is told; a neighbour's post has no title to lose", async ({ page }) => {
  const { slug } = await openBuilding();
  await join(page, slug, neighbour("2", "ענת גור"));
  await page.locator("#compose > summary").click();
  await expect(page.getByLabel("כותרת")).toBeHidden();
  await page.getByLabel("סוג").selectOption("event");
  await expect(page.getByLabel("כותרת")).toBeVisible();
  await page.getByLabel("סוג").selectOption("post");
  await page.getByRole("button", { name: "פרסום" }).click();
  await expect(page.locator("#problems")).toContainText("כדאי לכתוב כמה מילים");
});

test("a file that is no picture is told in its place", async ({ page }) => {
  const { slug } = await openBuilding();
  await join(page, slug, neighbour("3", "נעמה טל"));
  await write(page, { body: "מצורף מסמך", picture: Buffer.from("%PDF-1.7 not a picture") });
  await expect(page.locator("#problems")).toContainText("תמונות");
  await expect(page.getByLabel("תוכן")).toHaveValue("מצורף מסמך");
});

test("a post is found by a word, mended, hidden by a neighbour and put back after it was taken down", async ({ browse }) => {
  const { slug } = await openBuilding();
  const [writer, reader] = [await browse(), await browse()];
  await join(writer, slug, neighbour("6", "הדס לב"));
  await join(reader, slug, neighbour("7", "גיל שחר"));
  await write(writer, { body: "הַמַּעֲלִית תקועה, הטכנאי מגיע בתשע" });

  // Found from the board, without niqqud; the found word is marked.
  await visit(reader, `/b/${slug}`);
  await reader.getByRole("link", { name: "חיפוש", exact: true }).click();
  await reader.getByLabel("מה לחפש בלוח?").fill("מעלית");
  await reader.getByRole("button", { name: "חיפוש בלוח" }).click();
  await expect(reader.locator("mark")).toHaveCount(1);
  await reader.getByRole("link", { name: /תקועה/ }).click();
  await expect(reader).toHaveURL(/\/posts\//);

  // Mended by who wrote it, and marked so.
  await visit(writer, `/b/${slug}`);
  await post(writer, "הטכנאי מגיע בתשע").getByLabel("עוד אפשרויות").click();
  await post(writer, "הטכנאי מגיע בתשע").getByRole("link", { name: "עריכה" }).click();
  await settled(writer);
  await writer.getByLabel("תוכן").fill("המעלית תקועה, הטכנאי מגיע בעשר");
  await writer.getByRole("button", { name: "שמירה" }).click();
  await expect(post(writer, "מגיע בעשר")).toContainText("נערך");

  // Hidden by one reader, who takes it back.
  await visit(reader, `/b/${slug}`);
  await post(reader, "מגיע בעשר").getByLabel("עוד אפשרויות").click();
  await reader.getByRole("button", { name: "הסתרה מהלוח שלי" }).click();
  await expect(post(reader, "מגיע בעשר")).toHaveCount(0);
  await reader.getByRole("button", { name: "החזרה" }).click();
  await visit(reader, `/b/${slug}`);
  await expect(post(reader, "מגיע בעשר")).toHaveCount(1);

  // Taken down, and put back within the ten minutes.
  await visit(writer, `/b/${slug}`);
  await post(writer, "מגיע בעשר").getByLabel("עוד אפשרויות").click();
  await writer.locator("details.menu[open]").getByText("הסרה", { exact: true }).click();
  await writer.getByRole("button", { name: "הסרה מהלוח" }).click();
  await expect(post(writer, "מגיע בעשר")).toHaveCount(0);
  await writer.getByRole("button", { name: "החזרה" }).click();
  await expect(post(writer, "מגיע בעשר")).toHaveCount(1);
});
