// The sample of a series beside its name: a block for bars, a stroke with its dashes for lines.

const SVG = "http://www.w3.org/2000/svg";

export function swatch(token, { dash, line = false } = {}) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 14 10");
  svg.setAttribute("aria-hidden", "true");
  const shape = document.createElementNS(SVG, line ? "line" : "rect");
  const places = line ? { x1: 0, x2: 14, y1: 5, y2: 5, "stroke-width": 2 } : { x: 2, y: 0, width: 10, height: 10, rx: 2.5 };
  for (const [name, value] of Object.entries(places)) shape.setAttribute(name, value);
  if (line && dash) shape.setAttribute("stroke-dasharray", dash.map((one) => one * 0.8).join(" "));
  shape.style[line ? "stroke" : "fill"] = `var(${token})`;
  svg.append(shape);
  return svg;
}
