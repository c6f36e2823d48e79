// Keeps the parts of a page up to date while somebody looks at it. A part in which something is open,
// ticked, typed or selected is left alone.

const FAILED_MS = 15_000;
const HEADER = "x-xdrain-parts";

const control = document.querySelector("[data-live-switch]");
const label = document.querySelector("[data-live-text]");
const frame = document.querySelector("[data-live-state]");
const shown = new Map();
const due = new Map();
let isOn = true;
let timer;
let asking = false;

const parts = () => [...document.querySelectorAll("[data-part]")];
const SCROLLED = ".scroll, .tabs, pre";
const everyOf = (part) => Number(part.dataset.every);

function say(state, text, hint) {
  frame.dataset.liveState = state;
  label.textContent = text;
  control.title = hint;
}

function isInUse(part) {
  const active = document.activeElement;
  if (part.contains(active) && active.matches("input, textarea, select")) return true;
  if (part.querySelector("details[open]:not([data-reopens]), input:checked")) return true;
  const fields = [...part.querySelectorAll("input:not([type=hidden], [type=checkbox]), textarea")];
  if (fields.some((field) => field.value !== field.defaultValue)) return true;
  const selection = getSelection();
  return !selection.isCollapsed && part.contains(selection.anchorNode);
}

const FOCUSABLE = "a[href], button, summary, [tabindex]";
const keyOf = (element) =>
  element.id ||
  element.getAttribute("aria-label") ||
  element.getAttribute("href") ||
  element.value ||
  element.textContent;

function replace(part, fresh) {
  const active = document.activeElement;
  const key = part.contains(active) ? keyOf(active) : undefined;
  const scrolled = [...part.querySelectorAll(SCROLLED)].map((element) => [
    element.scrollLeft,
    element.scrollTop,
  ]);
  const open = [...part.querySelectorAll("details")].map((details) => details.open);
  part.replaceChildren(...fresh.childNodes);
  for (const [i, details] of [...part.querySelectorAll("details")].entries()) {
    details.open = open[i] ?? false;
  }
  for (const [i, element] of [...part.querySelectorAll(SCROLLED)].entries()) {
    [element.scrollLeft, element.scrollTop] = scrolled[i] ?? [0, 0];
  }
  if (key !== undefined) {
    const same = [...part.querySelectorAll(FOCUSABLE)].find((element) => keyOf(element) === key);
    same?.focus({ preventScroll: true });
  }
  document.dispatchEvent(new CustomEvent("xdrain:part", { detail: part }));
}

function take(text) {
  const page = new DOMParser().parseFromString(text, "text/html");
  for (const fresh of page.querySelectorAll("[data-part]")) {
    const part = document.getElementById(fresh.id);
    const content = fresh.innerHTML;
    if (!part || shown.get(fresh.id) === content || isInUse(part)) continue;
    shown.set(fresh.id, content);
    replace(part, fresh);
  }
}

async function ask(names) {
  const response = await fetch(location.href, {
    headers: { [HEADER]: names.join(",") },
    cache: "no-store",
    signal: AbortSignal.timeout(FAILED_MS),
  });
  const text = await response.text();
  if (response.status === 401) return leave(text);
  if (!response.ok) throw new Error(text.slice(0, 200));
  // Who has held the page meanwhile looks at it as it was.
  if (isOn) take(text);
}

/** Leads to the sign-in; where something is typed or ticked it stays, to be copied from here. */
function leave(text) {
  if (!isInUse(document.querySelector("main"))) return location.reload();
  isOn = false;
  control.setAttribute("aria-pressed", "false");
  say("failed", "Signed out", `${text} Load the page again to sign in.`);
}

async function tick() {
  clearTimeout(timer);
  if (!isOn || document.hidden || asking) return;
  const now = Date.now();
  const wanted = parts().filter((part) => (due.get(part.id) ?? 0) <= now + 100);
  asking = true;
  try {
    if (wanted.length > 0) await ask(wanted.map((part) => part.dataset.part));
    for (const part of wanted) due.set(part.id, Date.now() + everyOf(part));
    if (isOn) say("on", "Live", "Updates by itself. Press to hold it.");
  } catch (error) {
    for (const part of wanted) due.set(part.id, Date.now() + Math.max(FAILED_MS, everyOf(part)));
    if (isOn) say("failed", "Not updated", `The last update failed: ${error.message}`);
  } finally {
    asking = false;
    plan();
  }
}

function plan() {
  clearTimeout(timer);
  if (!isOn || document.hidden || due.size === 0) return;
  timer = setTimeout(tick, Math.max(250, Math.min(...due.values()) - Date.now()));
}

control?.addEventListener("click", () => {
  isOn = !isOn;
  control.setAttribute("aria-pressed", String(isOn));
  if (isOn) {
    say("on", "Live", "Updates by itself. Press to hold it.");
    due.clear();
    void tick();
  } else {
    clearTimeout(timer);
    say("held", "Held", "Press to go on updating.");
  }
});

document.addEventListener("visibilitychange", tick);
for (const part of parts()) {
  shown.set(part.id, part.innerHTML);
  due.set(part.id, Date.now() + everyOf(part));
}
plan();
