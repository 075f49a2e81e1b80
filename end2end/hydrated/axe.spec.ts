// Every page against WCAG 2.2 AA, light and dark, on a phone and on a desk; and none is wider than its window.
import type { Browser, Page } from "@playwright/test";
import { expect, expectAccessible, settled, test } from "../support";
import { PLACES, type Scene, scene } from "./scene";

let made: Scene;
test.beforeAll(async ({ browser }: { browser: Browser }) => {
  test.setTimeout(120_000);
  made = await scene(browser);
});

for (const place of PLACES) {
  test(`${place.name} fits its window and is accessible`, async ({ browse }) => {
    const page = await browse(place.reader === "nobody" ? undefined : made.sessions[place.reader]);
    const answer = await page.goto(place.path(made));
    expect(answer?.status()).toBe(place.status ?? 200);
    await settled(page);
    await expectFits(page, 360);
    for (const width of [390, 1440]) {
      await expectFits(page, width);
      for (const colorScheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme });
        await test.step(`${colorScheme}, ${width}`, () => expectAccessible(page));
      }
    }
  });
}

/** No page scrolls sideways. */
async function expectFits(page: Page, width: number): Promise<void> {
  await page.setViewportSize({ width, height: 900 });
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  expect(wide, `the document's width in a window of ${width}`).toBeLessThanOrEqual(width);
}

test("forms with problems are accessible", async ({ page, open }) => {
  await open(`/b/${made.building.slug}/join`);
  await page.getByLabel("מספר דירה").fill("99");
  await page.getByRole("button", { name: "המשך לתשלום" }).click();
  await expect(page.locator("#problems")).toBeFocused();
  await settled(page);
  await expectAccessible(page);
});

test("the composer and a post's menu are accessible when open", async ({ browse }) => {
  const page = await browse(made.sessions.chair);
  await page.goto(`/b/${made.building.slug}`);
  await settled(page);
  await page.locator("#compose > summary").click();
  await page.getByRole("article").filter({ hasText: "נמצא צמיד" }).getByLabel("עוד אפשרויות").click();
  await page.getByText("דיווח לוועד").click();
  await expectAccessible(page);
});
