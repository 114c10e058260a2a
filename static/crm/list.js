// Lists: columns put in order by buttons.
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

function prepare() {
  document.querySelectorAll("form[data-columns]").forEach(orderByButtons);
}
document.addEventListener("DOMContentLoaded", prepare);
document.addEventListener("htmx:load", prepare);
