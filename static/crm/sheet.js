// Document lines edited like a sheet: Tab in the last cell of the last line adds a line.
"use strict";

for (const sheet of document.querySelectorAll("[data-sheet]")) {
  const prefix = sheet.dataset.sheet;
  const rows = sheet.querySelector("[data-sheet-rows]");
  const blank = sheet.querySelector("[data-sheet-blank]");
  const total = sheet.querySelector(`[name="${prefix}-TOTAL_FORMS"]`);
  const cells = (row) => [...row.querySelectorAll("td:not(.sheet-remove) :is(input, select, textarea):not([tabindex='-1'])")];

  const add = () => {
    const html = blank.innerHTML.replaceAll("__prefix__", total.value);
    rows.insertAdjacentHTML("beforeend", html);
    total.value = Number(total.value) + 1;
    const row = rows.lastElementChild;
    htmx.process(row);
    cells(row)[0]?.focus();
  };

  const button = sheet.querySelector("[data-sheet-add]");
  button.hidden = false;
  button.addEventListener("click", add);

  rows.addEventListener("keydown", (event) => {
    const row = event.target.closest("tr");
    const isLastCell = event.target === cells(row).at(-1) && row === rows.lastElementChild;
    const isBegun = cells(row).slice(0, 2).some((cell) => cell.value); // an empty last line lets Tab leave the sheet
    if (event.key === "Tab" && !event.shiftKey && isLastCell && isBegun) {
      event.preventDefault();
      add();
    }
  });
}
