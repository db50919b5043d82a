// Which series each chart of the overview draws, and how: [name in the data, label, colour token, dash].

import { axis, count, duration, money, pace } from "./format.js";

const DECADES = [1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12];
const NICE = DECADES.flatMap((decade) => [decade, 2 * decade, 5 * decade]);
const MINUTE = 60_000;

// steps: how far apart the lines of an axis may be
const units = {
  count: { write: count, axis: axis.count, steps: NICE.filter((step) => step >= 1) },
  money: { write: money, axis: axis.money, steps: NICE },
  score: { write: (value) => value.toFixed(2), axis: (value) => value.toFixed(1), steps: [0.1, 0.2, 0.5, 1] },
  duration: {
    write: duration, axis: axis.duration,
    steps: [...NICE.filter((step) => step >= 1 && step <= 20_000), ...[0.5, 1, 2, 5, 10, 20, 30, 60].map((one) => one * MINUTE)],
  },
  pace: { write: pace, axis: axis.pace, steps: NICE },
};

const CHARTS = {
  requests: {
    kind: "stack", unit: units.count, sum: "All",
    series: [["answered", "Answered", "--ok"], ["refused", "Refused", "--refused"], ["cancelled", "Given up", "--cancelled"], ["failed", "Failed", "--failed"]],
  },
  latency: {
    kind: "lines", unit: units.duration,
    series: [["p50", "p50", "--chart-1"], ["p95", "p95", "--chart-2", [7, 3]], ["p99", "p99", "--chart-4", [2, 3]]],
  },
  usage: {
    kind: "stack", unit: units.count, sum: "All",
    series: [["cached_input", "Cached input", "--usage-cached"], ["fresh_input", "Fresh input", "--usage-input"], ["output", "Output", "--usage-output"]],
  },
  first: {
    kind: "lines", unit: units.duration,
    series: [["first_p50", "p50", "--chart-1"], ["first_p95", "p95", "--chart-2", [7, 3]]],
  },
  pace: { kind: "lines", unit: units.pace, series: [["per_second", "Median", "--chart-1"]] },
  quality: {
    kind: "lines", unit: units.score, most: 1,
    series: [["relevance", "Relevance", "--chart-1"], ["coherence", "Coherence", "--chart-2", [7, 3]], ["accuracy", "Accuracy", "--chart-3", [3, 3]], ["safety", "Safety", "--chart-4", [9, 3, 2, 3]]],
  },
};

// → { kind, unit, sum, series: [{ label, colour, dash, values }] }
export function definition(name, data) {
  if (name === "cost") return costs(data.cost);
  const { series, ...rest } = CHARTS[name];
  return { ...rest, series: series.map(([key, label, colour, dash]) => ({ label, colour, dash, values: data.series[key] })) };
}

function costs({ groups }) {
  const series = groups.map(({ label, values }, at) => (
    { label, colour: label === "others" && at === groups.length - 1 ? "--chart-8" : `--chart-${(at % 7) + 1}`, values }
  ));
  return { kind: "stack", unit: units.money, sum: "All", series };
}
