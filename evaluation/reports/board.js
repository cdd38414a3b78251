"use strict";
// Sorts each table by the button in a column's head, and shows the tasks whose line holds the text in the search field.
const value = (row, column) => {
  const cell = row.cells[column];
  const text = cell.dataset.v ?? cell.textContent.trim();
  return text === "" || Number.isNaN(Number(text)) ? text : Number(text);
};
const order = (a, b) => {
  if (a === "" || b === "") return (a === "") - (b === ""); // what is not known stands last either way
  if (typeof a === "number" && typeof b === "number") return a - b;
  return String(a).localeCompare(String(b), "en");
};
for (const button of document.querySelectorAll("th button")) {
  button.disabled = false;
  button.addEventListener("click", () => {
    const head = button.closest("th");
    const table = head.closest("table");
    const column = head.cellIndex;
    const falling = head.getAttribute("aria-sort") === "ascending" || (!head.hasAttribute("aria-sort") && head.dataset.first === "falling");
    for (const other of table.tHead.querySelectorAll("th")) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", falling ? "descending" : "ascending");
    const body = table.tBodies[0];
    const rows = [...body.rows].sort((x, y) => {
      const a = value(x, column), b = value(y, column);
      return a === "" || b === "" ? order(a, b) : falling ? order(b, a) : order(a, b);
    });
    body.append(...rows);
    document.getElementById("said").textContent = `sorted by ${button.textContent.trim()}, ${falling ? "falling" : "rising"}`;
  });
}
const search = document.getElementById("search");
search.parentElement.hidden = false;
search.addEventListener("input", () => {
  const wanted = search.value.trim().toLowerCase();
  let left = 0;
  for (const row of document.querySelectorAll("tr[data-task]")) {
    row.hidden = !row.dataset.task.toLowerCase().includes(wanted);
    if (!row.hidden && row.closest("#scores")) left += 1;
  }
  document.getElementById("said").textContent = wanted ? `${left} tasks` : "";
});
