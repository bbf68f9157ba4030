// Command palette: Ctrl K (or Cmd K) reaches every page; "/" goes to the search field. Built from the links of the page itself.
let dialog, input, list;

function known() {
  const found = new Map();
  const add = (link, group) => {
    const name = (link.dataset.name ?? link.textContent).replace(/\s+/g, " ").trim();
    const href = link.getAttribute("href");
    if (name && href && !href.startsWith("#") && !href.startsWith("?") && !found.has(href)) found.set(href, [name, href, group]);
  };
  for (const link of document.querySelectorAll(".nav a, .menu-account a[href]")) add(link, "");
  for (const link of document.querySelectorAll("main a[href]")) add(link, "On this page");
  return [...found.values()];
}

function build() {
  dialog = document.createElement("dialog");
  dialog.className = "dialog palette";
  dialog.setAttribute("aria-label", "Go to");
  input = document.createElement("input");
  input.className = "input";
  input.setAttribute("aria-label", "Go to a page, or search the market");
  input.placeholder = "Go to …";
  list = document.createElement("ul");
  dialog.append(input, list);
  document.body.append(dialog);
  input.addEventListener("input", fill);
  dialog.addEventListener("keydown", move);
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
}

function row(name, href, group) {
  const item = document.createElement("li"), link = document.createElement("a"), note = document.createElement("span");
  link.href = href;
  link.textContent = name;
  note.textContent = group;
  link.append(note);
  item.append(link);
  return item;
}

function fill() {
  const words = input.value.trim().toLowerCase();
  const rows = known().filter(([name]) => name.toLowerCase().includes(words)).slice(0, 30).map((each) => row(...each));
  if (words) rows.push(row(`Search the market for “${input.value.trim()}”`, `/market/?q=${encodeURIComponent(input.value.trim())}`, "Market"));
  list.replaceChildren(...rows);
}

function move(event) {
  const links = [...list.querySelectorAll("a")];
  const at = links.indexOf(document.activeElement);
  if (event.key === "ArrowDown") links[Math.min(at + 1, links.length - 1)]?.focus();
  else if (event.key === "ArrowUp") (at > 0 ? links[at - 1] : input).focus();
  else if (event.key === "Enter" && at < 0) links[0]?.click();
  else return;
  event.preventDefault();
}

function open() {
  if (!dialog) build();
  input.value = "";
  fill();
  dialog.showModal();
  input.focus();
}

if (document.querySelector(".nav")) {
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") { event.preventDefault(); open(); }
    else if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      const field = [...document.querySelectorAll("#search, #q")].find((each) => each.offsetParent);
      if (field) { event.preventDefault(); field.focus(); field.select(); }
    }
  });
  for (const button of document.querySelectorAll("[data-palette]")) { button.hidden = false; button.addEventListener("click", open); }
}
