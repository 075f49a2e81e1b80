// The first minute: a committee opens a building out of its own list, a neighbour joins, pays and stands on the board.
import { awake, CARD, expect, neighbour, newPhone, openBuilding, payWith, sendJoin, settled, test, visit } from "../support";

const LIST = ["דירה,קומה,שם,טלפון", "1,1,נועה ברק,", "2,1,אורי לוי,03-5551234", "3,2,מאיה כהן,", "14,2,,"].join("\n");

test("a building is opened from the committee's list, mended where it was wrong", async ({ page, open }) => {
  const street = `הזית ${Date.now() % 10_000}`;
  await open("/open");
  await page.getByLabel("רחוב ומספר").fill(street);
  await page.getByLabel("עיר").fill("רמת גן");
  await page.getByLabel("שם מלא").fill("נועה ברק");
  await page.getByLabel("הדירה שלך").fill("1");
  await page.getByLabel("טלפון נייד").fill(newPhone().typed);
  await page.getByText("יש רשימה מסודרת?").click();
  await page.getByLabel("קובץ").setInputFiles({ name: "flats.csv", mimeType: "text/csv", buffer: Buffer.from(LIST) });
  await page.getByRole("button", { name: "בדיקת הרשימה" }).click();

  await expect(page.getByText("מקום אחד ברשימה צריך תיקון.")).toBeVisible();
  const list = page.getByRole("region", { name: "הרשימה כפי שנקראה" });
  await expect(list.getByRole("listitem")).toHaveCount(4);
  await expect(list.getByRole("listitem").filter({ hasText: "זה נראה כמו מספר קווי" }), "told beside the line it is about").toContainText("אורי לוי");
  await expect(page.getByLabel("רחוב ומספר"), "what was typed is still there").toHaveValue(street);

  await settled(page);
  const text = page.getByLabel("עריכת הרשימה");
  await text.fill((await text.inputValue()).replace(/03-?5551234/, newPhone().typed));
  await page.getByRole("button", { name: "בדיקה חוזרת" }).click();
  await expect(page.locator("#list").getByText(/הרשימה תקינה: 4 דירות/)).toBeVisible();

  await page.getByRole("button", { name: "פתיחת הבניין" }).click();
  await expect(page).toHaveURL(/\/b\/[^/]+\/committee$/);
  await expect(page.getByRole("heading", { level: 1, name: "סקירה" })).toBeVisible();
  await expect(page.getByText("מתוך 4")).toBeVisible();
});

test("a neighbour joins, pays, sees the light go on and stands on the board", async ({ page, open }) => {
  const { slug, street } = await openBuilding();
  const maya = neighbour("7", "מאיה כהן");
  await open(`/b/${slug}/join`);
  await expect(page.getByText(street)).toBeVisible();
  if (awake()) {
    await page.getByLabel("מספר דירה").fill("99");
    await expect(page.getByRole("status")).toContainText("בבניין יש דירות");
    await page.getByLabel("מספר דירה").fill("7");
    await expect(page.getByRole("status")).toContainText("דירה 7, קומה 2");
    await expect(page.locator(".facade [data-flat='7']")).toHaveAttribute("data-s", "you");
  }
  await sendJoin(page, slug, maya);

  await expect(page, "the payment page is Stripe's").toHaveURL(/\/c\/pay\/cs_/);
  await expect(page.getByText("לתשלום היום")).toBeVisible();
  await payWith(page, CARD.good);

  await expect(page.getByRole("heading", { level: 1 })).toHaveText("האור בדירה 7 דולק");
  await expect(page.getByText("מאיה", { exact: false }).first()).toBeVisible();
  await page.getByRole("link", { name: "כניסה לבניין" }).click();
  await expect(page).toHaveURL(`/b/${slug}`);
  await expect(page.getByRole("heading", { level: 1, name: street })).toBeVisible();
  await expect(page.getByRole("region", { name: "הלוח" }).getByText(/דירה \u2068?7\u2069? דולק/), "the number stands isolated in its sentence").toBeVisible();
});

test("a form that cannot go through says what to mend and keeps what was typed", async ({ page, open }) => {
  const { slug } = await openBuilding();
  await open(`/b/${slug}/join`);
  await page.getByLabel("מספר דירה").fill("99");
  await page.getByLabel("שם מלא").fill("דנה רז");
  await page.getByLabel("טלפון נייד").fill("03-5551234");
  await page.getByRole("button", { name: "המשך לתשלום" }).click();

  const problems = page.locator("#problems");
  await expect(problems).toContainText(/בבניין יש דירות \W?1–12/);
  await expect(problems).toContainText("זה נראה כמו מספר קווי");
  await expect(page.getByLabel("שם מלא")).toHaveValue("דנה רז");
  await expect(page.getByLabel("טלפון נייד")).toHaveAttribute("aria-invalid", "true");

  await settled(page);
  await page.getByLabel("מספר דירה").fill("8");
  await page.getByLabel("טלפון נייד").fill(newPhone().typed);
  await page.getByRole("button", { name: "המשך לתשלום" }).click();
  await expect(page).toHaveURL(/\/c\/pay\/cs_/);
});

test("an address of a building that is not there says so", async ({ page }) => {
  const answer = await page.goto("/b/no-such-house/join");
  expect(answer?.status()).toBe(404);
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
});

test("the invite code is asked for where the committee set one", async ({ page }) => {
  const { slug } = await openBuilding({ invite_code: "GEFEN7" });
  await visit(page, `/b/${slug}/join?code=GEFEN7`);
  await expect(page.getByLabel("קוד הזמנה")).toHaveValue("GEFEN7");
  await page.getByLabel("קוד הזמנה").fill("OTHER");
  await page.getByLabel("מספר דירה").fill("3");
  await page.getByLabel("שם מלא").fill("יעל שקד");
  await page.getByLabel("טלפון נייד").fill(newPhone().typed);
  await page.getByRole("button", { name: "המשך לתשלום" }).click();
  await expect(page.locator("#problems")).toContainText("קוד ההזמנה לא מתאים");
  await settled(page);
  await page.getByLabel("קוד הזמנה").fill("gefen7");
  await page.getByRole("button", { name: "המשך לתשלום" }).click();
  await expect(page).toHaveURL(/\/c\/pay\/cs_/);
});
