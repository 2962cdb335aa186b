// Shows a JSON Schema as a tree of fields, and follows references as they are opened. Knows no document.

import { element } from "../shop/dom.js";

const documents = new Map();

/** A document of this instance, read once. */
export function read(path) {
  if (!documents.has(path)) {
    const reading = fetch(path).then((answer) => {
      if (!answer.ok) throw new Error(`${path} was answered with ${answer.status}`);
      return answer.json();
    });
    documents.set(path, reading);
    reading.catch(() => documents.delete(path));
  }
  return documents.get(path);
}

/** Text whose `code` is shown as code. */
export function prose(text) {
  const parts = (text ?? "").split("`");
  return parts.map((part, at) => (at % 2 ? element("code", {}, part) : part));
}

/** A part that is filled when it is first opened. */
export function folded(attributes, head, fill) {
  const made = element("details", attributes, element("summary", {}, ...head));
  const open = async () => {
    try {
      made.append(...[await fill()].flat());
    } catch (error) {
      made.append(element("p", { role: "alert" }, error.message));
      made.addEventListener("toggle", open, { once: true });
    }
  };
  made.addEventListener("toggle", open, { once: true });
  return made;
}

/** The schema a reference leads to, and where it lies. */
async function follow(reference, base) {
  const url = new URL(reference, new URL(base, location.href));
  if (url.origin !== location.origin) throw new Error(`${url} is not this instance's`);
  const steps = decodeURIComponent(url.hash).split("/").slice(1);
  const names = steps.map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
  const whole = await read(url.pathname);
  return { schema: names.reduce((part, name) => part[name], whole), base: url.pathname };
}

const BOUNDS = ["const", "enum", "format", "minimum", "maximum", "minLength", "maxLength",
  "minItems", "maxItems", "pattern"];

function kind(schema) {
  const bounds = BOUNDS.filter((name) => name in schema);
  const told = bounds.map((name) => `${name} ${JSON.stringify(schema[name])}`);
  return [[schema.type ?? []].flat().join(" or "), ...told].filter(Boolean).join(" · ");
}

/** What a schema says, as elements. `base` is the document it lies in. */
export function shown(schema, base) {
  const made = [];
  if (schema.$ref) {
    const name = schema.$ref.split("/").at(-1).replace(/(\.v\d+)?\.json$/, "");
    made.push(folded({ class: "inner" }, [name], async () => {
      const to = await follow(schema.$ref, base);
      return [element("p", { class: "text" }, ...prose(to.schema.description)), ...shown(to.schema, to.base)];
    }));
  }
  const told = kind(schema);
  if (told) made.push(element("span", { class: "kind" }, told));
  if (schema.properties) made.push(fields(schema, base));
  if (schema.items) made.push(...some("each", [schema.items], base));
  if (schema.oneOf ?? schema.anyOf) made.push(...some("one of", schema.oneOf ?? schema.anyOf, base));
  if (schema.allOf) made.push(...some("all of", schema.allOf, base));
  return made;
}

function some(head, schemas, base) {
  const parts = schemas.map((schema) => element("li", {}, ...shown(schema, base)));
  return [element("span", { class: "kind" }, ` ${head} `), element("ul", { class: "fields" }, ...parts)];
}

function fields(schema, base) {
  const required = schema.required ?? [];
  const rows = Object.entries(schema.properties).sort(
    ([a], [b]) => required.includes(b) - required.includes(a),
  );
  const row = ([name, field]) => element("li", {},
    element("code", {}, name), " ",
    required.includes(name) ? element("span", { class: "must" }, "always ") : "",
    ...prose(field.description), " ", ...shown(field, base));
  return element("ul", { class: "fields" }, ...rows.map(row));
}
