// The table: at most 500 rows in the page, only text nodes ever written, one tab stop with arrow keys inside.

import { isEvent, statusClass } from "./store.js";
import { clock, duration, number } from "./format.js";

const MOST_SHOWN = 500;

export class Table {
  #body;
  #template;
  #shown = new Map(); // id → {row, element}
  #onOpen;

  constructor(body, template, onOpen) {
    this.#body = body;
    this.#template = template;
    this.#onOpen = onOpen;
    body.addEventListener("click", (event) => this.#clicked(event));
    body.addEventListener("keydown", (event) => this.#moved(event));
  }

  get size() {
    return this.#shown.size;
  }

  *rows() {
    for (const { row } of this.#shown.values()) yield row;
  }

  show(rows) {
    this.#shown.clear();
    const elements = rows.slice(0, MOST_SHOWN).map((row) => this.#make(row));
    this.#body.replaceChildren(...elements);
    this.#keepTabStop();
  }

  add(rows) {
    for (const row of rows) {
      const element = this.#make(row);
      element.classList.add("new");
      this.#body.insertBefore(element, this.#firstOlder(row));
    }
    while (this.#shown.size > MOST_SHOWN) this.remove(this.#body.lastElementChild.dataset.id);
    this.#keepTabStop();
  }

  update(row) {
    const shown = this.#shown.get(row.id);
    if (shown) fill(shown.element, row);
  }

  remove(id) {
    this.#shown.get(id)?.element.remove();
    this.#shown.delete(id);
  }

  has(id) {
    return this.#shown.has(id);
  }

  mark(id) {
    for (const { row, element } of this.#shown.values()) element.classList.toggle("chosen", row.id === id);
  }

  focus(id) {
    const shown = this.#shown.get(id);
    if (shown) this.#focus(shown.element);
    else this.#body.focus();
  }

  tickRunning() {
    for (const { row, element } of this.#shown.values()) if (!row.ended_by) fillLatency(element, row);
  }

  #make(row) {
    const element = this.#template.content.firstElementChild.cloneNode(true);
    element.dataset.id = row.id;
    if (isEvent(row)) becomeEvent(element);
    fill(element, row);
    this.#shown.set(row.id, { row, element });
    return element;
  }

  #firstOlder(row) {
    let element = this.#body.firstElementChild;
    while (element && this.#shown.get(element.dataset.id).row.time > row.time) element = element.nextElementSibling;
    return element;
  }

  #clicked(event) {
    const element = event.target.closest("tr");
    if (!element || String(getSelection())) return; // the click ended a selection of text
    this.#focus(element, { scroll: false });
    this.#onOpen(this.#shown.get(element.dataset.id).row);
  }

  #moved(event) {
    const element = event.target.closest("tr");
    const steps = {
      ArrowDown: element?.nextElementSibling, ArrowUp: element?.previousElementSibling,
      Home: this.#body.firstElementChild, End: this.#body.lastElementChild,
    };
    if (!(event.key in steps)) return;
    event.preventDefault();
    if (steps[event.key]) this.#focus(steps[event.key]);
  }

  #focus(element, { scroll = true } = {}) {
    for (const other of this.#body.querySelectorAll('.open[tabindex="0"]')) other.tabIndex = -1;
    const button = element.querySelector(".open");
    button.tabIndex = 0;
    button.focus({ preventScroll: !scroll });
  }

  // Tab leads to the newest row, and stays where it is while someone is inside.
  #keepTabStop() {
    const stop = this.#body.querySelector('.open[tabindex="0"]');
    if (stop && stop === document.activeElement) return;
    if (stop) stop.tabIndex = -1;
    const newest = this.#body.querySelector(".open");
    if (newest) newest.tabIndex = 0;
  }
}

// One wide cell over what an event has not. The last two cells stay, empty: a narrow table hides the seventh.
function becomeEvent(element) {
  element.classList.add("event");
  const hidden = [".provider", ".key", ".usage"].map((name) => element.querySelector(name));
  for (const cell of hidden) cell.hidden = true;
  element.querySelector(".model").colSpan = hidden.length + 1;
}

function fillEvent(element, row) {
  const cell = (name) => element.querySelector(name);
  cell(".open").textContent = clock(row.time);
  cell(".open").setAttribute("aria-label", `${clock(row.time)}, ${row.kind}, ${subject(row)}: details`);
  cell(".badge").replaceChildren(icon(row), row.kind);
  cell(".badge").dataset.kind = statusClass(row);
  cell(".model .main").textContent = subject(row);
  cell(".model .sub").textContent = row.reason;
}

// What happened, and to whom.
export function subject(row) {
  const whom = [row.provider, row.model, row.token].filter(Boolean).join(" · ") || (row.kind === "budget" ? row.name : "");
  return whom ? `${whom}: ${row.title}` : row.title;
}

const ICONS = { good: "✓", info: "●", warning: "▲", bad: "✕" };

function icon(row) {
  const sign = document.createElement("span");
  sign.setAttribute("aria-hidden", "true");
  sign.textContent = ICONS[row.level] ?? "●";
  return sign;
}

function fill(element, row) {
  if (isEvent(row)) {
    fillEvent(element, row);
    return;
  }
  const cell = (name) => element.querySelector(name);
  const kind = statusClass(row);
  cell(".open").textContent = clock(row.time);
  cell(".open").setAttribute("aria-label", `${clock(row.time)}, ${statusText(row)}, ${row.model || row.requested_model}: details`);
  const badge = cell(".badge");
  badge.textContent = statusText(row);
  badge.dataset.kind = kind;
  const model = row.model || row.requested_model || "–";
  cell(".model .main").textContent = model;
  cell(".model .sub").textContent = row.error_code || (row.requested_model === model ? "" : row.requested_model);
  cell(".model .sub").classList.toggle("bad", Boolean(row.error_code));
  cell(".provider").textContent = row.provider || "–";
  cell(".key .main").textContent = row.api_key || "anonymous";
  cell(".key .sub").textContent = row.team;
  cell(".usage").textContent = row.ended_by && row.usage_basis !== "none" ? `${number(row.input)} / ${number(row.output)}` : "–";
  cell(".usage").title = row.usage_basis === "none" ? "" : `usage: ${row.usage_basis}`;
  cell(".first-byte").textContent = duration(row.first_byte_ms);
  fillLatency(element, row);
}

function fillLatency(element, row) {
  const running = row.ended_by ? row.latency_ms : Math.max(0, Date.now() - row.time);
  element.querySelector(".latency").textContent = row.lost ? "?" : duration(running);
}

export function statusText(row) {
  if (isEvent(row)) return row.kind;
  const kind = statusClass(row);
  if (kind === "5xx" && row.status < 400) return `${row.status || ""} broken`.trim();
  return /^\dxx$/.test(kind) ? String(row.status) : kind;
}
