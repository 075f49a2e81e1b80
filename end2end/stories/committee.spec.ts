// The committee sees who joined, confirms, removes, and says yes to a flatmate.
import type { Page } from "@playwright/test";
import { awake, expect, join, neighbour, openBuilding, sendJoin, test, visit } from "../support";

/** The row of a neighbour in the list of those who joined. */
function row(page: Page, name: string) {
  return page.getByRole("listitem").filter({ hasText: name });
}

test("the chair sees who joined, confirms one and removes an impostor, who is out at once", async ({ browse }) => {
  const { slug, street, chair } = await openBuilding();
  const [maya, stranger] = [neighbour("4", "מאיה כהן"), neighbour("5", "יוסי זר")];
  const [neighbours, impostor, committee] = [await browse(), await browse(), await browse(chair.session)];
  await join(neighbours, slug, maya);
  await join(impostor, slug, stranger);

  await visit(committee, `/b/${slug}/committee`);
  await expect(committee.getByText("2 דברים מחכים להחלטה")).toBeVisible();
  await visit(committee, `/b/${slug}/committee/residents`);
  await expect(row(committee, maya.name)).toContainText("דירה 4, קומה 1");
  await expect(row(committee, maya.name)).toContainText("עוד לא אומת");
  await expect(row(committee, maya.name), "the committee sees the phone").toContainText(maya.phone.typed.slice(4, 7));
  await row(committee, maya.name).getByRole("button", { name: "אימות" }).click();
  await expect(row(committee, maya.name)).not.toContainText("עוד לא אומת");

  await row(committee, stranger.name).getByRole("link", { name: "הסרה" }).click();
  const question = committee.getByRole("region", { name: /להסיר את/ });
  await expect(question).toContainText("הגישה נסגרת מיד");
  await question.getByRole("button", { name: "הסרה מהבניין" }).click();
  await expect(committee.locator("#problems"), "a reason is asked for").toContainText("כדאי לכתוב למה");
  await question.getByLabel("למה").fill("לא גר בבניין");
  await question.getByRole("button", { name: "הסרה מהבניין" }).click();
  await expect(committee.getByText("הוסרו (1)")).toBeVisible();
  await expect(row(committee, stranger.name).getByRole("link", { name: "הסרה" })).toHaveCount(0);

  await impostor.goto(`/b/${slug}`);
  await expect(impostor.getByRole("heading", { level: 1 })).toBeVisible();
  await expect(impostor.getByRole("heading", { level: 1, name: street }), "the board is closed to him").toBeHidden();
  await neighbours.goto(`/b/${slug}`);
  await expect(neighbours.getByRole("heading", { level: 1, name: street }), "and open to the neighbour").toBeVisible();
});

test("a flatmate joins free, waits, and gets a yes from the flat", async ({ browse }) => {
  const { slug, street } = await openBuilding();
  const [maya, itay] = [neighbour("6", "מאיה כהן"), neighbour("6", "איתי כהן")];
  const [first, second] = [await browse(), await browse()];
  await join(first, slug, maya);

  await sendJoin(second, slug, itay);
  await expect(second.getByRole("heading", { level: 1, name: "הבקשה נשלחה" })).toBeVisible();
  await expect(second.getByText("אין מה לשלם")).toBeVisible();
  await second.goto(`/b/${slug}`);
  await expect(second.getByRole("heading", { level: 1, name: street }), "not in yet").toBeHidden();

  await visit(first, `/b/${slug}`);
  await expect(first.getByRole("heading", { level: 2, name: `בקשת הצטרפות לדירה: ${itay.name}` })).toBeVisible();
  await first.getByRole("button", { name: "אישור" }).click();
  await expect(first.getByRole("heading", { level: 2, name: /בקשת הצטרפות/ })).toHaveCount(0);

  await visit(second, `/b/${slug}/welcome`);
  await expect(second.getByRole("heading", { level: 1 }), "the browser that asked is let in by itself").toHaveText("האור בדירה 6 דולק");
  await second.getByRole("link", { name: "כניסה לבניין" }).click();
  await expect(second.getByRole("heading", { level: 1, name: street })).toBeVisible();
});

test("the committee answers in a building where everybody waits for its yes", async ({ browse }) => {
  const { slug, chair } = await openBuilding({ needs_approval: "true" });
  const [dana, stranger] = [neighbour("7", "דנה רז"), neighbour("1", "פלוני אלמוני")];
  const [hers, his, committee] = [await browse(), await browse(), await browse(chair.session)];
  await visit(hers, `/b/${slug}/join`);
  await expect(hers.getByText("ועד הבית מאשר כל הצטרפות")).toBeVisible();
  await sendJoin(hers, slug, dana);
  await hers.getByLabel("מספר כרטיס").fill("4242424242424242");
  await hers.getByLabel("תוקף: חודש ושנה").fill("1234");
  await hers.getByLabel("שלוש ספרות בגב הכרטיס").fill("123");
  await hers.getByRole("button", { name: /^תשלום של/ }).click();
  await expect(hers.getByRole("heading", { level: 1, name: "הבקשה נשלחה" })).toBeVisible();

  await visit(committee, `/b/${slug}/committee`);
  const waiting = committee.locator("#waiting").getByRole("listitem").filter({ hasText: dana.name });
  await expect(waiting).toContainText("הטלפון לא ברשימת הוועד");
  await waiting.getByRole("button", { name: "אישור" }).click();
  await expect(committee.locator("#waiting")).toHaveCount(0);

  if (awake()) await expect(hers.getByRole("heading", { level: 1 }), "the waiting page looks again by itself").toHaveText("האור בדירה 7 דולק", { timeout: 25_000 });
  await visit(hers, `/b/${slug}/welcome`);
  await expect(hers.getByRole("heading", { level: 1 })).toHaveText("האור בדירה 7 דולק");
});

test("a resident does not see the committee's pages", async ({ page }) => {
  const { slug } = await openBuilding();
  await join(page, slug, neighbour("8", "רון לב"));
  for (const path of ["committee", "committee/residents", "committee/poster"]) {
    const answer = await page.goto(`/b/${slug}/${path}`);
    expect(answer?.status(), path).toBe(404);
    await expect(page.getByText(/מאיה|נועה/)).toHaveCount(0);
  }
});

test("the lobby's sheet leads to the join form", async ({ browse }) => {
  const { slug, chair } = await openBuilding({ invite_code: "GEFEN7" });
  const committee = await browse(chair.session);
  await visit(committee, `/b/${slug}/committee/residents`);
  await expect(committee.getByLabel("הקישור להצטרפות")).toHaveValue(new RegExp(`/b/${slug}/join`));
  await committee.getByRole("link", { name: "דף ללובי" }).first().click();
  await expect(committee.getByRole("img", { name: /QR/ })).toBeVisible();
  await expect(committee.getByText("GEFEN7")).toBeVisible();
});

test("every act of the list is in reach at any width", async ({ browse, page }) => {
  const { slug, chair } = await openBuilding();
  await join(page, slug, neighbour("8", "רון לב"));
  const committee = await browse(chair.session);
  for (const width of [390, 1024, 1440, 1680, 1920]) {
    await committee.setViewportSize({ width, height: 900 });
    await visit(committee, `/b/${slug}/committee/residents`);
    const list = committee.locator("#desk-joined");
    const card = (await list.boundingBox())!;
    const acts = await list.locator("a, button").filter({ visible: true }).all();
    expect(acts.length, `at ${width}`).toBeGreaterThan(3);
    for (const act of acts) {
      const box = (await act.boundingBox())!;
      expect(box.x, `${await act.innerText()} at ${width}`).toBeGreaterThanOrEqual(card.x);
      expect(box.x + box.width, `${await act.innerText()} at ${width}`).toBeLessThanOrEqual(card.x + card.width);
    }
  }
});
