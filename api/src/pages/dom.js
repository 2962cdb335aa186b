// Makes elements. Text is always text: no markup is ever parsed.

const SVG = "http://www.w3.org/2000/svg";

/** An element with attributes (absent for null and false) and children. */
export function element(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children);
}

/** One of the drawings of art.svg. */
export function drawing(id, attributes = {}) {
  const use = filled(document.createElementNS(SVG, "use"), { href: `#${id}` }, []);
  const fixed = { viewBox: "0 0 120 120", "aria-hidden": "true" };
  return filled(document.createElementNS(SVG, "svg"), { ...fixed, ...attributes }, [use]);
}

/** A button that does something; it stays focusable while it may not. */
export function button(attributes, label, act) {
  const made = element("button", { type: "button", ...attributes }, label);
  made.addEventListener("click", () => made.getAttribute("aria-disabled") === "true" || act());
  return made;
}

/** Sets an attribute that is "true" or "false". */
export function say(target, name, value) {
  target.setAttribute(name, value ? "true" : "false");
}

function filled(target, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== false) target.setAttribute(name, value === true ? "" : value);
  }
  target.append(...children);
  return target;
}
