// The panel with everything a row holds: its facts, and each attempt with why it went as it did.

import { cost, duration, number, utc } from "./format.js";
import { isEvent } from "./store.js";
import { statusText, subject } from "./table.js";

const KINDS = { retry: "a retry", hedge: "a hedge, beside the one above" };

export class Details {
  row = null;
  #panel;
  #body;
  #requestUrl;
  #onClose;

  constructor(panel, { requestUrl, onClose }) {
    this.#panel = panel;
    this.#body = panel.querySelector("#details-body");
    this.#requestUrl = requestUrl;
    this.#onClose = onClose;
    panel.querySelector("#details-close").addEventListener("click", () => this.close());
    document.addEventListener("keydown", (event) => event.key === "Escape" && this.row && this.close());
  }

  open(row) {
    this.row = row;
    this.render();
    this.#panel.hidden = false;
    this.#panel.scrollTop = 0;
    this.#panel.querySelector("#details-title").focus();
  }

  close() {
    const { id } = this.row;
    this.row = null;
    this.#panel.hidden = true;
    this.#onClose(id);
  }

  render() {
    const { row } = this;
    this.#panel.querySelector("#details-title").textContent = isEvent(row) ? "Event" : "Request";
    if (isEvent(row)) {
      this.#body.replaceChildren(facts(eventFacts(row)));
      return;
    }
    const parts = [facts(factsOf(row))];
    if (row.error_code || row.error_message) parts.unshift(problem(row));
    if (row.attempts.length) parts.push(...attempts(row));
    if (this.#requestUrl && row.ended_by) parts.push(link(this.#requestUrl.replace("{id}", encodeURIComponent(row.id))));
    this.#body.replaceChildren(...parts);
  }
}

function eventFacts(row) {
  return [
    ["When", utc(row.time)],
    ["What", subject(row)],
    ["Kind", row.kind],
    ["Why", row.reason],
    ["Changed", [row.before, row.after].filter(Boolean).join(" → ")],
    ["Provider", row.provider],
    ["Model", row.model],
    ["Token", row.token],
    ["Name", row.name],
  ].filter(([, value]) => value);
}

function factsOf(row) {
  return [
    ["Started", utc(row.time)],
    ["Status", statusText(row)],
    ["Ended", row.ended_by || (row.lost ? "not seen: the connection was lost" : "still running")],
    ["Endpoint", row.endpoint],
    ["API key", row.api_key || "anonymous"],
    ["Team", row.team],
    ["Asked for", row.requested_model],
    ["Served by", [row.provider, row.model].filter(Boolean).join(" · ")],
    ["Answer", row.stream ? "streamed" : "whole"],
    ...usageOf(row),
    ["Cost", costOf(row)],
    ["First byte", duration(row.first_byte_ms)],
    ["Latency", row.ended_by ? duration(row.latency_ms) : "–"],
    ["ID", row.id],
  ].filter(([, value]) => value);
}

function usageOf(row) {
  if (row.usage_basis === "none") return [["Usage", "not known"]];
  const cached = row.cached_input ? `, of these ${number(row.cached_input)} cached` : "";
  return [["Input", number(row.input) + cached], ["Output", number(row.output)], ["Usage is", row.usage_basis]];
}

function costOf(row) {
  if (!row.ended_by || row.usage_basis === "none") return "";
  return row.cost_nano === null ? "unknown" : `${cost(row.cost_nano)} (${row.cost_basis})`;
}

function make(tag, text = "", className = "") {
  const element = document.createElement(tag);
  element.textContent = text;
  element.className = className;
  return element;
}

function facts(pairs) {
  const list = make("dl");
  for (const [name, value] of pairs) list.append(make("dt", name), make("dd", value));
  return list;
}

function problem(row) {
  const box = make("div", "", "problem");
  box.append(make("strong", row.error_code || "error"), make("p", row.error_message));
  return box;
}

function attempts(row) {
  const list = make("ol", "", "attempts");
  for (const attempt of row.attempts) {
    const item = make("li");
    item.append(
      make("strong", [attempt.provider, attempt.model].filter(Boolean).join(" · ")),
      make("span", outcomeOf(attempt), attempt.error ? "outcome bad" : "outcome"),
      ...whys(attempt),
    );
    list.append(item);
  }
  const hidden = row.attempt_count - row.attempts.length;
  if (hidden > 0) list.append(make("li", `and ${number(hidden)} more`));
  return [make("h3", row.attempt_count === 1 ? "1 attempt" : `${number(row.attempt_count)} attempts`), list];
}

function outcomeOf(attempt) {
  const outcome = [attempt.status || "no reply", attempt.error].filter(Boolean).join(" ");
  const waited = attempt.waited_ms ? `waited ${duration(attempt.waited_ms)}` : "";
  return [outcome, duration(attempt.latency_ms), waited, KINDS[attempt.kind] || attempt.kind].filter(Boolean).join(" · ");
}

// Why this target, why it failed there, and what came next.
function whys(attempt) {
  const lines = [];
  if (attempt.reason) lines.push(make("span", attempt.reason, "why"));
  if (attempt.message) lines.push(make("span", attempt.message, "outcome bad"));
  const verdict = attempt.verdict.replaceAll("_", " ");
  if (verdict) lines.push(make("span", attempt.error ? `then: ${verdict}` : verdict, "why"));
  return lines;
}

function link(url) {
  const anchor = make("a", "Open in the request log", "button");
  anchor.href = url;
  return anchor;
}
