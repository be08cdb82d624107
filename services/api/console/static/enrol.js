// Takes a one-time code out of the address, where it was scanned from, into the form.

const code = decodeURIComponent(location.hash.slice(1));
const field = document.getElementById("one-time-code");
if (code && field) {
  field.value = code;
  // It must not stay in the history of a borrowed phone.
  history.replaceState(null, "", location.pathname);
  document.querySelector("main button.strong").focus();
}
