// What one neighbour writes stands on another's board without loading the page again.
import { expect, join, neighbour, openBuilding, test, visit } from "../support";

test("a post of one browser arrives in a second one, once, with its heart awake", async ({ browse }) => {
  const { slug } = await openBuilding();
  const [writer, reader] = [await browse(), await browse()];
  await join(writer, slug, neighbour("4", "מאיה כהן"));
  await join(reader, slug, neighbour("5", "רמי שלו"));
  await visit(reader, `/b/${slug}`);
  await visit(writer, `/b/${slug}`);
  await reader.evaluate(() => document.documentElement.setAttribute("data-same-page", ""));

  await writer.locator("#compose > summary").click();
  await writer.getByLabel("תוכן").fill("המעלית עובדת שוב");
  await writer.getByRole("button", { name: "פרסום" }).click();

  const arrived = reader.locator("#posts article").filter({ hasText: "המעלית עובדת שוב" });
  await expect(arrived).toHaveCount(1);
  await expect(reader.locator("#posts article").first()).toContainText("המעלית עובדת שוב");
  await expect(reader.getByRole("status").filter({ hasText: "פוסט חדש בלוח" })).toHaveCount(1);
  await expect(reader.locator("html"), "the page was not loaded again").toHaveAttribute("data-same-page", "");

  const heart = arrived.getByRole("button", { name: /לב/ });
  await heart.click();
  await expect(heart).toHaveAccessibleName("ביטול הלב (1)");
  await expect(reader.locator("html"), "the heart is awake").toHaveAttribute("data-same-page", "");
});

test("under a filter a new post is told, not put in", async ({ browse }) => {
  const { slug, chair } = await openBuilding();
  const [writer, reader] = [await browse(chair.session), await browse()];
  await join(reader, slug, neighbour("6", "איתי גל"));
  await visit(reader, `/b/${slug}?filter=committee`);
  await visit(writer, `/b/${slug}`);
  await writer.locator("#compose > summary").click();
  await writer.getByLabel("תוכן").fill("אסיפת דיירים ביום שני");
  await writer.getByRole("button", { name: "פרסום" }).click();
  await reader.getByRole("link", { name: "הצגה" }).click();
  await expect(reader).toHaveURL(`/b/${slug}`);
  await expect(reader.getByRole("article").filter({ hasText: "אסיפת דיירים" })).toBeVisible();
});

test("a post that is taken down leaves the other board by itself", async ({ browse }) => {
  const { slug, chair } = await openBuilding();
  const [writer, reader] = [await browse(chair.session), await browse()];
  await join(reader, slug, neighbour("7", "הדר נוי"));
  await visit(writer, `/b/${slug}`);
  await writer.locator("#compose > summary").click();
  await writer.getByLabel("תוכן").fill("נכתב בטעות");
  await writer.getByRole("button", { name: "פרסום" }).click();
  await expect(reader.locator("#posts").getByText("נכתב בטעות")).toBeVisible();

  const mine = writer.getByRole("article").filter({ hasText: "נכתב בטעות" });
  await mine.getByLabel("עוד אפשרויות").click();
  await writer.locator("details.menu[open]").getByText("הסרה", { exact: true }).click();
  await writer.getByRole("button", { name: "הסרה מהלוח" }).click();
  await expect(reader.locator("#posts").getByText("נכתב בטעות")).toHaveCount(0);
});

test("who joins lights a window on the committee's open screens", async ({ browse }) => {
  const { slug, chair } = await openBuilding();
  const [overview, residents, newcomer] = [await browse(chair.session), await browse(chair.session), await browse()];
  await visit(overview, `/b/${slug}/committee`);
  await visit(residents, `/b/${slug}/committee/residents`);
  for (const page of [overview, residents]) await page.evaluate(() => document.documentElement.setAttribute("data-same-page", ""));
  await join(newcomer, slug, neighbour("8", "נגה פלד"));

  await expect(overview.locator("#desk-latest")).toContainText("נגה פלד");
  await expect(overview.locator("#desk-night")).toContainText("2 מתוך 12");
  await expect(overview.locator("#desk-decisions"), "she waits to be confirmed").toContainText("נגה פלד");
  await expect(overview.getByRole("status").filter({ hasText: "הדף עודכן" })).toHaveCount(1);
  await expect(residents.locator("#desk-joined")).toContainText("נגה פלד");
  for (const page of [overview, residents]) await expect(page.locator("html"), "the page was not loaded again").toHaveAttribute("data-same-page", "");
});

test("a danger stands on every open page at once, and is gone when it is over", async ({ browse }) => {
  const { slug, chair } = await openBuilding();
  const [desk, board] = [await browse(chair.session), await browse()];
  await join(board, slug, neighbour("9", "דליה רון"));
  await visit(board, `/b/${slug}`);
  // A page that listens to nothing else has a stream of its own for this.
  const search = await board.context().newPage();
  const listens = search.waitForResponse((answer) => answer.url().endsWith(`/b/${slug}/stream`));
  await visit(search, `/b/${slug}/search`);
  await listens;
  const open = [board, search];
  for (const page of open) await page.evaluate(() => document.documentElement.setAttribute("data-same-page", ""));

  await visit(desk, `/b/${slug}/committee/hazards`);
  await desk.getByLabel("מה קרה").selectOption({ label: "גז" });
  await desk.getByLabel("כמה זה חמור").selectOption({ label: "חירום" });
  await desk.getByLabel("מה חשוב לדעת עכשיו").fill("לצאת ברגל");
  await desk.getByRole("button", { name: "הכרזה לכל הבניין" }).click();
  for (const page of open) {
    await expect(page.getByRole("alert").filter({ hasText: "חירום: גז" })).toContainText("לצאת ברגל");
    await expect(page.locator("html"), "the page was not loaded again").toHaveAttribute("data-same-page", "");
  }
  await desk.getByRole("button", { name: "הסכנה חלפה" }).click();
  for (const page of open) await expect(page.getByRole("alert")).toHaveCount(0);
});
