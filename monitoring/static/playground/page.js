// The playground: settings, up to four columns, one composer for all of them.

import { Caller } from "./calling.js";
import { code } from "./code.js";
import { Column, make } from "./column.js";

const MOST_COLUMNS = 4;
const MOST_IMAGES = 8;
const MOST_BYTES = 8 * 1024 * 1024;
const KEPT = "switchboard.playground"; // in the session's storage: settings and models, never what was said
const EXAMPLE_TOOL = [{
  type: "function",
  function: {
    name: "get_weather",
    description: "The weather in a city now.",
    parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  },
}];
const NUMBERS = { temperature: Number, top_p: Number, max_tokens: Number, seed: Number };
const JSON_FIELDS = ["tools", "response_format"];
const KEPT_FIELDS = ["key", "system", ...Object.keys(NUMBERS), "reasoning_effort", ...JSON_FIELDS];

const root = document.getElementById("playground");
if (root) start();

function start() {
  const at = (id) => document.getElementById(id);
  const caller = new Caller({ passUrl: root.dataset.passUrl, csrf: root.querySelector("[name=csrfmiddlewaretoken]").value });
  const columns = [];
  let images = [];
  let known = [];

  const kept = read();
  for (const name of KEPT_FIELDS) {
    const field = at(name);
    if (kept[name] === undefined) continue;
    if (name !== "key" || [...field.options].some((option) => option.value === kept[name])) field.value = kept[name];
  }
  if (kept.stream === false) at("stream").checked = false;
  caller.key = at("key").value;

  // --- settings -----------------------------------------------------------------------------------
  function problem(text) {
    at("problem").textContent = text;
    at("problem").hidden = !text;
  }

  function json(name) {
    const text = at(name).value.trim();
    const error = at(`${name}-error`);
    error.hidden = true;
    if (!text) return undefined;
    try {
      return JSON.parse(text);
    } catch (problem) {
      error.textContent = `This is not JSON: ${problem.message}`;
      error.hidden = false;
      at(name).closest("details").open = true;
      throw problem;
    }
  }

  function settings() {
    const found = { system: at("system").value.trim() };
    for (const [name, read] of Object.entries(NUMBERS)) {
      const text = at(name).value.trim().replace(",", ".");
      if (text !== "") found[name] = Number.isNaN(read(text)) ? text : read(text);
    }
    if (at("reasoning_effort").value) found.reasoning_effort = at("reasoning_effort").value;
    for (const name of JSON_FIELDS) {
      const value = json(name);
      if (value !== undefined) found[name] = value;
    }
    if (at("stream").checked) Object.assign(found, { stream: true, stream_options: { include_usage: true } });
    return found;
  }

  function read() {
    try {
      return JSON.parse(sessionStorage.getItem(KEPT)) ?? {};
    } catch {
      return {};
    }
  }

  function keep() {
    const now = Object.fromEntries(KEPT_FIELDS.map((name) => [name, at(name).value]));
    try {
      sessionStorage.setItem(KEPT, JSON.stringify({ ...now, stream: at("stream").checked, models: columns.map((one) => one.model) }));
    } catch {
      // storage is off: nothing is kept
    }
  }

  // --- columns ------------------------------------------------------------------------------------
  function changed() {
    const busy = columns.some((one) => one.busy);
    at("stop").hidden = !busy;
    at("send").disabled = busy;
    at("add").disabled = columns.length >= MOST_COLUMNS;
    for (const one of columns) one.remove.hidden = columns.length === 1;
    at("columns").dataset.count = columns.length;
    keep();
  }

  function add(model = "") {
    const column = new Column({ caller, costUrl: root.dataset.costUrl, logUrl: root.dataset.logUrl, settings, onChange: changed, onRemove: drop });
    column.input.value = model;
    columns.push(column);
    at("columns").append(column.element);
    changed();
    return column;
  }

  function drop(column) {
    column.stop();
    columns.splice(columns.indexOf(column), 1);
    column.element.remove();
    changed();
    columns.at(-1).input.focus();
  }

  async function fill() {
    problem("");
    try {
      const answer = await (await caller.call("/v1/models")).json();
      known = answer.data.map((one) => one.id);
      at("models").replaceChildren(...known.map((id) => make("option", { value: id })));
      for (const column of columns) if (!column.model && known.length) column.input.value = known[0];
      if (!known.length) problem("This API key may call no model that is there. An admin can connect a provider, or allow more models.");
    } catch (error) {
      problem(error.message);
    }
    changed();
  }

  // --- images -------------------------------------------------------------------------------------
  function showImages() {
    at("images").hidden = images.length === 0;
    at("images").replaceChildren(...images.map((image) => {
      const remove = make("button", { type: "button", className: "quiet compact", text: "×", "aria-label": `Remove ${image.name}` });
      remove.addEventListener("click", () => { images = images.filter((one) => one !== image); showImages(); });
      return make("li", {}, make("img", { src: image.url, alt: image.name }), remove);
    }));
  }

  async function addFiles(files) {
    problem("");
    for (const file of files) {
      if (!file.type.startsWith("image/")) continue;
      if (images.length >= MOST_IMAGES) return problem(`At most ${MOST_IMAGES} images at once.`);
      if (file.size > MOST_BYTES) { problem(`${file.name} is larger than 8 MB.`); continue; }
      const url = await new Promise((done, failed) => {
        const reader = new FileReader();
        reader.onload = () => done(reader.result);
        reader.onerror = () => failed(reader.error);
        reader.readAsDataURL(file);
      });
      images.push({ name: file.name || "pasted image", url });
    }
    showImages();
  }

  // --- saying something ---------------------------------------------------------------------------
  function written() {
    const text = at("prompt").value;
    if (!images.length) return text.trim() ? { role: "user", content: text } : null;
    const parts = images.map((image) => ({ type: "image_url", image_url: { url: image.url } }));
    return { role: "user", content: [...(text.trim() ? [{ type: "text", text }] : []), ...parts] };
  }

  at("composer").addEventListener("submit", (event) => {
    event.preventDefault();
    problem("");
    if (columns.some((one) => one.busy)) return;
    const message = written();
    if (!message) return at("prompt").focus();
    try {
      settings();
    } catch {
      return problem("Mend the JSON in the settings first.");
    }
    if (columns.some((one) => !one.model)) return problem("Choose a model in each column, or remove the empty one.");
    if (columns.some((one) => one.waits)) return problem("A model waits for the results of its tools: send them first, or clear.");
    at("prompt").value = "";
    images = [];
    showImages();
    for (const column of columns) column.say(message);
  });

  at("prompt").addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    at("composer").requestSubmit();
  });
  at("prompt").addEventListener("paste", (event) => {
    const files = [...event.clipboardData.files];
    if (files.length) { event.preventDefault(); addFiles(files); }
  });
  at("files").addEventListener("change", (event) => { addFiles([...event.target.files]); event.target.value = ""; });
  at("key").addEventListener("change", () => { caller.key = at("key").value; fill(); });
  at("add").addEventListener("click", () => add(known.find((id) => columns.every((one) => one.model !== id)) ?? "").input.focus());
  at("stop").addEventListener("click", () => columns.forEach((one) => one.stop()));
  at("clear").addEventListener("click", () => { columns.forEach((one) => one.clear()); problem(""); at("prompt").focus(); });
  at("example-tool").addEventListener("click", () => { at("tools").value = JSON.stringify(EXAMPLE_TOOL, null, 2); keep(); });
  root.addEventListener("change", keep);

  // --- sharing ------------------------------------------------------------------------------------
  // Up to the last thing that a model is to answer.
  function asked(body) {
    const end = body.messages.findLastIndex((one) => one.role === "user" || one.role === "tool");
    return { ...body, messages: end < 0 ? body.messages : body.messages.slice(0, end + 1) };
  }

  function showCode() {
    const column = columns[at("code-model").selectedIndex] ?? columns[0];
    const language = root.querySelector("[data-language][aria-pressed=true]").dataset.language;
    at("code-text").textContent = code(language, asked(column.body(written())), location.origin);
  }

  at("share").addEventListener("click", () => {
    try {
      settings();
    } catch {
      return problem("Mend the JSON in the settings first.");
    }
    at("code-model").replaceChildren(...columns.map((one) => make("option", { text: one.model || "(no model)" })));
    showCode();
    at("code").showModal();
  });
  at("code-model").addEventListener("change", showCode);
  for (const button of root.querySelectorAll("[data-language]")) {
    button.addEventListener("click", () => {
      for (const one of root.querySelectorAll("[data-language]")) one.setAttribute("aria-pressed", String(one === button));
      showCode();
    });
  }

  const models = Array.isArray(kept.models) && kept.models.length ? kept.models.slice(0, MOST_COLUMNS) : [""];
  for (const model of models) add(model);
  fill();
}
