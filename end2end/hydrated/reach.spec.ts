// Small windows, large letters, fingers and keyboards.
import type { Browser, Page } from "@playwright/test";
import { expect, settled, test } from "../support";
import { PLACES, type Scene, scene } from "./scene";

let made: Scene;
test.beforeAll(async ({ browser }: { browser: Browser }) => {
  test.setTimeout(120_000);
  made = await scene(browser);
});

for (const place of PLACES) {
  test(`${place.name} holds in 320 px and with letters of twice the size`, async ({ browse }) => {
    const page = await browse(place.reader === "nobody" ? undefined : made.sessions[place.reader]);
    await page.goto(place.path(made));
    await settled(page);
    await fits(page, 320);
    await page.evaluate(() => { document.documentElement.style.fontSize = "200%"; });
    await fits(page, 780);
  });
}

async function fits(page: Page, width: number): Promise<void> {
  await page.setViewportSize({ width, height: 900 });
  const wide = await page.evaluate(() => {
    const root = document.documentElement;
    const over = [...document.querySelectorAll("body *")].filter((element) => element.getBoundingClientRect().width > root.clientWidth);
    return { width: root.scrollWidth, over: over.slice(-3).map((element) => element.outerHTML.slice(0, 120)) };
  });
  expect(wide.width, `in a window of ${width}: ${wide.over.join(" ")}`).toBeLessThanOrEqual(width);
}

test("Ctrl and Enter send a comment", async ({ browse }) => {
  const page = await browse(made.sessions.chair);
  await page.goto(`/b/${made.building.slug}/posts/${made.post}`);
  await settled(page);
  await page.getByLabel("תגובה", { exact: true }).fill("נשלח במקלדת");
  await page.keyboard.press("Control+Enter");
  await expect(page.locator("#comments li").filter({ hasText: "נשלח במקלדת" })).toBeVisible();
});

test("a sheet keeps focus, closes with Escape and gives focus back", async ({ page }) => {
  await page.goto("/ui");
  const opener = page.getByRole("button", { name: "פתיחת גיליון" });
  await opener.click();
  const sheet = page.getByRole("dialog");
  await expect(sheet).toBeVisible();
  for (let step = 0; step < 6; step += 1) {
    await page.keyboard.press("Tab");
    expect(await page.evaluate(() => document.activeElement === document.body || document.activeElement?.closest("dialog") !== null), "focus is in the sheet").toBe(true);
  }
  await page.keyboard.press("Escape");
  await expect(sheet).toBeHidden();
  await expect(opener).toBeFocused();
});

test("the kit shows its whole pages too", async ({ page }) => {
  for (const [show, heading] of [["resident", "ביאליק 14"], ["committee", "סקירה"], ["problem", "חלק מהבניין לא זמין כרגע"], ["load", "אף אחד לא גר כאן"]]) {
    await page.goto(`/ui?show=${show}`);
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(heading);
  }
});
