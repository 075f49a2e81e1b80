// The service worker: pages come from the network, and when it is away there is a page that says so. Hashed files and
// fonts never change, so they are kept. Nothing private is: no page of a building, no call, no stream, no form.
"use strict";

const VERSION = "v1";
const OFFLINE = `offline-${VERSION}`;
const ASSETS = `assets-${VERSION}`;
// The stylesheet's name changes with every build; the offline page names the one it was kept with.
const ASSET_LIMIT = 60;

self.addEventListener("install", (event) => {
  event.waitUntil(keepOffline().then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(forgetOld().then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (request.mode === "navigate") {
    event.respondWith(page(request));
  } else if (isAsset(url.pathname)) {
    event.respondWith(asset(request));
  }
});

function isAsset(path) {
  return path.startsWith("/pkg/") || path.startsWith("/fonts/") || path.startsWith("/icons/");
}

async function page(request) {
  try {
    return await fetch(request);
  } catch {
    const kept = await caches.match("/offline", { cacheName: OFFLINE });
    return kept ?? Response.error();
  }
}

async function asset(request) {
  const cache = await caches.open(ASSETS);
  const kept = await cache.match(request);
  if (kept) return kept;
  const fresh = await fetch(request);
  if (fresh.ok && fresh.status === 200) {
    await cache.put(request, fresh.clone());
    const names = await cache.keys();
    for (const old of names.slice(0, Math.max(0, names.length - ASSET_LIMIT))) await cache.delete(old);
  }
  return fresh;
}

// The offline page and what it is drawn with.
async function keepOffline() {
  const answer = await fetch("/offline", { credentials: "same-origin", cache: "no-store" });
  if (!answer.ok) throw new Error("the offline page did not come");
  const text = await answer.clone().text();
  const drawn = [...text.matchAll(/(?:href|src)="(\/(?:pkg|fonts|icons)\/[^"]+)"/g)].map((match) => match[1]);
  const assets = await caches.open(ASSETS);
  await Promise.all(drawn.map((path) => assets.add(path).catch(() => {})));
  await (await caches.open(OFFLINE)).put("/offline", answer);
}

async function forgetOld() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name !== OFFLINE && name !== ASSETS).map((name) => caches.delete(name)));
}
