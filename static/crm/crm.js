// The frame: search key, menus, dialog, toasts, forms that lose nothing; lists: columns put in order, rows ticked.
"use strict";

document.documentElement.classList.add("js");

const crm = {
  dialog: () => document.getElementById("dialog"),

  csrf: () => JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"],

  isWholePage: (html) => /^\s*<!doctype html/i.test(html),

  // What a refusing answer says, in a sentence.
  reason(html) {
    const page = new DOMParser().parseFromString(html || "", "text/html");
    const said = page.querySelector("[data-refusal]") || page.querySelector("h1");
    return said ? said.textContent.replace(/\s+/g, " ").trim() : document.body.dataset.broken;
  },

  tell(text) {
    const note = document.getElementById("note").content.cloneNode(true);
    note.querySelector("[data-text]").textContent = text;
    document.getElementById("toasts").append(note);
  },

  // While a dialog is open, everything outside it is out of reach: the word belongs inside.
  refuse(text) {
    const body = crm.dialog()?.open && crm.dialog().querySelector(".dialog-body");
    if (!body) return crm.tell(text);
    body.querySelector("[data-refused]")?.remove();
    const notice = document.createElement("div");
    notice.className = "notice notice-red";
    notice.setAttribute("role", "alert");
    notice.dataset.refused = "";
    notice.textContent = text;
    body.prepend(notice);
  },

  openDialog(html, onCancel) {
    const dialog = crm.dialog();
    if (html) {
      dialog.innerHTML = html;
      htmx.process(dialog);
    }
    if (!dialog.open) dialog.showModal();
    if (onCancel) dialog.addEventListener("close", onCancel, { once: true });
  },
};

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    document.getElementById("search")?.focus();
  }
  if (event.key === "Escape") {
    const menu = event.target.closest?.("details.menu[open]") || document.querySelector("details.menu[open]");
    menu?.removeAttribute("open");
    menu?.querySelector("summary").focus();
    if (event.target.id === "search") event.target.blur();
  }
});

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target) || event.target.closest(".menu-list a")) menu.removeAttribute("open");
  }
  if (event.target.closest("[data-close]")) event.target.closest(".note").remove();
  if (event.target.closest("[data-close-dialog]") || event.target === crm.dialog()) crm.dialog().close();
  if (event.target.closest("a[href^='tel:']")) offerToLogTheCall();
});

function offerToLogTheCall() {
  const box = document.getElementById("follow-up");
  if (!box) return;
  const call = box.querySelector("input[type=radio][value=call]");
  if (call) call.checked = true;
  box.scrollIntoView({ block: "center" });
  box.querySelector("textarea")?.focus();
}

// Forms: ask before a destructive act, send once, warn before typed text is left behind.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.confirm && !window.confirm(form.dataset.confirm)) return event.preventDefault();
  delete form.dataset.dirty;
  if (form.method !== "post" || form.hasAttribute("hx-post")) return;
  setTimeout(() => form.querySelectorAll("button[type=submit]").forEach((button) => (button.disabled = true)));
});
window.addEventListener("pageshow", () => {
  document.querySelectorAll("form[method=post] button[type=submit]:disabled").forEach((button) => (button.disabled = false));
});
document.addEventListener("input", (event) => {
  const form = event.target.closest("form[data-guard]");
  if (form) form.dataset.dirty = "1";
});
window.addEventListener("beforeunload", (event) => {
  if (document.querySelector("form[data-dirty]")) event.preventDefault();
});

document.addEventListener("DOMContentLoaded", () => {
  for (const note of document.querySelectorAll(".note:not(.note-error)")) setTimeout(() => note.remove(), 8000);
  crm.dialog()?.addEventListener("close", (event) => event.target.replaceChildren());
  const strip = document.querySelector(".chain-strip");
  const current = strip?.querySelector("[aria-current]");
  if (current) strip.scrollLeft = current.offsetLeft - (strip.clientWidth - current.offsetWidth) / 2;
});

// An address to share holds only the filters that are set.
document.addEventListener("htmx:configRequest", (event) => {
  const { elt, formData } = event.detail;
  if (!elt.matches("form.filter")) return;
  for (const [name, value] of [...formData]) if (value === "" || value === "unknown") formData.delete(name);
});

// Answers that are not the fragment asked for: a whole page means we were sent elsewhere, say to sign in again.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, target } = event.detail;
  const html = xhr.responseText;
  if (xhr.status < 400) {
    if (crm.isWholePage(html)) {
      event.detail.shouldSwap = false;
      location.assign(xhr.responseURL);
    }
  } else if (xhr.status !== 422 && (crm.isWholePage(html) || html.includes("data-refusal") || !html.trim())) {
    event.detail.shouldSwap = false;
    crm.refuse(crm.reason(html));
  } else if (xhr.status >= 500) {
    crm.refuse(document.body.dataset.broken);
  }
  if (target.id === "dialog" && event.detail.shouldSwap) event.detail.swapOverride = "innerHTML";
});
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id === "dialog" && event.detail.target.childElementCount) crm.openDialog();
});
document.addEventListener("htmx:sendError", () => crm.refuse(document.body.dataset.broken));

// Columns: without this script, numbers beside them give the order; with it, the order of the lines does.
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

function prepareLists() {
  countTicks();
  document.querySelectorAll("form[data-columns]").forEach(orderByButtons);
}
document.addEventListener("DOMContentLoaded", prepareLists);
document.addEventListener("htmx:load", prepareLists);
