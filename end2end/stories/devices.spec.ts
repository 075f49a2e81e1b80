// The devices somebody is signed in on: seen, ended one by one, and all but the one in hand.
import { codeFor, expect, join, neighbour, openBuilding, signIn, test, typeCode, visit } from "../support";

test("a lost phone is signed out from another device", async ({ page, browse }) => {
  const { slug, street } = await openBuilding();
  const maya = neighbour("2", "מאיה כהן");
  const lost = await browse();
  await join(lost, slug, maya);
  await signIn(page, maya.phone);
  await expect(page).toHaveURL(`/b/${slug}`);

  await visit(page, "/home?stay=1");
  await page.getByRole("link", { name: "מכשירים מחוברים" }).click();
  await expect(page).toHaveURL("/home/devices");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("מכשירים מחוברים");
  await expect(page.getByText("2 מכשירים")).toBeVisible();
  await expect(page.getByText("כאן", { exact: true }), "the one in hand is marked").toHaveCount(1);
  await expect(page.getByText("כרום").first(), "both are this browser").toBeVisible();
  await expect(page.getByRole("button", { name: /^ניתוק: / }), "and is not offered to be ended").toHaveCount(1);

  await page.getByRole("button", { name: /^ניתוק: / }).click();
  await expect(page).toHaveURL("/home/devices");
  await expect(page.getByText("מכשיר אחד")).toBeVisible();
  await expect(page.getByRole("button", { name: "ניתוק כל המכשירים האחרים" })).toBeHidden();

  await lost.goto(`/b/${slug}`);
  await expect(lost).toHaveURL(/\/signin\?next=/);
  await visit(page, `/b/${slug}`);
  await expect(page.getByRole("heading", { level: 1, name: street }), "this one stays").toBeVisible();
});

test("all other devices are signed out at once", async ({ page, browse }) => {
  const { slug, chair } = await openBuilding();
  const others = [await browse(chair.session), await browse()];
  await signIn(others[1], chair.phone);
  await expect(others[1]).toHaveURL(`/b/${slug}`);
  const first = await codeFor(chair.phone);
  await visit(page, "/signin");
  await page.getByLabel("טלפון נייד").fill(chair.phone.typed);
  await page.getByRole("button", { name: "שליחת קוד" }).click();
  await typeCode(page, await codeFor(chair.phone, first));
  await expect(page).toHaveURL(`/b/${slug}`);

  await visit(page, "/home/devices");
  await expect(page.getByText("3 מכשירים")).toBeVisible();
  await page.getByRole("button", { name: "ניתוק כל המכשירים האחרים" }).click();
  await expect(page).toHaveURL("/home/devices");
  await expect(page.getByText("מכשיר אחד")).toBeVisible();
  for (const other of others) {
    await other.goto("/home?stay=1");
    await expect(other).toHaveURL(/\/signin\?next=/);
  }
  await visit(page, `/b/${slug}/committee`);
  await expect(page.getByRole("heading", { level: 1, name: "סקירה" })).toBeVisible();
});
