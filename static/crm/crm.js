// The frame: search key, menus, dialog, toasts, and forms that lose nothing.
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
