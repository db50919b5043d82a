// One chart: uPlot with a legend that switches series, a tooltip, and the same figures as a table.

import { fillTable } from "./figures.js";
import { minute, stretch } from "./format.js";
import { swatch } from "./swatch.js";
import { Tooltip } from "./tooltip.js";

const { uPlot } = window;
const FONT = "11px Inter, system-ui, sans-serif";
const UTC = (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC");
const bars = uPlot.paths.bars({ size: [0.86, 42], align: 1, radius: 0 });

export class Chart {
  #figure;
  #plot;
  #zoom;
  #hidden = new Set();
  #drawn = null;

  // zoom(from, until): someone drew over a stretch of time; texts as an input of datetime-local has them
  constructor(figure, { zoom }) {
    this.#figure = figure;
    this.#plot = figure.querySelector(".plot");
    this.#zoom = zoom;
    new ResizeObserver(() => this.#drawn?.setSize(this.#size())).observe(this.#plot);
  }

  show(times, step, definition) {
    Object.assign(this, { times, step, definition });
    this.#hidden = new Set([...this.#hidden].filter((label) => definition.series.some((one) => one.label === label)));
    this.#legend();
    this.draw();
    fillTable(this.#figure, times, step, definition);
  }

  fail(text) {
    const line = document.createElement("p");
    line.className = "problem";
    line.textContent = text;
    this.#plot.replaceChildren(line);
  }

  // Again from the start: colours come from the page's tokens, which follow light and dark.
  draw() {
    if (!this.definition) return;
    this.#drawn?.destroy();
    this.#plot.replaceChildren();
    const shown = this.definition.series.filter((one) => !this.#hidden.has(one.label));
    const known = shown.filter((one) => one.values.some((value) => value !== null));
    if (!known.length) {
      const off = this.definition.series.length > 0 && !shown.length;
      this.fail(off ? "All series are switched off." : "There is nothing to show in this time.");
      return;
    }
    const stacked = this.definition.kind === "stack";
    const columns = stacked ? stack(shown) : shown.map((one) => one.values);
    this.#drawn = new uPlot(this.#options(stacked ? [...shown].reverse() : shown, shown), [this.times, ...columns], this.#plot);
    this.#drawn.root.setAttribute("role", "img");
    this.#drawn.root.setAttribute("aria-label", this.#summary(shown));
  }

  #options(series, shown) {
    const colour = (token) => getComputedStyle(this.#figure).getPropertyValue(token).trim();
    const stacked = this.definition.kind === "stack";
    const line = { stroke: colour("--faint"), font: FONT, ticks: { show: false }, border: { show: false } };
    const end = this.times.at(-1) + this.step;
    return {
      ...this.#size(),
      legend: { show: false },
      padding: [10, 6, 0, 0],
      tzDate: UTC,
      scales: { x: { range: [this.times[0], end] }, y: { range: (_, least, most) => [0, this.definition.most ?? (most > 0 ? most * 1.06 : 1)] } },
      axes: [
        { ...line, grid: { show: false }, space: 64, gap: 6, size: 26, values: timeTexts },
        { ...line, grid: { stroke: colour("--line"), width: 1 }, space: 42, gap: 6, size: 52, incrs: this.definition.unit.steps, values: (_, ticks, at, space, step) => ticks.map((value) => this.definition.unit.axis(value, step)) },
      ],
      series: [{}, ...series.map((one) => this.#series(one, colour(one.colour), stacked))],
      cursor: {
        sync: { key: "overview", setSeries: false }, y: false, points: { show: !stacked, size: 7, width: 2 },
        drag: { x: true, y: false, setScale: false, dist: 12 }, ...(stacked ? { move: inMiddle } : {}),
      },
      hooks: { setCursor: [new Tooltip(this, shown).hook], setSelect: [(u) => this.#select(u)] },
    };
  }

  #series({ label, dash }, colour, stacked) {
    if (stacked) return { label, fill: colour, stroke: colour, width: 0, paths: bars, points: { show: false } };
    return { label, stroke: colour, width: 1.75, dash, points: { show: true, size: 4, fill: colour, filter: lonely } };
  }

  #select(u) {
    if (u.select.width < 12) return;
    const from = u.posToVal(u.select.left, "x");
    const until = u.posToVal(u.select.left + u.select.width, "x");
    u.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
    if (until - from >= 60) this.#zoom(minute(from), minute(until));
  }

  #legend() {
    const list = this.#figure.querySelector(".legend");
    list.replaceChildren(...this.definition.series.map(({ label, colour, dash }) => {
      const item = document.createElement("li");
      const button = document.createElement("button");
      const text = document.createElement("span");
      button.type = "button";
      button.setAttribute("aria-pressed", String(!this.#hidden.has(label)));
      text.textContent = label;
      button.append(swatch(colour, { dash, line: this.definition.kind === "lines" }), text);
      button.addEventListener("click", () => {
        if (!this.#hidden.delete(label)) this.#hidden.add(label);
        button.setAttribute("aria-pressed", String(!this.#hidden.has(label)));
        this.draw();
      });
      item.append(button);
      return item;
    }));
  }

  // What the picture shows, for who does not see it; the table below has all of it.
  #summary(shown) {
    const { unit } = this.definition;
    const told = shown.flatMap(({ label, values }) => {
      const highest = values.reduce((best, value, at) => (value !== null && value > (values[best] ?? -1) ? at : best), -1);
      return highest < 0 ? [] : [`${label} at most ${unit.write(values[highest])}, ${stretch(this.times[highest], this.step)}`];
    });
    return `Chart from ${stretch(this.times[0], 60)} to ${stretch(this.times.at(-1) + this.step, 60)} UTC. ${told.join("; ")}.`;
  }

  #size() {
    return { width: Math.max(this.#plot.clientWidth, 120), height: this.#plot.clientHeight };
  }
}

// Columns for bars that stand on each other: the highest first, as later ones are painted over earlier ones.
function stack(series) {
  const sums = [];
  const below = new Array(series[0].values.length).fill(0);
  for (const { values } of series) {
    sums.unshift(values.map((value, at) => (value === null ? null : (below[at] += value))));
  }
  return sums;
}

// A value between two gaps has no line: it gets a point.
function lonely(u, index) {
  const values = u.data[index];
  const found = [];
  values.forEach((value, at) => {
    if (value != null && values[at - 1] == null && values[at + 1] == null) found.push(at);
  });
  return found;
}

// The cursor's line in the middle of the bar it is over.
function inMiddle(u, left, top) {
  const step = u.data[0].length > 1 ? u.valToPos(u.data[0][1], "x") - u.valToPos(u.data[0][0], "x") : 0;
  return [left < 0 ? left : Math.min(Math.floor(left / step) * step + step / 2 - 0.01, u.over.clientWidth), top];
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

function timeTexts(u, ticks, axis, space, step) {
  return ticks.map((at) => {
    const date = new Date(at * 1000);
    if (step >= 86_400 * 27) return `${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}`;
    if (at % 86_400 === 0) return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]}`;
    return date.toISOString().slice(11, 16);
  });
}
