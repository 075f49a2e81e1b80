// Coming back: a phone and six digits, and no way in without them.
import { CARD, codeFor, expect, join, neighbour, openBuilding, payWith, sendJoin, signIn, test, typeCode, visit } from "../support";

test("somebody signs out and comes back with a code", async ({ page }) => {
  const { slug, street } = await openBuilding();
  const maya = neighbour("2", "מאיה כהן");
  await join(page, slug, maya);

  await visit(page, "/home?stay=1");
  await page.getByRole("button", { name: "יציאה מהמכשיר הזה" }).click();
  await expect(page).toHaveURL("/");
  await page.goto(`/b/${slug}`);
  await expect(page.getByRole("heading", { level: 1, name: street }), "the board is closed").toBeHidden();

  await signIn(page, maya.phone);
  await expect(page).toHaveURL(`/b/${slug}`);
  await expect(page.getByRole("heading", { level: 1, name: street })).toBeVisible();
});

test("a wrong code is told, and the right one still works", async ({ page }) => {
  const { slug, chair } = await openBuilding();
  await visit(page, `/signin?next=${encodeURIComponent(`/b/${slug}/committee`)}`);
  await page.getByLabel("טלפון נייד").fill(chair.phone.typed);
  await page.getByRole("button", { name: "שליחת קוד" }).click();
  await expect(page).toHaveURL(/\/signin\/code/);
  const code = await codeFor(chair.phone);
  await typeCode(page, code === "000000" ? "000001" : "000000");
  await expect(page.getByText("הקוד לא מתאים.")).toBeVisible();
  await expect(page.getByLabel("קוד בן 6 ספרות")).toHaveAttribute("aria-invalid", "true");

  await typeCode(page, code);
  await expect(page, "the way that was asked for").toHaveURL(`/b/${slug}/committee`);
  await expect(page.getByRole("heading", { level: 1, name: "סקירה" })).toBeVisible();
});

test("a phone nobody knows gets the same page and no code", async ({ page }) => {
  const { phone } = neighbour("1", "");
  await visit(page, "/signin");
  await page.getByLabel("טלפון נייד").fill(phone.typed);
  await page.getByRole("button", { name: "שליחת קוד" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "מה הקוד?" })).toBeVisible();
  await typeCode(page, "123456");
  await expect(page.getByText("הקוד לא מתאים.")).toBeVisible();
});

test("a landline is told before anything is sent", async ({ page, open }) => {
  await open("/signin");
  await page.getByLabel("טלפון נייד").fill("03-5551234");
  await page.getByRole("button", { name: "שליחת קוד" }).click();
  await expect(page.locator("#problems")).toContainText("זה נראה כמו מספר קווי");
  await expect(page.getByLabel("טלפון נייד")).toHaveValue("03-5551234");
});

test("an attempt to join with a phone that is known asks for the code first", async ({ page, browse }) => {
  const maya = neighbour("3", "מאיה כהן");
  const first = await openBuilding();
  await join(await browse(), first.slug, maya);

  const second = await openBuilding();
  await sendJoin(page, second.slug, { ...maya, flat: "8" });
  await payWith(page, CARD.good);
  await expect(page.getByRole("heading", { level: 1, name: "המספר הזה כבר מוכר כאן" })).toBeVisible();
  await page.getByRole("link", { name: "שליחת קוד" }).click();
  await page.getByLabel("טלפון נייד").fill(maya.phone.typed);
  await page.getByRole("button", { name: "שליחת קוד" }).click();
  await typeCode(page, await codeFor(maya.phone));
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("האור בדירה 8 דולק");
});
