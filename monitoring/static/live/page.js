// The live log page: what comes over the socket goes into the store, what matches the filter into the table.

import { Connection } from "./socket.js";
import { Details } from "./details.js";
import { number } from "./format.js";
import { Store, isEvent, matches, statusClass } from "./store.js";
import { Table } from "./table.js";

const NEWS_EVERY = 10_000; // ms between two announcements to a screen reader
const $ = (id) => document.getElementById(id);

const log = $("log");
const form = $("filters");
const store = new Store();
const table = new Table($("rows"), $("row-template"), open);
const details = new Details($("details"), { requestUrl: log.dataset.request, onClose: closed });
const seen = { provider: new Set(), key: new Set() };
const news = { requests: 0, failed: 0, said: Date.now(), recent: [] };
offerKinds();
let filter = readAddress();
let waitingUntil = 0;

new Connection(log.dataset.socket, {
  onState: showState,
  onMessage: take,
  onFresh: freshConnection,
  onHint: () => problem(
    "The connection is refused. If this address is right, an administrator adds it to ALLOWED_HOSTS, " +
    "or to CSRF_TRUSTED_ORIGINS behind a proxy that changes the host."),
}).open();

// --- what comes in ---
let expectsBacklog = false;

function freshConnection(changed) {
  problem("");
  if (changed) {
    store.clear();
    redraw();
  }
  for (const row of store.reconnected()) table.update(row);
  expectsBacklog = store.rows.length > 0;
}

function take(message) {
  if (message.type === "backlog" && expectsBacklog) {
    expectsBacklog = false;
    if (message.rows.length >= 50 && !store.knowsAny(message.rows)) {
      problem("The connection was away for a while; requests from that time are missing here.");
    }
  }
  const isLive = message.type === "rows";
  if (isLive) countRate(message);
  show(store.take(message), { isLive });
}

function show({ added, changed }, { isLive }) {
  const fitting = added.filter((row) => matches(row, filter));
  table.add(fitting);
  for (const row of changed) {
    table.update(row);
    if (matches(row, filter) !== table.has(row.id)) redraw();
    if (details.row === row) details.render();
  }
  for (const row of [...added, ...changed]) {
    offer("provider", row.provider);
    offer("key", row.api_key);
    if (isLive && row.ended_by && !isEvent(row)) countNews(row);
  }
  showCounts();
}

function redraw() {
  table.show(store.rows.filter((row) => matches(row, filter)));
  table.mark(details.row?.id);
  showCounts();
}

// --- filters, kept in the address ---
function readAddress() {
  const given = new URLSearchParams(location.search);
  const found = {};
  for (const name of ["text", "provider", "key", "status"]) {
    found[name] = given.get(name) ?? "";
    if (name === "provider" || name === "key") offer(name, found[name]);
    form.elements[name].value = found[name];
  }
  return found;
}

// What is no request can be looked at alone, or left out.
function offerKinds() {
  const select = form.elements.status;
  if (select.querySelector('[value="events"]')) return;
  select.add(new Option("events only", "events"));
  select.add(new Option("requests only", "requests"));
}

function filtersChanged() {
  filter = Object.fromEntries(new FormData(form));
  filter.text = filter.text.trim();
  const query = new URLSearchParams(Object.entries(filter).filter(([, value]) => value)).toString();
  history.replaceState(null, "", query ? `?${query}` : location.pathname);
  redraw();
}

function offer(name, value) {
  if (!value || seen[name].has(value)) return;
  seen[name].add(value);
  const select = form.elements[name];
  const option = new Option(value, value);
  select.add(option, [...select.options].slice(1).find((other) => other.value > value) ?? null);
}

form.addEventListener("input", filtersChanged);
form.addEventListener("submit", (event) => event.preventDefault());
$("reset").addEventListener("click", () => {
  form.reset();
  filtersChanged();
  $("filter-text").focus();
});

// --- pause, clear, details ---
$("pause").addEventListener("click", () => {
  if (store.paused) show(store.resume(), { isLive: false });
  else store.paused = true;
  showCounts();
});

$("clear").addEventListener("click", () => {
  store.clear();
  problem("");
  redraw();
});

function open(row) {
  details.open(row);
  table.mark(row.id);
}

function closed(id) {
  table.mark(null);
  table.focus(id);
}

// --- what the page says about itself ---
function showCounts() {
  const events = store.rows.filter(isEvent).length;
  const all = store.rows.length - events;
  const shown = [...table.rows()].filter((row) => !isEvent(row)).length;
  const filtered = Object.values(filter).some(Boolean);
  $("count").textContent = [
    all && `${number(shown)} of ${number(all)} requests`,
    events && `${number(events)} ${events === 1 ? "event" : "events"}`,
  ].filter(Boolean).join(" · ");
  $("pause").setAttribute("aria-pressed", String(store.paused));
  $("pause").textContent = store.paused ? `Resume · ${number(store.waiting)} waiting` : "Pause";
  $("left-out").hidden = !store.leftOut;
  $("left-out").firstElementChild.textContent =
    `${number(store.leftOut)} ${store.leftOut === 1 ? "row" : "rows"} left out to keep up.`;
  $("empty").hidden = table.size > 0;
  $("reset").hidden = !filtered;
  $("empty-text").textContent = filtered && store.rows.length ? "Nothing matches the filter." : "Waiting for requests.";
}

function problem(text) {
  $("problem").hidden = !text;
  $("problem").textContent = text;
}

function showState(state, until = 0) {
  waitingUntil = until;
  $("connection").dataset.state = state;
  const texts = {
    connecting: "Connecting…", live: "Live", waiting: "Disconnected, trying again",
    "signed-out": "Signed out", refused: "Nothing to see",
  };
  $("connection-text").textContent = texts[state];
  if (state === "signed-out") location.assign(`${log.dataset.login}?next=${encodeURIComponent(location.pathname + location.search)}`);
  if (state === "refused") problem("You belong to no team any more; ask an administrator to add you to one.");
}

function countNews(row) {
  news.requests += 1;
  if (!["2xx", "cancelled"].includes(statusClass(row))) news.failed += 1;
}

function countRate(message) {
  const count = message.left_out + message.rows.filter((row) => row.ended_by).length;
  news.recent.push({ time: Date.now(), count });
}

function ratePerSecond(now) {
  news.recent = news.recent.filter(({ time }) => time > now - 5000);
  return news.recent.reduce((sum, { count }) => sum + count, 0) / 5;
}

function everySecond() {
  const now = Date.now();
  table.tickRunning();
  const rate = ratePerSecond(now);
  $("rate").textContent = rate ? `${number(rate < 10 ? Math.round(rate * 10) / 10 : Math.round(rate))}/s` : "";
  if (waitingUntil) $("connection").title = `next try in ${Math.max(0, Math.ceil((waitingUntil - now) / 1000))} s`;
  else $("connection").removeAttribute("title");
  if (now - news.said < NEWS_EVERY || !news.requests) return;
  $("news").textContent = `${news.requests} requests ended` + (news.failed ? `, ${news.failed} failed.` : ".");
  Object.assign(news, { requests: 0, failed: 0, said: now });
}

setInterval(everySecond, 1000);
showCounts();
