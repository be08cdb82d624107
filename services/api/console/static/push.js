// Turns notifications in this browser on and off, and shows what stands in their way.
// The words stand in the page; here is only which of them are shown.

const section = document.querySelector("[data-push]");
const WORKER = "/push-worker.js";

const bytes = (text) => Uint8Array.from(
  atob(text.replace(/-/g, "+").replace(/_/g, "/")), (char) => char.charCodeAt(0),
);

function show(state) {
  for (const part of section.querySelectorAll("[data-when]")) {
    part.hidden = !part.dataset.when.split(" ").includes(state);
  }
}

async function fingerprint(endpoint) {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(endpoint));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

// A subscription belongs to the key it was made with: after a change of keys it is made anew.
function isCurrent(held) {
  const asked = bytes(section.dataset.push);
  const made = new Uint8Array(held.options.applicationServerKey || []);
  return asked.length === made.length && asked.every((byte, at) => byte === made[at]);
}

async function subscription() {
  const worker = await navigator.serviceWorker.getRegistration("/");
  return worker ? worker.pushManager.getSubscription() : null;
}

async function look() {
  const isAble = "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;
  if (!isAble) return show(window.isSecureContext ? "unable" : "insecure");
  if (Notification.permission === "denied") return show("refused");
  const held = await subscription();
  const own = held && isCurrent(held) && await fingerprint(held.endpoint);
  const entry = own && section.querySelector(`[data-fingerprint="${own}"]`);
  if (entry) entry.querySelector("[data-this]").hidden = false;
  const isOn = entry && !("gone" in entry.dataset) && Notification.permission === "granted";
  return show(isOn ? "on" : "off");
}

async function subscribed() {
  await navigator.serviceWorker.register(WORKER, { scope: "/" });
  const worker = await navigator.serviceWorker.ready;
  const held = await worker.pushManager.getSubscription();
  if (held && isCurrent(held)) return held;
  if (held) await held.unsubscribe();
  return worker.pushManager.subscribe({
    userVisibleOnly: true, applicationServerKey: bytes(section.dataset.push),
  });
}

async function keep(held) {
  return fetch(section.dataset.subscribe, {
    method: "POST",
    credentials: "same-origin",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(held.toJSON()),
  });
}

// What its push service has ended, the browser may still hold: then it asks for another.
async function kept() {
  const held = await subscribed();
  const answer = await keep(held);
  if (answer.ok) return null;
  const { code } = await answer.json();
  if (code !== "browser_gone") return code;
  await held.unsubscribe();
  return (await keep(await subscribed())).ok ? null : code;
}

async function turnOn() {
  show("busy");
  try {
    const said = await Notification.requestPermission();
    if (said !== "granted") { show(said === "denied" ? "refused" : "off"); return; }
    const wrong = await kept();
    if (wrong) { show(wrong === "too_many_browsers" ? "full" : "failed"); return; }
    location.assign(section.dataset.done);
  } catch {
    show("failed");
  }
}

// What we do not push to any more, the browser need not listen for.
async function forget(event) {
  const form = event.target;
  event.preventDefault();
  const held = await subscription().catch(() => null);
  const entry = form.closest("[data-fingerprint]").dataset.fingerprint;
  if (held && await fingerprint(held.endpoint) === entry) await held.unsubscribe().catch(() => {});
  form.submit();
}

if (section) {
  section.querySelector("[data-turn-on]").addEventListener("click", turnOn);
  if ("serviceWorker" in navigator && window.isSecureContext) {
    for (const form of section.querySelectorAll("form[data-forget]")) form.addEventListener("submit", forget);
  }
  look().catch(() => show("failed"));
}
