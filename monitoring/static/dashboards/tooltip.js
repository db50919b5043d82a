// What the values are where the cursor stands, beside it; only in the chart one points at.

import { stretch } from "./format.js";
import { swatch } from "./swatch.js";

export class Tooltip {
  #chart;
  #series;
  #box = null;
  #at = null;

  constructor(chart, series) {
    this.#chart = chart;
    this.#series = series;
  }

  hook = (u) => {
    const at = u.cursor.idx;
    const here = at != null && u.cursor.left >= 0 && u.over.matches(":hover");
    if (!here) {
      this.#box?.remove();
      this.#box = this.#at = null;
      return;
    }
    if (!this.#box) {
      this.#box = document.createElement("div");
      this.#box.className = "tooltip";
      this.#box.setAttribute("aria-hidden", "true");
      u.over.append(this.#box);
    }
    if (at !== this.#at) this.#fill(at);
    const width = this.#box.offsetWidth;
    const right = u.cursor.left + 14;
    this.#box.style.left = `${right + width > u.over.clientWidth ? Math.max(u.cursor.left - width - 14, -40) : right}px`;
  };

  #fill(at) {
    const { times, step, definition } = this.#chart;
    const head = document.createElement("p");
    head.textContent = `${stretch(times[at], step)} UTC`;
    const known = this.#series.filter((one) => one.values[at] !== null);
    const lines = [...known].reverse().map((one) => line(one.label, definition.unit.write(one.values[at]), swatch(one.colour, { dash: one.dash, line: definition.kind === "lines" })));
    if (definition.sum && known.length > 1) {
      const sum = line(definition.sum, definition.unit.write(known.reduce((total, one) => total + one.values[at], 0)));
      sum.classList.add("sum");
      lines.push(sum);
    }
    if (!known.length) lines.push(line("Nothing measured", ""));
    this.#box.replaceChildren(head, ...lines);
    this.#at = at;
  }
}

function line(label, value, sample) {
  const row = document.createElement("div");
  const [name, number] = [document.createElement("span"), document.createElement("span")];
  name.textContent = label;
  number.textContent = value;
  row.append(...(sample ? [sample] : []), name, number);
  return row;
}
