// Payments that do not go through: nothing is charged, nothing is lost, and the next card works.
import { CARD, expect, neighbour, openBuilding, payWith, sendJoin, test } from "../support";

test("a declined card is told, and another one goes through", async ({ page }) => {
  const { slug } = await openBuilding();
  await sendJoin(page, slug, neighbour("4", "תמר אלון"));
  await payWith(page, CARD.declined);
  await expect(page.getByRole("alert")).toContainText("לא חויבת");
  await expect(page.getByLabel("מספר כרטיס"), "the number is kept, to be looked at").toHaveValue(CARD.declined);
  await payWith(page, CARD.good);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("האור בדירה 4 דולק");
});

test("the bank's step is refused and then confirmed", async ({ page }) => {
  const { slug } = await openBuilding();
  await sendJoin(page, slug, neighbour("5", "עמית דגן"));
  await payWith(page, CARD.asksTheBank);
  await expect(page.getByRole("heading", { name: "אימות מול הבנק" })).toBeVisible();
  await page.getByRole("button", { name: "דחיית האימות" }).click();
  await expect(page.getByRole("alert")).toContainText("לא חויבת");
  await payWith(page, CARD.asksTheBank);
  await page.getByRole("button", { name: "אישור התשלום" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("האור בדירה 5 דולק");
});

test("a payment that is given up leads back to the form with nothing lost", async ({ page }) => {
  const { slug } = await openBuilding();
  const gil = neighbour("6", "גיל נבו");
  await sendJoin(page, slug, gil);
  await page.getByRole("link", { name: /^ביטול וחזרה/ }).click();
  await expect(page).toHaveURL(`/b/${slug}/join`);
  await expect(page.getByRole("alert")).toContainText("לא חויבת");
  await expect(page.getByLabel("מספר דירה")).toHaveValue("6");
  await expect(page.getByLabel("שם מלא")).toHaveValue(gil.name);
  await expect(page.getByLabel("טלפון נייד")).toHaveValue(new RegExp(gil.phone.e164.slice(-4)));

  await page.getByRole("button", { name: "המשך לתשלום" }).click();
  await payWith(page, CARD.good);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("האור בדירה 6 דולק");
});

test("a payment page that ran out sends back without a charge", async ({ page }) => {
  const { slug } = await openBuilding();
  await sendJoin(page, slug, neighbour("9", "רות גל"));
  await expect(page).toHaveURL(/\/c\/pay\/cs_/);
  await expireCheckout(page.url());
  await page.reload();
  await expect(page.getByText("לא חויבת")).toBeVisible();
  await page.getByRole("link", { name: "חזרה לאתר" }).click();
  await expect(page).toHaveURL(`/b/${slug}/join`);
  await page.getByRole("button", { name: "המשך לתשלום" }).click();
  await payWith(page, CARD.good);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("האור בדירה 9 דולק");
});

/** Lets the time of a payment page run out, as its provider would after a day. */
async function expireCheckout(address: string): Promise<void> {
  const { origin, pathname } = new URL(address);
  const answer = await fetch(`${origin}/_sandbox/sessions/${pathname.split("/").at(-1)}/expire`, { method: "POST" });
  expect(answer.status).toBe(200);
}
