// Lists: columns put in order by buttons, rows ticked for one act.
"use strict";

// Without this script, numbers beside the columns give the order; with it, the order of the lines does.
function orderByButtons(form) {
  if (form.dataset.ready) return;
  form.dataset.ready = "1";
  for (const line of form.querySelectorAll("li")) {
    line.querySelector("input[type=number]").remove();
    for (const [way, icon] of [["up", "↑"], ["down", "↓"]]) {
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: icon });
      button.className = "column-move";
      button.dataset.move = way;
      button.ariaLabel = `${form.dataset[way]}: ${line.textContent.trim()}`;
      line.append(button);
    }
  }
}

function moveColumn(button) {
  const line = button.closest("li");
  const other = button.dataset.move === "up" ? line.previousElementSibling : line.nextElementSibling;
  if (!other) return;
  button.dataset.move === "up" ? other.before(line) : other.after(line);
  button.focus();
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-move]");
  if (button?.closest("form[data-columns]")) moveColumn(button);
});

// Ticked rows: the bar shows itself, counts, and the box in the head ticks the whole page.
const ticks = () => [...document.querySelectorAll("input[name=pk][form=bulk]")];

function countTicks() {
  const bar = document.querySelector("form[data-bulk]");
  if (!bar) return;
  const all = ticks(), number = all.filter((box) => box.checked).length;
  const head = document.querySelector("[data-tick-all]"), every = bar.elements.all;
  if (every?.checked && number < all.length) every.checked = false;
  bar.classList.toggle("is-on", number > 0);
  const count = bar.querySelector(".bulk-count");
  count.textContent = every?.checked ? "" : `${number} ${count.dataset.words}`;
  head.hidden = bar.querySelector("[data-tick-none]").hidden = false;
  head.checked = number === all.length;
  head.indeterminate = number > 0 && number < all.length;
  if (every) every.closest("label").hidden = number < all.length;
}

function tickAll(checked) {
  for (const box of ticks()) box.checked = checked;
  countTicks();
}

let lastTick = null;
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-tick-none]")) return tickAll(false);
  if (!event.target.matches("input[name=pk][form=bulk]")) return;
  const all = ticks(), [from, to] = [all.indexOf(lastTick), all.indexOf(event.target)].sort((a, b) => a - b);
  if (event.shiftKey && from >= 0) for (const box of all.slice(from, to + 1)) box.checked = event.target.checked;
  lastTick = event.target;
  countTicks();
});
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-tick-all]")) tickAll(event.target.checked);
  else if (event.target.form?.matches?.("[data-bulk]")) countTicks();
});

// j and k go from row to row, x ticks: not while somebody types.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input:not([type=checkbox]), select, textarea, dialog")) return;
  const step = { j: 1, k: -1 }[event.key], rows = [...document.querySelectorAll(".list .rows tbody tr")];
  const at = rows.indexOf(document.activeElement.closest?.("tr"));
  if (step) rows[Math.max(0, Math.min(rows.length - 1, at + step))]?.querySelector(".row-link")?.focus();
  else if (event.key === "x" && at >= 0) rows[at].querySelector("input[name=pk]")?.click();
});

function prepare() {
  countTicks();
  document.querySelectorAll("form[data-columns]").forEach(orderByButtons);
}
document.addEventListener("DOMContentLoaded", prepare);
document.addEventListener("htmx:load", prepare);
