// The contract's page: the routes of OpenAPI, the channels of AsyncAPI and every JSON Schema, to be searched
// and opened. Reads the documents this instance serves and knows nothing of what they say.

import { element } from "../shop/dom.js";
import { folded, prose, read, shown } from "./schema.js";

const OPENAPI = "/openapi.json";
const ASYNCAPI = "/asyncapi.json";
const VERBS = ["get", "post", "put", "delete"];

function heading(text) {
  return element("h3", {}, text);
}

function part(verb, name, text, fill) {
  const head = [
    element("span", { class: "verb" }, verb),
    element("code", {}, name),
    element("span", { class: "text" }, ...prose(text)),
  ];
  const made = folded({ class: "part" }, head, fill);
  made.dataset.find = `${verb} ${name} ${text ?? ""}`.toLowerCase();
  return made;
}

function section(title, parts) {
  return element("section", {}, element("h2", {}, title), ...parts);
}

function parameters(list) {
  const row = (one) => element("li", {},
    element("code", {}, one.name), ` in ${one.in} `,
    one.required ? element("span", { class: "must" }, "always ") : "",
    ...prose(one.description), " ", ...shown(one.schema ?? {}, OPENAPI));
  return [heading("Asked with"), element("ul", { class: "fields" }, ...list.map(row))];
}

function contents(content) {
  const row = ([type, { schema }]) =>
    element("div", {}, element("span", { class: "kind" }, `${type} `), ...shown(schema ?? {}, OPENAPI));
  return Object.entries(content ?? {}).map(row);
}

/** The request as one would type it. */
function curl(verb, path, body) {
  const address = `curl -X ${verb.toUpperCase()} '${location.origin}${path}'`;
  return body ? `${address} -H 'content-type: application/json' -d '{…}'` : address;
}

function operation(path, verb, told) {
  return part(verb.toUpperCase(), path, told.summary ?? told.description, () => {
    const made = [element("p", { class: "text" }, ...prose(told.description))];
    if (told.parameters) made.push(...parameters(told.parameters));
    if (told.requestBody) made.push(heading("Body"), ...contents(told.requestBody.content));
    made.push(heading("Answered with"));
    for (const [status, answer] of Object.entries(told.responses)) {
      const text = element("p", {}, element("code", {}, status), " ", ...prose(answer.description));
      made.push(text, ...contents(answer.content));
    }
    return [...made, heading("As a command"), element("pre", {}, curl(verb, path, told.requestBody))];
  });
}

function routes(openapi) {
  const all = Object.entries(openapi.paths).flatMap(([path, item]) =>
    VERBS.filter((verb) => item[verb]).map((verb) => [path, verb, item[verb]]));
  return openapi.tags.map(({ name, description }) => {
    const tagged = all.filter(([, , told]) => told.tags?.includes(name));
    return section(description ?? name, tagged.map((one) => operation(...one)));
  });
}

function channel(asyncapi, told) {
  const names = Object.keys(told.messages);
  const message = (name) => {
    const { payload, headers, summary } = asyncapi.components.messages[name];
    return folded({ class: "part" }, [element("code", {}, name), element("span", { class: "text" }, ...prose(summary))],
      () => [
        ...(headers ? [heading("Headers"), ...shown(headers, ASYNCAPI)] : []),
        heading("Value"),
        ...shown(payload, ASYNCAPI),
      ]);
  };
  const kind = told.bindings?.kafka ? "TOPIC" : told.bindings?.ws ? "WS" : "SSE";
  const made = part(kind, told.address, told.description, () => names.map(message));
  made.dataset.find += ` ${names.join(" ")}`;
  return made;
}

function schemas(index) {
  return index.schemas.map(({ path, description }) =>
    part("SCHEMA", path, description, async () => {
      const { $defs, ...schema } = await read(path);
      return [...shown(schema, path), ...($defs ? shown({ properties: $defs }, path) : [])];
    }));
}

/** Shows the parts that have every word that is looked for. */
function search(main) {
  const [input, found] = ["find", "found"].map((id) => document.getElementById(id));
  const look = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    const parts = [...main.querySelectorAll("section > .part")];
    for (const one of parts) one.hidden = !words.every((word) => one.dataset.find.includes(word));
    for (const one of main.children) one.hidden = !one.querySelector(":scope > .part:not([hidden])");
    const left = parts.filter((one) => !one.hidden).length;
    found.textContent = words.length ? `${left} of ${parts.length}` : "";
  };
  input.addEventListener("input", look);
  input.form.addEventListener("submit", (event) => event.preventDefault());
  look();
}

async function show() {
  const main = document.getElementById("contract");
  try {
    const [openapi, asyncapi, index] = await Promise.all([OPENAPI, ASYNCAPI, "/schemas/"].map(read));
    const channels = Object.values(asyncapi.channels).map((one) => channel(asyncapi, one));
    main.replaceChildren(
      ...routes(openapi),
      section("Topics, sockets and streams", channels),
      section("Schemas", schemas(index)),
    );
    search(main);
  } catch (error) {
    main.replaceChildren(element("p", { role: "alert" }, error.message));
  }
  main.setAttribute("aria-busy", "false");
}

show();
