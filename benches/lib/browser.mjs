// The join in a real browser: as a person types it on a slow phone, and as fast as the system lets one.
import { existsSync } from "node:fs";
import { chromium } from "@playwright/test";
import { newPhone } from "../../end2end/chaos/visitor.mjs";

const PROGRAMS = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const CARD = { number: "4242424242424242", expiry: "1234", cvc: "123" };
/** The parts of our own share. */
export const PARTS = ["to the payment page", "paid, to the light", "from there to the board"];
/** A person: a quarter of a second a character, thinking included. */
const TYPING_MS = 250;
const SLOW_CPU = 4;
/** Slow 4G, bytes a second. */
const SLOW_LINE = { offline: false, latency: 150, downloadThroughput: 1_600_000 / 8, uploadThroughput: 750_000 / 8 };

export function launch() {
  const executablePath = process.env.CHROMIUM ?? PROGRAMS.find((path) => existsSync(path));
  return chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"] });
}

/**
 * One join, from opening the link to the board. `slow`: a person's typing, a slow phone, a slow line. Answers
 * milliseconds: the whole, the whole without the time in which the payment page was shown, and the parts of that.
 */
export async function joinOnce(browser, building, flat, { slow }) {
  const context = await browser.newContext({ locale: "he-IL", timezoneId: "Asia/Jerusalem", viewport: { width: 390, height: 844 } });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  try {
    if (slow) {
      const line = await context.newCDPSession(page);
      await line.send("Network.enable");
      await line.send("Network.emulateNetworkConditions", SLOW_LINE);
      await line.send("Emulation.setCPUThrottlingRate", { rate: SLOW_CPU });
    }
    const type = async (name, text) => {
      const field = page.locator(`[name=${name}]`);
      if (slow) await field.pressSequentially(text, { delay: TYPING_MS });
      else await field.fill(text);
    };
    const begun = performance.now();
    await page.goto(`${building.origin}/b/${building.slug}/join`, { waitUntil: "commit" });
    await type("flat", String(flat));
    await type("name", `מדידה ${flat}`);
    await type("phone", newPhone());
    await page.locator("form[action='/call/joining/submit'] button").last().click();
    await page.locator("[name=cardNumber]").waitFor();
    const paying = performance.now();
    await type("cardNumber", CARD.number);
    await type("cardExpiry", CARD.expiry);
    await type("cardCvc", CARD.cvc);
    const paid = performance.now();
    await page.locator("[name=cardCvc]").press("Enter");
    const enter = page.locator(`main a[href='/b/${building.slug}']`);
    await enter.waitFor();
    const welcomed = performance.now();
    await enter.click();
    await page.locator("#posts article").first().waitFor();
    const done = performance.now();
    const parts = { "to the payment page": paying - begun, "paid, to the light": welcomed - paid, "from there to the board": done - welcomed };
    return { wholeMs: done - begun, ownMs: done - begun - (paid - paying), parts };
  } finally {
    await context.close();
  }
}
