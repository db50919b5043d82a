// The connection to /ws/logs/: comes back by itself, and notices one that died without a word.

const FIRST_WAIT = 500; // ms; doubled with each failure
const LONGEST_WAIT = 30_000;
const SILENCE = 75_000; // the server says "alive" every 30 s at most
const FAILURES_BEFORE_HINT = 3;

const FINAL = { 4401: "signed-out", 4403: "refused" };
const ACCESS_CHANGED = 4409;

// onState(state, detail): "connecting", "live", "waiting" (detail: when it tries next, ms), "signed-out", "refused";
// onMessage(message); onFresh(changed): a connection begins, changed: what may be seen is another; onHint(): it
// never opened, several times over.
export class Connection {
  #socket = null;
  #failures = 0;
  #everOpen = false;
  #timer = 0;
  #silence = 0;
  #handlers;
  #url;
  #changed = false;
  #over = false;

  constructor(path, handlers) {
    this.#url = new URL(path, location.href);
    this.#url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    this.#handlers = handlers;
    window.addEventListener("online", () => this.#hurry());
    document.addEventListener("visibilitychange", () => document.hidden || this.#hurry());
  }

  open() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#handlers.onState("connecting");
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    socket.onmessage = (event) => this.#heard(socket, event.data);
    socket.onclose = (event) => this.#closed(socket, event.code);
    this.#watchSilence(socket);
  }

  // The server accepts before it knows who we are; only a first message says that we are in.
  #heard(socket, text) {
    if (socket !== this.#socket) return;
    this.#watchSilence(socket);
    if (!socket.welcomed) {
      socket.welcomed = true;
      this.#failures = 0;
      this.#everOpen = true;
      this.#handlers.onState("live");
      this.#handlers.onFresh(this.#changed);
      this.#changed = false;
    }
    this.#handlers.onMessage(JSON.parse(text));
  }

  #closed(socket, code) {
    if (socket !== this.#socket || this.#over) return;
    this.#socket = null;
    clearTimeout(this.#silence);
    if (code in FINAL) {
      this.#over = true;
      this.#handlers.onState(FINAL[code]);
      return;
    }
    this.#changed ||= code === ACCESS_CHANGED;
    this.#failures += 1;
    if (!this.#everOpen && this.#failures >= FAILURES_BEFORE_HINT) this.#handlers.onHint();
    const wait = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** (this.#failures - 1)) * (0.75 + Math.random() / 2);
    this.#handlers.onState("waiting", Date.now() + wait);
    this.#timer = setTimeout(() => this.open(), wait);
  }

  #hurry() {
    if (this.#timer) this.open();
  }

  #watchSilence(socket) {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => {
      socket.close();
      this.#closed(socket, 1006); // a dead peer never answers the close
    }, SILENCE);
  }
}
