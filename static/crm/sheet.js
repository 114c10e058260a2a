// Document lines edited like a sheet: Tab in the last cell adds a line, a removed line leaves at once when it was never saved.
"use strict";

for (const sheet of document.querySelectorAll("[data-sheet]")) {
  const prefix = sheet.dataset.sheet;
  const rows = sheet.querySelector("[data-sheet-rows]");
  const blank = sheet.querySelector("[data-sheet-blank]");
  const total = sheet.querySelector(`[name="${prefix}-TOTAL_FORMS"]`);
  const cells = (row) => [...row.querySelectorAll("td:not(.sheet-remove) :is(input, select, textarea)")];

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
    if (event.key === "Tab" && !event.shiftKey && isLastCell && event.target.value) {
      event.preventDefault();
      add();
    }
  });

  // A chosen product brings its price and tax rate along where the options carry them.
  rows.addEventListener("change", (event) => {
    const option = event.target.selectedOptions?.[0];
    const row = event.target.closest("tr");
    for (const [field, value] of Object.entries(option?.dataset || {})) {
      const input = row.querySelector(`[name$="-${field}"]`);
      if (input && !input.dataset.typed) input.value = value;
    }
  });
  rows.addEventListener("input", (event) => (event.target.dataset.typed = "1"));
}
