// Numbers as monitoring/dashboards/words.py writes them.

const SIZES = [[1e12, "T"], [1e9, "B"], [1e6, "M"], [1e3, "k"]];

export function short(value) {
  if (Math.abs(value) < 999.5) return String(Math.abs(value) < 10 ? +value.toFixed(1) : Math.round(value));
  const [size, letter] = SIZES.find(([least]) => Math.abs(value) >= least * 0.9995) ?? SIZES.at(-1);
  const scaled = Math.abs(value) / size;
  const text = (value / size).toFixed(scaled < 9.995 ? 2 : scaled < 99.95 ? 1 : 0);
  return text + letter;
}

export const count = (value) => Math.round(value).toLocaleString("en-US");

export function money(dollars) {
  if (dollars >= 1e6) return `$${short(dollars)}`;
  if (dollars >= 1e4) return `$${count(dollars)}`;
  if (dollars >= 0.01 || !dollars) return `$${dollars.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
  return dollars >= 0.0001 ? `$${Number(dollars.toPrecision(2))}` : "<$0.0001";
}

export function duration(ms) {
  if (ms < 9.95) return `${+ms.toFixed(1)} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 59_995) return `${(ms / 1000).toFixed(ms < 9_995 ? 2 : 1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

export const pace = (value) => `${value < 99.95 ? value.toFixed(1) : count(value)}/s`;

// Shorter, for axes: no more digits than their steps need.
export const axis = {
  count: (value) => trimmed(short(value)),
  money: (value, step) => (value >= 1000 ? `$${trimmed(short(value))}` : `$${value.toFixed(Math.max(0, -Math.floor(Math.log10(step) + 1e-9)))}`),
  duration: (ms) => (ms >= 180_000 ? `${+(ms / 60_000).toFixed(1)} min` : ms >= 1000 ? `${+(ms / 1000).toFixed(2)} s` : `${+ms.toPrecision(3)} ms`),
  pace: (value) => `${trimmed(short(value))}/s`,
};

function trimmed(text) {
  return text.replace(/\.(\d*?)0+(?=\D|$)/, (_, kept) => (kept ? `.${kept}` : ""));
}

const DAY = 86_400;
const two = (value) => String(value).padStart(2, "0");
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

// The stretch of time one point stands for: "3 Mar 14:00–14:15", "3 Mar", "3–9 Mar".
export function stretch(at, step) {
  const from = new Date(at * 1000);
  const day = (one) => `${one.getUTCDate()} ${MONTHS[one.getUTCMonth()]}`;
  const clock = (one) => `${two(one.getUTCHours())}:${two(one.getUTCMinutes())}`;
  if (step < DAY) return step <= 60 ? `${day(from)} ${clock(from)}` : `${day(from)} ${clock(from)}–${clock(new Date((at + step) * 1000))}`;
  if (step === DAY) return `${day(from)} ${from.getUTCFullYear()}`;
  const last = new Date((at + step - DAY) * 1000);
  return `${day(from)} – ${day(last)} ${last.getUTCFullYear()}`;
}

export const minute = (at) => new Date(at * 1000).toISOString().slice(0, 16);
