// One model's conversation: what was said, how long it took, what it used and cost.

import { cost, duration, number } from "../live/format.js";
import { Reply, events } from "./calling.js";

const COST_AFTER = [400, 800, 1600, 3200]; // ms: the log row comes a moment after the answer

export function make(tag, { className, text, ...more } = {}, ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  for (const [name, value] of Object.entries(more)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

let made = 0;

export class Column {
  messages = [];
  #abort = null;

  constructor({ caller, costUrl, logUrl, settings, onChange, onRemove }) {
    Object.assign(this, { caller, costUrl, logUrl, settings, onChange });
    const id = `model-${++made}`;
    this.input = make("input", { id, list: "models", placeholder: "Model", autocomplete: "off", spellcheck: "false" });
    this.input.addEventListener("change", () => onChange());
    this.remove = make("button", { type: "button", className: "quiet compact", text: "Remove", "aria-label": "Remove this model" });
    this.remove.addEventListener("click", () => onRemove(this));
    this.talk = make("div", { className: "talk", tabindex: "0", role: "log", "aria-label": "Conversation" });
    this.element = make(
      "article",
      { className: "column card" },
      make("header", { className: "card-head" }, make("label", { className: "unseen", for: id, text: "Model" }), this.input, this.remove),
      this.talk,
    );
    this.clear();
  }

  get model() {
    return this.input.value.trim();
  }

  get busy() {
    return this.#abort !== null;
  }

  clear() {
    this.stop();
    this.messages = [];
    this.talk.replaceChildren(make("p", { className: "hint", text: "Nothing said yet." }));
  }

  stop() {
    this.#abort?.abort();
  }

  // What would be sent now, with the message that is being written.
  body(message) {
    const { system, ...parameters } = this.settings();
    const messages = [...(system ? [{ role: "system", content: system }] : []), ...this.messages, ...(message ? [message] : [])];
    return { model: this.model, messages, ...parameters };
  }

  say(message) {
    this.talk.querySelector(".hint")?.remove();
    this.messages.push(message);
    this.#show(message);
    return this.#ask();
  }

  #show(message) {
    const said = make("div", { className: `turn ${message.role}` });
    const parts = typeof message.content === "string" ? [{ type: "text", text: message.content }] : message.content;
    for (const part of parts) {
      if (part.type === "text") said.append(make("p", { className: "text", text: part.text }));
      else said.append(make("img", { src: part.image_url.url, alt: "An image that was sent" }));
    }
    this.talk.append(said);
    said.scrollIntoView({ block: "nearest" });
  }

  async #ask() {
    const body = this.body();
    const turn = make("div", { className: "turn assistant", "aria-busy": "true" });
    const reasoning = make("details", { className: "reasoning" }, make("summary", { text: "Reasoning" }), make("p", { className: "text" }));
    reasoning.hidden = true;
    const text = make("p", { className: "text" });
    const figures = make("p", { className: "figures", text: "Waiting…" });
    turn.append(reasoning, text, figures);
    this.talk.append(turn);
    const reply = new Reply();
    const times = { began: performance.now(), first: 0, ended: 0 };
    let requestId = "";
    this.#abort = new AbortController();
    this.onChange();
    const draw = () => {
      const near = this.talk.scrollHeight - this.talk.scrollTop - this.talk.clientHeight < 80;
      text.textContent = reply.text;
      reasoning.hidden = !reply.reasoning;
      reasoning.lastElementChild.textContent = reply.reasoning;
      if (near) this.talk.scrollTop = this.talk.scrollHeight;
    };
    try {
      const answer = await this.caller.call("/v1/chat/completions", { body, signal: this.#abort.signal });
      requestId = answer.headers.get("x-request-id") ?? "";
      if (body.stream) {
        for await (const event of events(answer)) {
          reply.piece(event);
          if (!times.first && (reply.text || reply.reasoning || reply.calls.length)) times.first = performance.now();
          draw();
        }
      } else {
        reply.whole(await answer.json());
      }
      draw();
      this.messages.push(reply.message);
      if (reply.calls.length) turn.insertBefore(this.#tools(reply.message.tool_calls), figures);
    } catch (error) {
      const stopped = error.name === "AbortError";
      figures.before(make("p", { className: "notice", "data-kind": stopped ? "warn" : "bad", role: "alert", text: stopped ? "Stopped." : error.message }));
      requestId ||= error.requestId ?? "";
      if (reply.text) this.messages.push(reply.message);
      else this.messages.pop(); // the same can be said again
    } finally {
      times.ended = performance.now();
      this.#abort = null;
      turn.removeAttribute("aria-busy");
      this.#figures(figures, { times, reply, requestId });
      this.onChange();
    }
  }

  async #figures(element, { times, reply, requestId }) {
    const parts = [duration(times.ended - times.began)];
    if (times.first) parts.push(`first words after ${duration(times.first - times.began)}`);
    if (reply.usage) parts.push(`${number(reply.usage.prompt_tokens ?? 0)} in, ${number(reply.usage.completion_tokens ?? 0)} out`);
    if (reply.finish && reply.finish !== "stop") parts.push(`ended by ${reply.finish}`);
    element.textContent = parts.join(" · ");
    if (!requestId) return;
    for (const wait of COST_AFTER) {
      await new Promise((done) => setTimeout(done, wait));
      let row;
      try {
        row = await (await fetch(`${this.costUrl}?id=${encodeURIComponent(requestId)}`)).json();
      } catch {
        return;
      }
      if (!row.found) continue;
      const paid = row.cost_nano !== null ? cost(row.cost_nano) : row.usage_basis !== "none" && "cost unknown";
      const more = [row.provider && `${row.provider}: ${row.model}`, paid, row.cache && row.cache !== "stored" && "from the answer cache", row.attempts > 1 && `${row.attempts} attempts`];
      element.textContent = [...parts, ...more.filter(Boolean)].join(" · ");
      if (this.logUrl) element.append(" · ", make("a", { href: this.logUrl.replace(/0{8}-.*0{12}/, requestId), text: "in the log" }));
      return;
    }
  }

  // What the model wants to be called, and a place for the results, which go back to it.
  #tools(calls) {
    const form = make("form", { className: "tools" });
    for (const call of calls) {
      const id = `result-${++made}`;
      form.append(
        make("p", { className: "label", text: call.function.name }),
        make("pre", { className: "code folded", text: call.function.arguments || "{}" }),
        make("p", { className: "field" }, make("label", { for: id, text: "Its result" }), make("textarea", { id, rows: "2" })),
      );
    }
    const send = make("button", { type: "submit", className: "compact", text: "Send the results" });
    form.append(send);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.busy) return;
      const results = [...form.querySelectorAll("textarea")].map((box) => box.value);
      calls.forEach((call, place) => this.messages.push({ role: "tool", tool_call_id: call.id, content: results[place] }));
      for (const control of form.elements) control.disabled = true;
      this.#ask();
    });
    return form;
  }

  // Whether the last turn waits for results of tools: nothing else can be said before.
  get waits() {
    const last = this.messages.at(-1);
    return Boolean(last?.tool_calls?.length);
  }
}
