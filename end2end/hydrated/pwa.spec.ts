// On a phone's home screen: a manifest that can be installed, a service worker, and a page for when the network is away.
import { expect, test } from "../support";

interface Manifest {
  name: string;
  start_url: string;
  scope: string;
  display: string;
  dir: string;
  lang: string;
  icons: { src: string; sizes: string; type: string; purpose?: string }[];
}

test("the manifest can be installed and its icons are there", async ({ page, request }) => {
  await page.goto("/");
  const href = await page.locator("link[rel=manifest]").getAttribute("href");
  const answer = await request.get(href ?? "");
  expect(answer.headers()["content-type"]).toContain("application/manifest+json");
  const manifest = (await answer.json()) as Manifest;
  expect(manifest).toMatchObject({ display: "standalone", dir: "rtl", lang: "he", scope: "/" });
  expect(manifest.name).not.toBe("");
  expect(manifest.icons.filter((icon) => icon.type === "image/png").map((icon) => icon.sizes)).toEqual(expect.arrayContaining(["192x192", "512x512"]));
  expect(manifest.icons.some((icon) => icon.purpose === "maskable")).toBe(true);
  for (const icon of manifest.icons) {
    const picture = await request.get(icon.src);
    expect(picture.status(), icon.src).toBe(200);
    expect(picture.headers()["content-type"], icon.src).toContain(icon.type);
  }
});

test("without a network there is a page that says so, and it comes back with it", async ({ page, context, browserName }) => {
  test.skip(browserName !== "chromium", "only Chromium lets us look at service workers");
  await page.goto("/signin");
  const registered = await page.evaluate(async () => {
    const { active, scope } = await navigator.serviceWorker.ready;
    return { script: active?.scriptURL ?? "", scope };
  });
  expect(new URL(registered.script).pathname).toBe("/sw.js");
  expect(new URL(registered.scope).pathname).toBe("/");
  await expect.poll(() => page.evaluate(() => navigator.serviceWorker.controller !== null)).toBe(true);

  await context.setOffline(true);
  await page.goto("/open");
  await expect(page.getByRole("heading", { level: 1, name: "אין חיבור כרגע" })).toBeVisible();
  await expect(page.locator("main"), "drawn with its styles").toHaveCSS("display", "flex");
  await context.setOffline(false);
  await page.getByRole("link", { name: "ניסיון נוסף" }).click();
  await expect(page.getByRole("heading", { level: 1, name: /בניין חדש/ })).toBeVisible();
});

test("nothing private is kept by the service worker", async ({ page }) => {
  await page.goto("/signin");
  await page.evaluate(() => navigator.serviceWorker.ready);
  const kept = await page.evaluate(async () => {
    const names = await caches.keys();
    const requests = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
    return requests.flat().map((request) => new URL(request.url).pathname);
  });
  expect(kept).toContain("/offline");
  expect(kept.filter((path) => !/^\/(offline$|pkg\/|fonts\/|icons\/)/.test(path))).toEqual([]);
});
