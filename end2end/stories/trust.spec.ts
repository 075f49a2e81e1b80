// Offices of the building, and neighbours who confirm a neighbour.
import type { Page } from "@playwright/test";
import { expect, join, neighbour, openBuilding, test, visit } from "../support";

/** The row of a neighbour in the list of those who joined. */
function row(page: Page, name: string) {
  return page.locator("#desk-joined").getByRole("listitem").filter({ hasText: name });
}

test("two neighbours who are confirmed confirm a third", async ({ browse }) => {
  const { slug, chair } = await openBuilding();
  const [yael, dan, noa] = [neighbour("4", "יעל ברק"), neighbour("5", "דן לוי"), neighbour("7", "נועה שגב")];
  const [hers, his, newcomer, committee] = [await browse(), await browse(), await browse(), await browse(chair.session)];
  await join(hers, slug, yael);
  await join(his, slug, dan);
  for (const one of [yael, dan]) {
    await visit(committee, `/b/${slug}/committee/residents`);
    await row(committee, one.name).getByRole("button", { name: "אימות" }).click();
    await expect(row(committee, one.name)).not.toContainText("עוד לא אומת");
  }
  await join(newcomer, slug, noa);

  const card = (page: Page) => page.getByRole("region", { name: "מי השכנים החדשים?" });
  await visit(hers, `/b/${slug}`);
  await expect(card(hers)).toContainText("מכירים את נועה שגב, דירה 7?");
  await card(hers).getByRole("button", { name: "כן, מכירים" }).click();
  await expect(card(hers)).toContainText("נרשמה היכרות עם נועה שגב");
  await card(hers).getByRole("button", { name: "ביטול" }).click();
  await card(hers).getByRole("button", { name: "כן, מכירים" }).click();
  await expect(card(hers)).toContainText("נרשמה היכרות עם נועה שגב");
  await visit(newcomer, `/b/${slug}`);
  await expect(card(newcomer), "who is not confirmed is not asked").toHaveCount(0);

  await visit(committee, `/b/${slug}/committee/residents`);
  await expect(row(committee, noa.name), "one is not enough").toContainText("עוד לא אומת");
  await visit(his, `/b/${slug}`);
  await card(his).getByRole("button", { name: "כן, מכירים" }).click();
  await expect(card(his)).toHaveCount(0);
  await visit(committee, `/b/${slug}/committee/residents`);
  await expect(row(committee, noa.name)).not.toContainText("עוד לא אומת");
  await expect(row(committee, noa.name)).toContainText(/מוכר לשכנים: \u2068?יעל ברק\u2069?, \u2068?דן לוי/);
});

test("the chair gives an office and hands his own on", async ({ browse }) => {
  const { slug, chair } = await openBuilding();
  const maya = neighbour("4", "מאיה כהן");
  const [hers, committee] = [await browse(), await browse(chair.session)];
  await join(hers, slug, maya);

  await visit(committee, `/b/${slug}/committee/residents`);
  await row(committee, maya.name).getByRole("link", { name: "תפקיד" }).click();
  const office = committee.getByRole("region", { name: /התפקיד של/ });
  await office.getByRole("combobox", { name: "תפקיד" }).selectOption("treasurer");
  await office.getByRole("button", { name: "שמירה" }).click();
  await expect(row(committee, maya.name)).toContainText("דירה 4, קומה 1 · גזבר");
  await visit(hers, `/b/${slug}/committee/residents`);
  await expect(row(hers, maya.name), "her rights count at once").toBeVisible();
  await expect(hers.getByRole("link", { name: "תפקיד" }), "and end before the chair's").toHaveCount(0);

  await row(committee, maya.name).getByRole("link", { name: "תפקיד" }).click();
  await office.getByRole("link", { name: "העברת תפקיד היו״ר" }).click();
  const question = committee.getByRole("region", { name: /להעביר את תפקיד היו״ר/ });
  await expect(question).toContainText("בבניין יש יו״ר אחד");
  await question.getByRole("button", { name: "העברת התפקיד" }).click();
  await expect(question).toHaveCount(0);
  await expect(committee.getByRole("link", { name: "תפקיד" }), "the former chair gives no office").toHaveCount(0);
  await visit(hers, `/b/${slug}/committee/residents`);
  await expect(row(hers, chair.name).getByRole("link", { name: "תפקיד" }), "the next one does").toBeVisible();
});
