// No page is wider than its window.
import { expect, settled, test } from "../support";
import { PLACES, scene } from "./scene";

for (const place of PLACES) {
  test(`${place.name} fits`, async ({ browser, browse }) => {
    const made = await scene(browser);
    const page = await browse(place.reader === "nobody" ? undefined : made.sessions[place.reader]);
    await page.goto(place.path(made));
    await settled(page);
    for (const width of [360, 390, 768, 1440]) {
      await page.setViewportSize({ width, height: 800 });
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      expect(wide, `the document's width in a window of ${width}`).toBeLessThanOrEqual(width);
    }
  });
}
