// Tables that turn into cards lose their role in some browsers, because their display changes. Say the roles aloud.
const role = (element, name) => element.hasAttribute("role") || element.setAttribute("role", name);

function dress(scope) {
  for (const table of scope.querySelectorAll(".table-cards, .compare")) {
    role(table, "table");
    for (const group of table.querySelectorAll("thead, tbody, tfoot")) role(group, "rowgroup");
    for (const row of table.querySelectorAll("tr")) role(row, "row");
    for (const cell of table.querySelectorAll("td")) role(cell, "cell");
    for (const head of table.querySelectorAll("th")) role(head, head.scope === "row" ? "rowheader" : "columnheader");
  }
}

dress(document);
document.addEventListener("htmx:load", (event) => dress(event.target.parentElement ?? document));
