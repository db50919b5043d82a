// The figures of a chart as a table, made when somebody opens it, newest first.

import { stretch } from "./format.js";

export function fillTable(figure, times, step, definition) {
  const details = figure.querySelector(".figures");
  const fill = () => details.open && details.querySelector(".table-wrap").replaceChildren(table(times, step, definition));
  details.ontoggle = fill;
  fill();
}

function table(times, step, { series, unit, sum }) {
  const made = document.createElement("table");
  made.className = "table";
  const head = made.createTHead().insertRow();
  for (const [at, text] of ["Time (UTC)", ...series.map((one) => one.label), ...(sum ? [sum] : [])].entries()) {
    const cell = document.createElement("th");
    cell.scope = "col";
    cell.textContent = text;
    if (at) cell.className = "number";
    head.append(cell);
  }
  const body = made.createTBody();
  for (let at = times.length - 1; at >= 0; at -= 1) {
    const values = series.map((one) => one.values[at]);
    if (values.every((value) => value === null)) continue;
    const row = body.insertRow();
    const time = document.createElement("th");
    time.scope = "row";
    time.textContent = stretch(times[at], step);
    row.append(time);
    for (const value of [...values, ...(sum ? [values.reduce((total, one) => total + (one ?? 0), 0)] : [])]) {
      const cell = row.insertCell();
      cell.className = "number";
      cell.textContent = value === null ? "–" : unit.write(value);
    }
  }
  return made;
}
