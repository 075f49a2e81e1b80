// Every page against WCAG 2.2 AA, light and dark, on a phone and on a desk.
import { expect, expectAccessible, settled, test } from "../support";
import { PLACES, scene } from "./scene";

for (const place of PLACES) {
  test(`${place.name} is accessible`, async ({ browser, browse }) => {
    const made = await scene(browser);
    const page = await browse(place.reader === "nobody" ? undefined : made.sessions[place.reader]);
    await page.emulateMedia({ reducedMotion: "reduce" });
    const answer = await page.goto(place.path(made));
    expect(answer?.status()).toBe(place.status ?? 200);
    await settled(page);
    for (const colorScheme of ["light", "dark"] as const) {
      for (const width of [390, 1440]) {
        await page.setViewportSize({ width, height: 900 });
        await page.emulateMedia({ colorScheme });
        await test.step(`${colorScheme}, ${width}`, () => expectAccessible(page));
      }
    }
  });
}

test("forms with problems are accessible", async ({ page, open, browser }) => {
  const { building } = await scene(browser);
  await open(`/b/${building.slug}/join`);
  await page.getByLabel("מספר דירה").fill("99");
  await page.getByRole("button", { name: "המשך לתשלום" }).click();
  await expect(page.locator("#problems")).toBeFocused();
  await settled(page);
  await expectAccessible(page);
});

test("the composer and a post's menu are accessible when open", async ({ browse, browser }) => {
  const { building, sessions } = await scene(browser);
  const page = await browse(sessions.chair);
  await page.goto(`/b/${building.slug}`);
  await settled(page);
  await page.locator("#compose > summary").click();
  await page.getByRole("article").filter({ hasText: "נמצא צמיד" }).getByLabel("עוד אפשרויות").click();
  await page.getByText("דיווח לוועד").click();
  await expectAccessible(page);
});
