// Lets a passkey answer a form: asks us what to sign, has the browser sign it, and sends the form.
// A form with data-passkey="create" makes a new one, with data-passkey="get" logs in with one.

const bytes = (text) => Uint8Array.from(
  atob(text.replace(/-/g, "+").replace(/_/g, "/")), (char) => char.charCodeAt(0),
);
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
  .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

function creation(options) {
  const there = (options.excludeCredentials || []).map((one) => ({ ...one, id: bytes(one.id) }));
  return {
    ...options,
    challenge: bytes(options.challenge),
    user: { ...options.user, id: bytes(options.user.id) },
    excludeCredentials: there,
  };
}

function request(options) {
  const known = (options.allowCredentials || []).map((one) => ({ ...one, id: bytes(one.id) }));
  return { ...options, challenge: bytes(options.challenge), allowCredentials: known };
}

function encoded(credential) {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[name]) response[name] = text(credential.response[name]);
  }
  return JSON.stringify({ id: credential.id, rawId: text(credential.rawId), type: credential.type, response });
}

async function sign(kind, options) {
  return kind === "create"
    ? navigator.credentials.create({ publicKey: creation(options) })
    : navigator.credentials.get({ publicKey: request(options) });
}

async function answer(event) {
  const form = event.target;
  event.preventDefault();
  const fault = form.querySelector("[data-fault]");
  fault.hidden = true;
  try {
    const asked = await fetch(form.dataset.options, { method: "POST", credentials: "same-origin" });
    if (asked.redirected) { location.assign(asked.url); return; }
    if (!asked.ok) throw new Error(asked.statusText);
    form.elements.credential.value = encoded(await sign(form.dataset.passkey, await asked.json()));
    form.submit();
  } catch {
    // Also when somebody closes the browser's own window: there is nothing to tell apart.
    fault.hidden = false;
  }
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!window.PublicKeyCredential) continue;
  form.hidden = false;
  form.addEventListener("submit", answer);
}
