// Numbers and times as people read them; the viewer's own time zone, UTC where it says so.

const clockFormat = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
});
const numberFormat = new Intl.NumberFormat();

export function clock(milliseconds) {
  return clockFormat.format(milliseconds) + "." + String(milliseconds % 1000).padStart(3, "0");
}

export function utc(milliseconds) {
  return new Date(milliseconds).toISOString().replace("T", " ").replace("Z", " UTC");
}

export function number(value) {
  return numberFormat.format(value);
}

// Nano-dollars as dollars, with as many digits as a small sum needs.
export function cost(nano) {
  const dollars = nano / 1e9;
  return "$" + (dollars === 0 || dollars >= 0.01 ? dollars.toFixed(4) : dollars.toPrecision(3));
}

export function duration(milliseconds) {
  if (!milliseconds) return "–";
  if (milliseconds < 0.1) return "< 0.1 ms";
  if (milliseconds < 10) return `${milliseconds.toFixed(1)} ms`;
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 60_000) return `${(milliseconds / 1000).toFixed(2)} s`;
  return `${Math.floor(milliseconds / 60_000)} min ${Math.round((milliseconds % 60_000) / 1000)} s`;
}
