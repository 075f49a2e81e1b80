// With motion allowed: pages change into one another, and a console stays clean also when a change is cut short.
import { expect, openBuilding, settled, test } from "../support";

test.use({ contextOptions: { reducedMotion: "no-preference" } });

test("a transition that a window's new size cuts short leaves the console clean", async ({ page }) => {
  const { slug } = await openBuilding();
  await page.goto("/");
  expect(await page.evaluate(() => matchMedia("(prefers-reduced-motion: reduce)").matches), "motion is allowed").toBe(false);
  for (const [path, width] of [["/signin", 700], [`/b/${slug}/join`, 500], ["/open", 900], ["/accessibility", 390], ["/", 640]] as const) {
    const moved = page.waitForURL(path);
    await page.evaluate((aim) => { location.href = aim; }, path);
    await moved;
    await page.setViewportSize({ width, height: 700 });
    await page.setViewportSize({ width: width + 60, height: 700 });
    await settled(page);
  }
});

test("pages asked for in a hurry leave the console clean", async ({ page }) => {
  await page.goto("/");
  for (const path of ["/privacy", "/terms", "/signin"]) {
    await page.evaluate((aim) => { location.href = aim; }, path);
    await page.waitForURL(path, { waitUntil: "commit" });
  }
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
});

test("a page that changes into another runs a transition, so the promise above is about something", async ({ page }) => {
  await page.goto("/privacy");
  await page.evaluate(() => {
    addEventListener("pageswap", (event) => sessionStorage.setItem("swapped", String(Boolean((event as unknown as { viewTransition: unknown }).viewTransition))));
  });
  await page.evaluate(() => { location.href = "/terms"; });
  await page.waitForURL("/terms");
  expect(await page.evaluate(() => sessionStorage.getItem("swapped"))).toBe("true");
});
