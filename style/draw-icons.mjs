// Draws the PNG icons of public/icons from the SVG ones, with the browser of the end-to-end tests: node style/draw-icons.mjs
import { chromium } from "@playwright/test";
import { readFile, writeFile } from "node:fs/promises";

const here = new URL("../public/icons/", import.meta.url);
const drawings = [
  ["icon.svg", "icon-192.png", 192],
  ["icon.svg", "icon-512.png", 512],
  ["maskable.svg", "maskable-512.png", 512],
  ["maskable.svg", "apple-touch-icon.png", 180],
];
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] });
for (const [from, to, size] of drawings) {
  const svg = await readFile(new URL(from, here), "utf8");
  const page = await browser.newPage({ viewport: { width: size, height: size } });
  await page.setContent(`<style>*{margin:0}svg{display:block;width:${size}px;height:${size}px}</style>${svg}`);
  await writeFile(new URL(to, here), await page.screenshot({ omitBackground: true }));
  await page.close();
}
await browser.close();
