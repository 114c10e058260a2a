// The bench: a clerk's hands stay on the keyboard. Everything here is also a link or a button.
"use strict";

const bench = () => document.getElementById("bench");
let busy = false; // an act is under way: a second press of the key is not a second act

const typing = (target) => target.closest("input, select, textarea, dialog, [contenteditable]");

function step(by) {
  const rows = [...bench().querySelectorAll(".bench-row")];
  const at = rows.findIndex((row) => row.getAttribute("aria-current"));
  const row = rows[Math.max(0, Math.min(rows.length - 1, at + by))];
  if (row && row !== rows[at]) row.click();
}

function chooseNext() {
  const proposals = [...bench().querySelectorAll(".proposal")];
  const at = proposals.findIndex((proposal) => proposal.classList.contains("is-chosen"));
  proposals.forEach((proposal) => proposal.classList.remove("is-chosen"));
  const next = proposals[(at + 1) % proposals.length];
  next?.classList.add("is-chosen");
  next?.scrollIntoView({ block: "nearest" });
}

function send(form) {
  if (!form) return;
  busy = true;
  form.requestSubmit();
}

const KEYS = {
  ArrowDown: () => step(1),
  ArrowUp: () => step(-1),
  Enter: () => send(bench().querySelector(".proposal.is-chosen form")),
  " ": chooseNext,
  s: () => bench().querySelector("[data-split]")?.click(),
  i: () => bench().querySelector("[data-ignore]")?.click(),
  u: () => send(bench().querySelector(".bench-side [data-undo]") || bench().querySelector("[data-undo]")),
};

document.addEventListener("keydown", (event) => {
  if (!bench() || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape" && event.target.closest("[data-split-form]")) return bench().querySelector("[data-back]").click();
  const act = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!act || typing(event.target)) return;
  if (event.key === "Enter" && event.target.closest("a:not(.bench-row), button, summary")) return;
  event.preventDefault();
  if (!busy) act();
});

function settle() {
  busy = false;
  const row = bench()?.querySelector(".bench-row[aria-current]");
  row?.scrollIntoView({ block: "nearest" });
  const first = bench()?.querySelector("[data-split-form] input:not([type=hidden])");
  (first || row)?.focus({ preventScroll: true });
}

document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.target.id === "bench") settle();
});
document.addEventListener("htmx:responseError", () => (busy = false));
document.addEventListener("htmx:sendError", () => (busy = false));
document.addEventListener("DOMContentLoaded", settle);
