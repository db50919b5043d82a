// The charts of a page: fetched once, drawn again when light and dark change.

import { Chart } from "./chart.js";
import { definition } from "./definitions.js";

const root = document.querySelector("[data-charts]");
if (root) await start();

async function start() {
  const charts = new Map([...root.querySelectorAll("[data-chart]")].map((figure) => [figure.dataset.chart, new Chart(figure, { zoom })]));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => redraw(charts));
  markTheme();
  await document.fonts.load("11px Inter"); // axes are drawn once: not in another font
  await load(root.dataset.charts, charts, [...charts.keys()]);
  for (const link of root.querySelectorAll("a[data-by]")) link.addEventListener("click", (event) => splitCost(event, link, charts));
}

async function load(address, charts, names) {
  try {
    const response = await fetch(address, { headers: { Accept: "application/json" } });
    if (response.status === 401) return location.reload(); // the page leads to the sign-in
    if (!response.ok) throw new Error(String(response.status));
    const data = await response.json();
    for (const name of names) charts.get(name).show(data.times, data.step, definition(name, data));
  } catch {
    for (const name of names) charts.get(name).fail("The figures could not be loaded. Reload the page to try again.");
  }
}

async function splitCost(event, link, charts) {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  for (const other of root.querySelectorAll("a[data-by]")) other.toggleAttribute("aria-current", false);
  link.setAttribute("aria-current", "true");
  history.replaceState(null, "", link.href.split("#")[0]);
  const address = new URL(root.dataset.charts, location.href);
  address.searchParams.set("by", link.dataset.by);
  await load(address, charts, ["cost"]);
}

// A stretch of time drawn over with the mouse becomes the page's own.
function zoom(from, until) {
  const address = new URL(location.href);
  address.searchParams.delete("range");
  address.searchParams.set("from", from);
  address.searchParams.set("to", until);
  location.assign(address);
}

function redraw(charts) {
  markTheme();
  for (const chart of charts.values()) chart.draw();
}

// Print is always light: what was drawn on dark is inverted there.
function markTheme() {
  document.documentElement.classList.toggle("drawn-dark", matchMedia("(prefers-color-scheme: dark)").matches);
}

// Filters apply when their menu closes, too.
for (const form of document.querySelectorAll("form[data-submit-on-close]")) {
  let changed = false;
  form.addEventListener("change", () => { changed = true; });
  form.addEventListener("toggle", (event) => { if (changed && !event.target.open) form.requestSubmit(); }, true);
}
