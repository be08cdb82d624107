// Runs in the background: shows what is pushed to this browser, tells the console that it did, and
// opens what it is about. It keeps nothing and takes no part in loading pages.

const RECEIPTS = "/api/v1/push/receipts";
const BROWSERS = "/api/v1/account/browsers";
const AGAIN_AFTER_MS = [0, 2000, 10000];

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("push", (event) => event.waitUntil(take(read(event.data))));
self.addEventListener("notificationclick", (event) => event.waitUntil(open(event.notification)));
self.addEventListener("pushsubscriptionchange", (event) => event.waitUntil(renew(event)));

function read(data) {
  try {
    return data.json();
  } catch {
    return {};
  }
}

// Whoever promised to show something must, even if it cannot be read.
async function take(told) {
  const before = told.tag ? await self.registration.getNotifications({ tag: told.tag }) : [];
  const isRepeat = before.some((one) => one.data && one.data.ref === told.ref);
  await self.registration.showNotification(told.title || "giamsat", {
    body: told.body || "",
    lang: told.lang || "",
    tag: told.tag || "",
    renotify: Boolean(told.tag) && !isRepeat,
    requireInteraction: told.severity === "critical",
    data: { path: told.path, ref: told.ref },
  });
  if (told.ref) await confirmed(told.ref);
}

// If nobody hears that it was shown, its reader is told in another way.
async function confirmed(ref) {
  for (const pause of AGAIN_AFTER_MS) {
    await new Promise((done) => setTimeout(done, pause));
    try {
      const heard = await fetch(RECEIPTS, {
        method: "POST",
        credentials: "omit",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ ref }),
      });
      if (heard.status < 500) return;
    } catch {
      // The line is away for a moment.
    }
  }
}

async function open(notification) {
  notification.close();
  const path = (notification.data && notification.data.path) || "/incidents";
  const goal = new URL(path, self.location.origin);
  if (goal.origin !== self.location.origin) return undefined;
  const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const there = windows.find((one) => one.url.split("#")[0] === goal.href);
  return there ? there.focus() : self.clients.openWindow(goal.href);
}

// A push service may give a browser another address; we learn of it while somebody is logged in.
async function renew(event) {
  if (!event.newSubscription && !event.oldSubscription) return;
  const held = event.newSubscription
    || await self.registration.pushManager.subscribe(event.oldSubscription.options);
  await fetch(BROWSERS, {
    method: "POST",
    credentials: "same-origin",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(held.toJSON()),
  });
}
