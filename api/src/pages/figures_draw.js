// Draws figures as SVG and tables. Knows no figure by name, and asks nobody.

import { element } from "../shop/dom.js";

const SVG = "http://www.w3.org/2000/svg";
/** The drawing's own units; it is stretched to its place. */
const [WIDE, HIGH] = [1000, 220];

function shape(name, attributes, ...children) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** A bar that is this share of its place. */
export function bar(part, whole) {
  const width = whole > 0 ? Math.max((part / whole) * WIDE, part > 0 ? 2 : 0) : 0;
  const frame = { viewBox: `0 0 ${WIDE} 26`, preserveAspectRatio: "none", "aria-hidden": "true" };
  return shape("svg", frame, shape("rect", { width, height: 26, rx: 4 }));
}

/** Lines over the same points; each is `{ name, values }`. `said` is what they are to who does not see. */
export function lines(each, said) {
  const most = Math.max(1, ...each.flatMap(({ values }) => values));
  const at = (value, place, count) => {
    const x = count > 1 ? (place / (count - 1)) * WIDE : WIDE / 2;
    return `${x.toFixed(1)},${(HIGH - 6 - (value / most) * (HIGH - 12)).toFixed(1)}`;
  };
  const line = ({ name, values }) => shape("polyline", {
    class: `line ${name}`,
    points: values.map((value, place) => at(value, place, values.length)).join(" "),
  });
  const grid = [0, 0.5, 1].map((share) => {
    const y = 6 + share * (HIGH - 12);
    return shape("line", { class: "grid", x1: 0, x2: WIDE, y1: y, y2: y });
  });
  const frame = { viewBox: `0 0 ${WIDE} ${HIGH}`, preserveAspectRatio: "none", role: "img" };
  return shape("svg", { ...frame, "aria-label": said }, ...grid, ...each.map(line));
}

/** Fills a table: heads, and a row of cells for each. */
export function table(target, heads, rows) {
  const cells = (name, texts) => texts.map((text) => element(name, {}, text));
  const body = rows.length > 0
    ? rows.map((row) => element("tr", {}, ...cells("td", row)))
    : [element("tr", {}, element("td", { colspan: heads.length }, "Nothing yet."))];
  const scope = heads.map((head) => element("th", { scope: "col" }, head));
  target.replaceChildren(
    element("thead", {}, element("tr", {}, ...scope)), element("tbody", {}, ...body));
}
