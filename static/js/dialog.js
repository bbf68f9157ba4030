// A button with data-dialog asks before its form is sent. Without script the form is simply sent.
let opener;

document.addEventListener("click", (event) => {
  const asks = event.target.closest("[data-dialog]");
  if (asks) {
    const dialog = document.getElementById(`dialog-${asks.dataset.dialog}`);
    if (!dialog) return;
    event.preventDefault();
    if (asks.form && !asks.form.reportValidity()) return;
    opener = asks;
    dialog.showModal();
    return;
  }
  const yes = event.target.closest("[data-confirm]");
  if (yes && opener) {
    yes.closest("dialog").close();
    opener.form?.requestSubmit(opener);
  }
  if (event.target.closest("[data-print]")) print();
  // An open menu closes on a click elsewhere.
  for (const menu of document.querySelectorAll(".menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll(".menu[open]")) { menu.open = false; menu.querySelector("summary").focus(); }
});

// What only script can do is hidden until script is here.
const reveal = (scope) => { for (const button of scope.querySelectorAll("[data-print], [data-opens]")) button.hidden = false; };
reveal(document);
document.addEventListener("htmx:load", (event) => reveal(event.target));

// A form is sent once: a second press while the answer is on its way does nothing.
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented || event.target.method !== "post") return;
  if (event.target.dataset.sent) { event.preventDefault(); return; }
  event.target.dataset.sent = "yes";
  event.submitter?.setAttribute("aria-busy", "true");
});
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  for (const button of document.querySelectorAll("button[aria-busy]")) button.removeAttribute("aria-busy");
});
