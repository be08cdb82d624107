// Keeps an open page fresh: listens, fetches the page anew, and swaps the parts marked data-live.
// Without this script every page works the same; it is then as old as its loading.

const body = document.body;
const units = (body.dataset.units || "").split("|");
const mark = document.getElementById("mark");
const known = document.getElementById("known");
const refreshMs = 1000 * Number(body.dataset.refresh || 30);
// Lengths are counted on the server's clock: an office PC's own may be minutes off.
const aheadMs = Date.now() - Number(body.dataset.now || Date.now());
let seen = null;
let fetchedAt = Date.now();
let tries = 0;
let busy = false;

const clock = new Intl.DateTimeFormat("en-GB", {
  timeZone: body.dataset.zone, hour: "2-digit", minute: "2-digit", second: "2-digit",
});

function duration(ms) {
  const s = Math.max(0, Math.floor(ms / 1000));
  const parts = [Math.floor(s / 86400), Math.floor(s / 3600) % 24, Math.floor(s / 60) % 60, s % 60];
  const first = Math.max(0, parts.findIndex((n) => n > 0) < 0 ? 3 : parts.findIndex((n) => n > 0));
  const last = first === 3 ? 4 : Math.min(first + 2, 3);
  return parts.slice(first, last).map((n, i) => (n || first === 3 ? `${n} ${units[first + i]}` : ""))
    .filter(Boolean).join(" ");
}

function tick() {
  for (const time of document.querySelectorAll("[data-since]")) {
    const text = duration(Date.now() - aheadMs - Number(time.dataset.since));
    if (time.textContent !== text) time.textContent = text;
  }
}

function swap(fresh) {
  for (const old of document.querySelectorAll("[data-live][id]")) {
    const now = fresh.getElementById(old.id);
    if (!now || now.innerHTML === old.innerHTML) continue;
    if (old.querySelector("input:focus:not([type=hidden]), textarea:focus, select:focus")) continue;
    const focus = old.contains(document.activeElement) ? document.activeElement : null;
    const again = focus && (focus.id ? `#${CSS.escape(focus.id)}` : focus.getAttribute("href")
      ? `a[href="${CSS.escape(focus.getAttribute("href"))}"]` : null);
    const open = [...old.querySelectorAll("details[open][id]")].map((part) => part.id);
    const ticked = [...old.querySelectorAll("input:checked[id]")].map((box) => box.id);
    old.className = now.className;
    old.replaceChildren(...now.childNodes);
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
    for (const id of ticked) { const box = document.getElementById(id); if (box) box.checked = true; }
    if (again) old.querySelector(again)?.focus({ preventScroll: true });
  }
  tick();
}

async function refresh() {
  // What nothing is to be swapped on is not asked for: looking at people is on record.
  if (busy || document.hidden || !document.querySelector("[data-live][id]")) return;
  busy = true;
  fetchedAt = Date.now();
  try {
    const answer = await fetch(location.href, { credentials: "same-origin" });
    if (answer.redirected) location.reload();
    if (answer.ok) swap(new DOMParser().parseFromString(await answer.text(), "text/html"));
  } catch { /* The stream notices a lost line and says so. */ } finally { busy = false; }
}

function say(isLost) {
  mark?.classList.toggle("lost", isLost);
}

function listen() {
  const stream = new EventSource(body.dataset.stream);
  stream.addEventListener("open", () => { tries = 0; say(false); });
  stream.addEventListener("ended", () => { stream.close(); location.reload(); });
  stream.addEventListener("changed", (event) => {
    const news = JSON.parse(event.data);
    if (known && news.known) known.textContent = clock.format(news.known);
    if (seen !== null && seen !== news.mark) refresh();
    seen = news.mark;
  });
  stream.addEventListener("error", () => {
    stream.close();
    say(true);
    tries += 1;
    setTimeout(listen, Math.min(30000, 1000 * 2 ** tries) * (0.5 + Math.random()));
  });
}

document.addEventListener("click", (event) => {
  const said = document.getElementById("said");
  const title = event.target.closest?.(".strip path")?.querySelector("title");
  said.hidden = !title;
  said.textContent = title ? title.textContent : "";
});
document.addEventListener("visibilitychange", () => { if (!document.hidden && body.dataset.stream) refresh(); });
setInterval(() => {
  tick();
  if (body.dataset.stream && Date.now() - fetchedAt >= refreshMs) refresh();
}, 1000);
if (body.dataset.stream) listen();
