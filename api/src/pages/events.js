// The event stream as it comes: every event a client takes, newest first. Knows no cart.

import { element } from "./dom.js";
import { indented, money } from "./readable.js";

/** Entries kept: more than a person scrolls through, and little for a browser. */
const ENTRIES_MAX = 200;

const CLOCK = new Intl.DateTimeFormat(navigator.language, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  fractionalSecondDigits: 3,
  hourCycle: "h23",
});

/** The list of events. */
export class Events {
  #list;
  #count;
  #seen = 0;

  constructor(list, count) {
    this.#list = list;
    this.#count = count;
  }

  /** An event arrived; `text` is its JSON as it came, `before` the cart it happened to. */
  add(event, text, before) {
    this.#seen += 1;
    this.#count.textContent = `${this.#seen === 1 ? "1 event" : `${this.#seen} events`}, newest first`;
    const summary = element(
      "summary",
      {},
      element("span", { class: "place" }, `v${event.version}${event.of > 1 ? `.${event.n}` : ""}`),
      element("span", { class: "kind" }, event.type),
      element("span", { class: "gist" }, gist(event, before)),
      element("time", { datetime: event.timestamp }, CLOCK.format(new Date(event.timestamp))),
      element("code", { class: "raw" }, text),
    );
    const details = element("details", {}, summary);
    // Most events are never opened, so that only those that are get their colours.
    details.addEventListener("toggle", () => details.append(readable(text)), { once: true });
    const id = { class: "event", "data-kind": event.type, "data-event": event.eventID };
    this.#put(element("li", id, details));
  }

  /** The cart was read whole, since events may have been missed. */
  gap(version) {
    const text = `Events may be missing here: the cart was read whole, at version ${version}`;
    this.#put(element("li", { class: "marker" }, text));
  }

  #put(entry) {
    this.#list.prepend(entry);
    while (this.#list.childElementCount > ENTRIES_MAX) this.#list.lastElementChild.remove();
  }
}

/** The event in a few words: which line, how many, and what the cart comes to. */
function gist({ item, itemID, total, currency }, before) {
  const line = item ?? before.items.find((one) => one.itemID === itemID);
  const words = [];
  if (line) words.push(item ? `${line.name} × ${line.quantity}` : line.name);
  if (currency) words.push(`total ${money(total, currency)}`);
  return words.join(" · ");
}

function readable(text) {
  const tokens = Array.from(indented(text), ({ kind, text: token }) =>
    kind === "mark" ? token : element("span", { class: kind }, token),
  );
  return element("pre", {}, ...tokens);
}
