// The list of requests: the live tail. The socket says that something happened; the rows come from the list itself, so
// that exactly those stand on the page that match its filter and may be seen.

import { Connection } from "../live/socket.js";

const REST = 1500; // ms between two looks at the list
const KEPT = "tail"; // in the address
const button = document.getElementById("tail");
const rows = document.getElementById("rows");
const news = document.getElementById("tail-news");

class Tail {
  on = false;
  #connection = null;
  #due = 0;
  #looking = false;
  #again = false;

  start() {
    this.on = true;
    this.#connection ??= this.#connect();
    this.#show("connecting");
    this.look();
  }

  stop() {
    this.on = false;
    this.#show("off");
  }

  // At most one look at a time; what happens meanwhile is seen by the next.
  look() {
    if (!this.on || document.hidden) return;
    if (this.#looking || this.#due) {
      this.#again = true;
      return;
    }
    this.#looking = true;
    this.#again = false;
    this.#fetch().finally(() => {
      this.#looking = false;
      this.#due = setTimeout(() => {
        this.#due = 0;
        if (this.#again) this.look();
      }, REST);
    });
  }

  #connect() {
    const connection = new Connection(button.dataset.socket, {
      onState: (state) => this.#show(state),
      onMessage: (message) => this.#heard(message),
      onFresh: () => this.look(),
      onHint: () => this.#show("refused"),
    });
    connection.open();
    return connection;
  }

  // A row is written a moment after it is told of: look now, and once more.
  #heard(message) {
    if (message.type !== "rows" || !message.rows.some((row) => row.ended_by)) return;
    this.look();
    this.#again = true;
  }

  async #fetch() {
    const address = new URL(location.href);
    address.searchParams.set("part", "rows");
    address.searchParams.delete(KEPT);
    try {
      const response = await fetch(address, { headers: { accept: "text/html" } });
      if (response.redirected) location.assign(`${button.dataset.login}?next=${encodeURIComponent(location.pathname + location.search)}`);
      else if (response.ok && this.on) this.#put(await response.text());
    } catch {
      this.#again = true; // the server is away: the socket says so
    }
  }

  #put(html) {
    if (rows.contains(document.activeElement) || String(getSelection()).trim()) { // do not pull it from under someone
      this.#again = true;
      return;
    }
    const known = new Set([...rows.querySelectorAll("tr[data-id]")].map((row) => row.dataset.id));
    const fresh = document.createElement("template");
    fresh.innerHTML = html; // our own page, escaped by its template; nothing in it may run
    const added = [...fresh.content.querySelectorAll("tr[data-id]")].filter((row) => !known.has(row.dataset.id));
    if (known.size) for (const row of added) row.classList.add("new");
    rows.replaceChildren(...fresh.content.childNodes);
    if (added.length) news.textContent = `${added.length} new ${added.length === 1 ? "request" : "requests"}`;
  }

  #show(state) {
    const shown = this.on ? state : "off";
    const texts = {
      off: "Live tail", connecting: "Connecting…", live: "Live", waiting: "Trying again…",
      "signed-out": "Signed out", refused: "Not available",
    };
    button.setAttribute("aria-pressed", String(this.on));
    button.dataset.state = shown;
    document.getElementById("tail-text").textContent = texts[shown] ?? texts.off;
  }
}

if (button) {
  const tail = new Tail();
  button.hidden = false;
  button.addEventListener("click", () => {
    if (tail.on) tail.stop();
    else tail.start();
    const address = new URL(location.href);
    if (tail.on) address.searchParams.set(KEPT, "on");
    else address.searchParams.delete(KEPT);
    history.replaceState(null, "", address);
  });
  document.addEventListener("visibilitychange", () => tail.look());
  if (new URLSearchParams(location.search).get(KEPT) === "on") tail.start();
}

// Empty fields stay out of the address.
document.getElementById("filters")?.addEventListener("formdata", (event) => {
  for (const [name, value] of [...event.formData]) if (!value) event.formData.delete(name);
});
