// Calls the API as the chosen key: a pass, asked for when the last one is about to end, in place of the key's secret.

const EARLY = 60_000; // ms before its end that a pass is renewed

export class Caller {
  #key = "";
  #pass = "";
  #until = 0;

  constructor({ passUrl, csrf }) {
    this.passUrl = passUrl;
    this.csrf = csrf;
  }

  set key(id) {
    if (id === this.#key) return;
    this.#key = id;
    this.#pass = "";
  }

  async call(path, { body, signal } = {}) {
    let answer = await this.#send(path, body, signal);
    if (answer.status === 401) { // the pass is over before its time: this machine slept, or the server has a new secret
      this.#pass = "";
      answer = await this.#send(path, body, signal);
    }
    if (!answer.ok) throw await refusal(answer);
    return answer;
  }

  async #send(path, body, signal) {
    const headers = { authorization: `Bearer ${await this.#valid()}`, "x-switchboard-tags": "playground" };
    if (body) headers["content-type"] = "application/json";
    return fetch(path, { method: body ? "POST" : "GET", headers, body: body && JSON.stringify(body), signal, credentials: "omit" });
  }

  async #valid() {
    if (this.#pass && Date.now() < this.#until - EARLY) return this.#pass;
    const answer = await fetch(this.passUrl, {
      method: "POST",
      headers: { "x-csrftoken": this.csrf, "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams({ key: this.#key }),
    });
    if (!answer.ok) throw await refusal(answer);
    const given = await answer.json();
    this.#pass = given.pass;
    this.#until = Date.now() + given.seconds * 1000;
    return this.#pass;
  }
}

async function refusal(answer) {
  let told = "";
  try {
    told = (await answer.json()).error?.message ?? "";
  } catch {
    // no JSON: a proxy in front, or the session is over
  }
  const error = new Error(told || `The server answered ${answer.status}.`);
  error.status = answer.status;
  error.requestId = answer.headers.get("x-request-id") ?? "";
  return error;
}

// The data of a stream of events, each parsed; ends at [DONE] or where the stream does.
export async function* events(answer) {
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    rest += value ?? "";
    const lines = rest.split(/\r?\n/);
    rest = done ? "" : lines.pop();
    for (const line of lines) {
      if (!line.startsWith("data:")) continue;
      const data = line.slice(5).trim();
      if (data === "[DONE]") return;
      yield JSON.parse(data);
    }
    if (done) return;
  }
}

// An answer in the making: text, reasoning and tool calls, whether it came in pieces or whole.
export class Reply {
  text = "";
  reasoning = "";
  calls = [];
  finish = "";
  usage = null;
  model = "";

  whole(body) {
    this.model = body.model ?? "";
    this.usage = body.usage ?? null;
    const choice = body.choices?.[0];
    this.finish = choice?.finish_reason ?? "";
    this.text = choice?.message?.content ?? "";
    this.reasoning = choice?.message?.reasoning_content ?? "";
    this.calls = choice?.message?.tool_calls ?? [];
  }

  piece(chunk) {
    if (chunk.error) throw new Error(chunk.error.message ?? "The stream ended with an error.");
    this.model = chunk.model || this.model;
    this.usage = chunk.usage ?? this.usage;
    const choice = chunk.choices?.[0];
    if (!choice) return;
    this.finish = choice.finish_reason ?? this.finish;
    this.text += choice.delta?.content ?? "";
    this.reasoning += choice.delta?.reasoning_content ?? "";
    for (const call of choice.delta?.tool_calls ?? []) this.#call(call);
  }

  #call(part) {
    const place = part.index ?? this.calls.length;
    this.calls[place] ??= { id: "", type: "function", function: { name: "", arguments: "" } };
    const call = this.calls[place];
    call.id ||= part.id ?? "";
    call.function.name += part.function?.name ?? "";
    call.function.arguments += part.function?.arguments ?? "";
  }

  get message() {
    const message = { role: "assistant", content: this.text || null };
    if (this.calls.length) message.tool_calls = this.calls.filter(Boolean);
    return message;
  }
}
