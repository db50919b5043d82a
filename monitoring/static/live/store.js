// The rows this page knows, requests and events, newest first, and how many it never got. Nothing here touches the page.

const MOST_KEPT = 2000;

const LEVELS = { good: "good", info: "busy", warning: "warn", bad: "bad" };

export function isEvent(row) {
  return row.ended_by === "event";
}

export function statusClass(row) {
  if (isEvent(row)) return LEVELS[row.level] ?? "idle";
  if (!row.ended_by) return row.lost ? "unknown" : "running";
  if (row.ended_by === "cancelled" || row.ended_by === "interrupted") return row.ended_by;
  if (row.status >= 500 || (row.ended_by === "failed" && row.status < 400)) return "5xx"; // a stream that broke was a 200
  return row.status >= 400 ? "4xx" : "2xx";
}

export function matches(row, filter) {
  if (filter.provider && row.provider !== filter.provider) return false;
  if (filter.key && row.api_key !== filter.key) return false;
  if (filter.status === "events" || filter.status === "requests") {
    if (isEvent(row) !== (filter.status === "events")) return false;
  } else if (filter.status && (isEvent(row) || statusClass(row) !== filter.status)) return false;
  return !filter.text || textOf(row).includes(filter.text.toLowerCase());
}

function textOf(row) {
  row.text ??= [
    row.id, row.endpoint, row.api_key, row.team, row.requested_model, row.provider, row.model, row.status,
    row.ended_by, row.error_code, row.error_message, row.kind, row.title, row.reason, row.name, row.token,
  ].join(" ").toLowerCase();
  return row.text;
}

// An event as a row of the table: "text" is what a row is searched by, so its own words become "reason".
function eventRow(event) {
  return { provider: "", model: "", ...event, text: undefined, reason: event.text ?? "", ended_by: "event" };
}

export class Store {
  rows = []; // by time of start, newest first
  leftOut = 0;
  paused = false;
  #byId = new Map();
  #waiting = new Map();
  #next = new Map(); // source and group → the number its next message should carry

  get waiting() {
    return this.#waiting.size;
  }

  // Takes a message; returns what is to be shown now: rows new to the page, and rows that changed.
  take(message) {
    if (message.type === "rows") this.#count(message);
    if (message.type === "events") this.leftOut += message.left_out;
    const rows = [...(message.rows ?? []), ...(message.events ?? []).map(eventRow)];
    if (!this.paused) return this.#add(rows);
    for (const row of rows) this.#waiting.set(row.id, row);
    this.#dropWaiting();
    return { added: [], changed: [] };
  }

  resume() {
    this.paused = false;
    const rows = [...this.#waiting.values()];
    this.#waiting.clear();
    return this.#add(rows);
  }

  clear() {
    this.rows = [];
    this.leftOut = 0;
    this.#byId.clear();
    this.#waiting.clear();
  }

  // A new connection numbers from wherever it stands, and cannot say how what was running has ended.
  reconnected() {
    this.#next.clear();
    const lost = this.rows.filter((row) => !row.ended_by);
    for (const row of lost) row.lost = true;
    return lost;
  }

  knowsAny(rows) {
    return rows.some((row) => this.#byId.has(row.id) || this.#waiting.has(row.id));
  }

  #count(message) {
    const line = `${message.source} ${message.group}`;
    const expected = this.#next.get(line) ?? message.seq;
    this.leftOut += Math.max(0, message.seq - expected) + message.left_out;
    this.#next.set(line, message.seq + message.left_out + message.rows.length);
  }

  #add(rows) {
    const added = [];
    const changed = [];
    for (const row of rows) {
      const known = this.#byId.get(row.id);
      if (!known) {
        this.#insert(row);
        added.push(row);
      } else if (!known.ended_by) {
        Object.assign(known, row, { text: undefined, lost: false });
        changed.push(known);
      }
    }
    for (const old of this.rows.splice(MOST_KEPT)) this.#byId.delete(old.id);
    return { added: added.filter((row) => this.#byId.has(row.id)), changed };
  }

  #insert(row) {
    let at = 0;
    while (at < this.rows.length && this.rows[at].time > row.time) at += 1;
    this.rows.splice(at, 0, row);
    this.#byId.set(row.id, row);
  }

  #dropWaiting() {
    for (const id of this.#waiting.keys()) {
      if (this.#waiting.size <= MOST_KEPT) break;
      this.#waiting.delete(id);
      this.leftOut += 1;
    }
  }
}
