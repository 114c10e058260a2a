// A choice among many records: one types a part of a name or number and picks from the rows that match.
// The select stays underneath and carries the value; without this script it is an ordinary select.
"use strict";

class RecordChoice extends HTMLElement {
  static plain = (text) => text.normalize("NFKC").toLowerCase();

  connectedCallback() {
    if (this.input) return;
    this.select = this.querySelector("select");
    this.build();
    this.listen();
    this.show();
  }

  // The input takes over the select's name for people: id and label, description, focus.
  build() {
    const { select } = this;
    this.input = document.createElement("input");
    this.list = document.createElement("ul");
    for (const { name, value } of select.attributes) {
      if (/^(id|class|required|disabled|autofocus|aria-)/.test(name)) this.input.setAttribute(name, value);
    }
    const asked = { type: "text", role: "combobox", autocomplete: "off", spellcheck: "false",
      "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": `${select.id}-list` };
    for (const [name, value] of Object.entries(asked)) this.input.setAttribute(name, value);
    Object.assign(this.list, { id: `${select.id}-list`, className: "choice-list", popover: "manual", role: "listbox" });
    select.id += "-value";
    select.classList.add("visually-hidden");
    select.required = select.autofocus = false;
    select.tabIndex = -1;
    select.setAttribute("aria-hidden", "true");
    this.prepend(this.input, this.list);
    this.list.ariaLabel = this.input.ariaLabel || this.input.labels[0]?.textContent || this.dataset.hint;
  }

  listen() {
    const { input, list, select } = this;
    const typed = (event) => {
      event.stopPropagation(); // the form hears of it when something is chosen
      if (event.type === "input") this.find(input.value);
    };
    input.addEventListener("input", typed);
    input.addEventListener("change", typed);
    input.addEventListener("click", () => this.isOpen || this.find(""));
    input.addEventListener("focus", () => input.select());
    input.addEventListener("keydown", (event) => this.press(event));
    input.addEventListener("blur", () => this.leave());
    select.addEventListener("focus", () => input.focus());
    select.form?.addEventListener("change", (event) => this.follow(event.target));
    list.addEventListener("mousedown", (event) => event.preventDefault()); // the input keeps the focus
    list.addEventListener("click", (event) => this.choose(event.target.closest("li")?.row));
    this.place = () => this.isOpen && this.settle();
  }

  get isOpen() {
    return this.input.ariaExpanded === "true";
  }

  get empty() {
    return [...this.select.options].find((option) => !option.value);
  }

  // The customer of the same form, or of what is chosen before this, narrows the choice.
  get customer() {
    const { name, form } = this.select;
    if (name === "customer" || !form) return "";
    const all = [...form.querySelectorAll("record-choice")];
    const before = all.slice(0, all.indexOf(this)).map((other) => other.select.selectedOptions[0]?.dataset.customer);
    return form.elements.customer?.value || before.find(Boolean) || "";
  }

  show() {
    const chosen = this.select.selectedOptions[0];
    this.input.value = chosen?.value ? chosen.text : "";
    this.input.placeholder = this.empty && /\p{L}/u.test(this.empty.text) ? this.empty.text : this.dataset.hint;
  }

  follow(control) {
    if (control === this.select) return this.show();
    const its = this.select.selectedOptions[0]?.dataset.customer, { customer } = this;
    if (its && customer && its !== customer) this.set(this.empty);
  }

  async find(query) {
    clearTimeout(this.waiting);
    this.asked?.abort();
    const isListed = !this.dataset.lookup || (!query.trim() && !this.customer);
    if (isListed) return this.offer(this.listed(query), query);
    this.asked = new AbortController();
    const { signal } = this.asked;
    this.waiting = setTimeout(() => this.look(query, signal), query ? 200 : 0);
  }

  listed(query) {
    const words = RecordChoice.plain(query).split(/\s+/);
    return [...this.select.options].map((option) => this.row(option)).filter((row) => {
      const text = RecordChoice.plain(`${row.text} ${row.sub}`);
      const fits = !this.customer || !row.customer || row.customer === this.customer;
      return words.every((word) => text.includes(word)) && (row.id ? fits : !query.trim());
    });
  }

  row(option) {
    const group = option.parentElement.label || "";
    return { id: option.value, text: option.text, sub: option.dataset.sub || group, customer: option.dataset.customer };
  }

  async look(query, signal) {
    const address = new URL(this.dataset.lookup, location.href);
    address.searchParams.set("q", query);
    if (this.customer && !address.searchParams.has("customer")) address.searchParams.set("customer", this.customer);
    try {
      const answer = await fetch(address, { signal });
      const rows = await answer.json();
      this.offer(query.trim() || !this.empty ? rows : [this.row(this.empty), ...rows], query);
    } catch (error) {
      if (error.name !== "AbortError") crm.refuse(document.body.dataset.broken);
    }
  }

  offer(rows, query) {
    if (document.activeElement !== this.input) return;
    const lines = rows.map((row, at) => this.line(row, at));
    if (!lines.length) {
      lines.push(this.line({ text: this.dataset.none }, 0));
      lines[0].ariaDisabled = "true";
      delete lines[0].row;
    }
    this.list.replaceChildren(...lines);
    this.input.ariaExpanded = "true";
    this.list.showPopover();
    this.settle();
    for (const kind of ["scroll", "resize"]) addEventListener(kind, this.place, true);
    const chosen = lines.find((line) => line.row && String(line.row.id) === this.select.value);
    this.mark(query.trim() ? lines[0] : chosen);
  }

  line(row, at) {
    const line = document.createElement("li");
    Object.assign(line, { row, id: `${this.list.id}-${at}`, role: "option", textContent: row.text });
    if (row.sub) line.append(Object.assign(document.createElement("span"), { className: "sub", textContent: row.sub }));
    return line;
  }

  // Below the input, or above it where there is more room: a phone's keyboard covers the lower half.
  settle() {
    const box = this.input.getBoundingClientRect(), view = window.visualViewport;
    const room = view.offsetTop + view.height - box.bottom;
    const isAbove = room < 200 && box.top - view.offsetTop > room;
    const { style } = this.list;
    style.minWidth = `${Math.max(box.width, 240)}px`;
    style.left = `${Math.max(8, Math.min(box.left, innerWidth - Math.max(box.width, 240) - 8))}px`;
    style.top = isAbove ? "auto" : `${box.bottom}px`;
    style.maxHeight = `${Math.min(280, (isAbove ? box.top - view.offsetTop : room) - 8)}px`;
    style.bottom = isAbove ? `${innerHeight - box.top}px` : "auto";
  }

  mark(line) {
    for (const other of this.list.children) other.ariaSelected = String(other === line && Boolean(line.row));
    if (line) this.input.setAttribute("aria-activedescendant", line.id);
    else this.input.removeAttribute("aria-activedescendant");
    line?.scrollIntoView({ block: "nearest" });
  }

  get marked() {
    return this.list.querySelector("[aria-selected='true']");
  }

  press(event) {
    const { key } = event;
    if (key === "ArrowDown" || key === "ArrowUp") {
      event.preventDefault();
      if (!this.isOpen) return this.find("");
      const lines = [...this.list.children], step = key === "ArrowDown" ? 1 : -1;
      this.mark(lines.at((lines.indexOf(this.marked) + step + (this.marked || step > 0 ? 0 : 1)) % lines.length));
    } else if (key === "Enter" && this.isOpen) {
      event.preventDefault();
      this.choose(this.marked?.row);
    } else if (key === "Tab" && this.isOpen && this.marked && this.input.value.trim()) {
      this.choose(this.marked.row);
    } else if (key === "Escape" && this.isOpen) {
      event.preventDefault(); // closes the list alone, not the dialog around it
      event.stopPropagation();
      this.close();
      this.show();
    }
  }

  choose(row) {
    if (!row) return;
    let option = [...this.select.options].find((one) => one.value === String(row.id));
    if (!option) {
      option = new Option(row.text, row.id);
      Object.assign(option.dataset, { sub: row.sub, customer: row.customer || "" });
      this.select.append(option);
    }
    this.close();
    this.set(option);
  }

  set(option) {
    if (option && !option.selected) {
      option.selected = true;
      for (const kind of ["input", "change"]) this.select.dispatchEvent(new Event(kind, { bubbles: true }));
    }
    this.show();
  }

  // Leaving an emptied field empties the choice; anything else unfinished falls back to what was chosen.
  leave() {
    this.close();
    if (!this.input.value.trim()) this.set(this.empty);
    this.show();
  }

  close() {
    clearTimeout(this.waiting);
    this.asked?.abort();
    this.input.ariaExpanded = "false";
    this.input.removeAttribute("aria-activedescendant");
    for (const kind of ["scroll", "resize"]) removeEventListener(kind, this.place, true);
    this.list.hidePopover();
  }
}

customElements.define("record-choice", RecordChoice);
