// The few lines every page runs before anything else wakes. Pages are whole without it.
"use strict";

// A transition between two pages may be cut short: the window changes its size, a second page is asked for. The page
// itself is there at once, so this is no error; unheard, the browser would write it to the console as one.
function unbothered(transition) {
  for (const promise of [transition?.ready, transition?.finished, transition?.updateCallbackDone]) promise?.catch(() => {});
}
unbothered(document.activeViewTransition);
addEventListener("pagereveal", (event) => unbothered(event.viewTransition));
addEventListener("pageswap", (event) => unbothered(event.viewTransition));

// A form that is on its way says so, and is not sent twice by an impatient finger.
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented) return;
  const form = event.target;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "1";
  const button = event.submitter ?? form.querySelector("button:not([type=button])");
  if (!button) return;
  button.setAttribute("aria-busy", "true");
  if (!button.querySelector(".spin")) {
    const spin = document.createElement("span");
    spin.className = "spin";
    spin.setAttribute("aria-hidden", "true");
    button.prepend(spin);
  }
});

// Coming back to a page the browser kept: its forms may be sent again.
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  for (const button of document.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
  for (const spin of document.querySelectorAll("form .spin")) spin.remove();
});

// A field that is being mended no longer says that it is wrong.
document.addEventListener("input", (event) => {
  const field = event.target;
  if (!(field instanceof Element) || field.getAttribute("aria-invalid") !== "true") return;
  field.removeAttribute("aria-invalid");
  field.closest("[data-bad]")?.removeAttribute("data-bad");
  const problem = field.id && document.getElementById(`${field.id}-problem`);
  if (problem) problem.hidden = true;
  const summary = document.getElementById("problems");
  summary?.querySelector(`a[href="#${field.id}"]`)?.closest("li")?.remove();
  if (summary?.querySelector("ul") && !summary.querySelector("li")) summary.remove();
});

// A menu closes when one goes elsewhere or presses Escape.
function closeMenus(except) {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (menu !== except) menu.open = false;
}
document.addEventListener("click", (event) => {
  const target = event.target instanceof Element ? event.target : null;
  closeMenus(target?.closest("details.menu"));
  const link = target?.closest("a[href*='#']");
  if (link && link.pathname === location.pathname && link.search === location.search) openAim(link.hash);
  // Browsers that do not know `commandfor` yet.
  const button = target?.closest("button[commandfor]");
  if (button && !("commandForElement" in HTMLButtonElement.prototype)) {
    const dialog = document.getElementById(button.getAttribute("commandfor"));
    if (button.getAttribute("command") === "show-modal") dialog?.showModal();
    else dialog?.close();
  }
});
// A link to something that is closed opens it, and puts the pen there.
function openAim(hash) {
  const aim = hash.length > 1 ? document.getElementById(hash.slice(1)) : null;
  if (!(aim instanceof HTMLDetailsElement)) return;
  aim.open = true;
  aim.querySelector("textarea")?.focus();
}
openAim(location.hash);
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.querySelector("details.menu[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary")?.focus();
  }
});

// Enter writes a new line; with Ctrl or ⌘ it sends what was written.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || !(event.target instanceof HTMLTextAreaElement)) return;
  event.preventDefault();
  event.target.form?.requestSubmit();
});
// A question whose form came back is asked as it was at first: focus stays inside and Escape closes it.
for (const dialog of document.querySelectorAll("dialog[open]")) {
  dialog.close();
  dialog.showModal();
}

// A form that came back: the page stands at its own address again, and what is wrong is read out and in sight.
const page = document.querySelector("meta[name=page]")?.content;
if (page) history.replaceState(null, "", page);
document.getElementById("problems")?.focus();

// A page that waits for something asks again by itself.
const again = document.querySelector("[data-again]");
if (again) setTimeout(() => location.reload(), Number(again.dataset.again) * 1000);

// A danger that is told, or over: the frame's banner is asked for anew. Pages that listen to the building's line already
// say so on the banner; the others listen for this alone, while somebody looks at them.
const alarms = document.getElementById("alarms");
const building = alarms?.dataset.building;
let asked = 0;
async function readAlarms() {
  const mine = ++asked;
  const answer = await fetch(`${building}/alarms`).catch(() => null);
  const text = answer?.ok ? await answer.text().catch(() => null) : null;
  // A later question has the last word.
  if (mine !== asked) return;
  // All pages of a building ask at the same moment: who was not answered asks again, each at another.
  if (text === null) return setTimeout(() => mine === asked && readAlarms(), 2000 + Math.random() * 4000);
  // The server's own HTML, escaped where it was written.
  const read = document.createElement("div");
  read.innerHTML = text;
  if (read.textContent !== alarms.textContent) alarms.replaceChildren(...read.childNodes);
}
if (building && document.querySelector("#live, #desk")) {
  new MutationObserver(readAlarms).observe(alarms, { attributeFilter: ["data-news"] });
} else if (building) {
  let line;
  const listen = () => {
    line?.close();
    if (document.hidden) return;
    line = new EventSource(`${building}/stream`);
    // What happened before the line stood, or while nobody looked, is read once it stands.
    line.addEventListener("open", readAlarms);
    line.addEventListener("hazard", readAlarms);
    // The browser comes back by itself, but not to who was turned away.
    line.onerror = () => line.readyState === 2 && setTimeout(listen, 30000);
  };
  document.addEventListener("visibilitychange", listen);
  listen();
}

if ("serviceWorker" in navigator && isSecureContext) {
  addEventListener("load", () => navigator.serviceWorker.register("/sw.js").catch(() => {}));
}
