import { defineConfig } from "@playwright/test";
import { randomInt } from "node:crypto";
import { existsSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

// The browser stories: the real server with its embedded database, the stand-ins of the outside world, a real browser.
// VANTERA_BIN and SANDBOX_BIN name the built programs (scripts/test.sh sets them).
const port = Number(process.env.E2E_PORT ?? 4110);
const sandboxPort = Number(process.env.E2E_SANDBOX_PORT ?? 4210);
const target = process.env.CARGO_TARGET_DIR ?? "target";
const vantera = process.env.VANTERA_BIN ?? `${target}/debug/vantera`;
const sandbox = process.env.SANDBOX_BIN ?? `${target}/debug/sandbox`;
// A phone is new once, so every run has operators of its own, one for each worker; the workers inherit the first.
const operator = Number((process.env.E2E_OPERATOR ??= String(randomInt(562_000_000, 569_000_000))));
const operators = Array.from({ length: 50 }, (_, worker) => `+972${operator + worker}`).join(",");
// And a database of its own: left behind by nobody, whatever migrations were edited since.
const data = (process.env.E2E_DATA ??= ownFolder());
function ownFolder(): string {
  const folder = join(tmpdir(), `vantera-e2e-${process.pid}`);
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
const chromium = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((path) => existsSync(path));

export default defineConfig({
  testDir: "end2end",
  testMatch: "**/*.spec.ts",
  fullyParallel: true,
  workers: 2,
  retries: 0,
  forbidOnly: true,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: [["list"]],
  use: {
    baseURL: `http://localhost:${port}`,
    locale: "he-IL",
    timezoneId: "Asia/Jerusalem",
    viewport: { width: 390, height: 844 },
    // Pages stand still while they are looked at; a transition between two documents that is cut short is an error in the console.
    contextOptions: { reducedMotion: "reduce" },
    trace: "retain-on-failure",
    launchOptions: {
      executablePath: chromium,
      args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
    },
  },
  projects: [
    { name: "hydrated", testMatch: ["stories/**/*.spec.ts", "hydrated/**/*.spec.ts"] },
    { name: "without-javascript", testMatch: ["stories/**/*.spec.ts"], use: { javaScriptEnabled: false } },
  ],
  webServer: [
    {
      command: `${sandbox} --port ${sandboxPort} --public-url http://localhost:${sandboxPort} --webhook http://127.0.0.1:${port}/webhooks/stripe=whsec_vantera_sandbox`,
      url: `http://127.0.0.1:${sandboxPort}/healthz`,
      reuseExistingServer: false,
    },
    {
      command: `${vantera} serve --demo`,
      url: `http://127.0.0.1:${port}/readyz`,
      reuseExistingServer: false,
      timeout: 60_000,
      stdout: "pipe",
      gracefulShutdown: { signal: "SIGTERM", timeout: 20_000 },
      env: {
        VANTERA_LISTEN: `127.0.0.1:${port}`,
        VANTERA_DATA: data,
        STRIPE_BASE_URL: `http://127.0.0.1:${sandboxPort}`,
        STRIPE_CHECKOUT_ORIGIN: `http://localhost:${sandboxPort}`,
        SMS_BASE_URL: `http://127.0.0.1:${sandboxPort}`,
        VANTERA_OPERATORS: operators,
        // All stories come from one address, by the hundred.
        VANTERA_LIMITS_FACTOR: "1000",
        LEPTOS_OUTPUT_NAME: "vantera",
        LEPTOS_SITE_ROOT: process.env.LEPTOS_SITE_ROOT ?? "target/site",
        LEPTOS_SITE_PKG_DIR: "pkg",
        LEPTOS_HASH_FILES: "true",
      },
    },
  ],
});
