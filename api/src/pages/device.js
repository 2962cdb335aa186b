// One device: a client of its own, and the cart as that client has it. Knows no other device.

import { Client } from "./client.js";
import { clear } from "./commands.js";
import { say } from "./dom.js";
import { money } from "./readable.js";
import { Lines } from "./lines.js";

const STATES = {
  connecting: "Connecting",
  live: "Live",
  reconnecting: "Reconnecting",
  offline: "Offline",
};

const CLOCK = new Intl.DateTimeFormat(navigator.language, {
  weekday: "short",
  hour: "numeric",
  minute: "2-digit",
});

/** A device; `shop` has the user, the variants' names and how a change is performed. */
export class Device {
  #shop;
  #lines;
  #busy = new Set();
  #parts;
  client;
  element;

  constructor(name, template, shop) {
    this.#shop = shop;
    this.element = template.content.firstElementChild.cloneNode(true);
    this.element.setAttribute("aria-label", name);
    this.element.dataset.shape = name.toLowerCase();
    const part = (selector) => this.element.querySelector(selector);
    this.#parts = {
      state: part(".state"),
      empty: part(".empty"),
      count: part(".count"),
      total: part(".total"),
      kept: part(".kept"),
      version: part(".version"),
      clear: part(".clear"),
      online: part(".switch"),
    };
    part("h3").textContent = name;
    const list = part(".lines");
    list.tabIndex = -1;
    list.setAttribute("aria-label", `Cart on ${name}`);
    this.#lines = new Lines(list, shop.variantName, (...change) => this.#act(...change));
    this.client = new Client(shop.user, {
      state: (state) => this.#showState(state),
      cart: (cart, event) => this.#showCart(cart, event),
    });
    this.#parts.clear.addEventListener("click", () => this.#clear());
    this.#parts.online.addEventListener("click", () => this.#toggle());
  }

  #toggle() {
    if (this.client.state === "offline") {
      this.client.connect();
    } else {
      this.client.disconnect();
    }
  }

  #clear() {
    if (this.#parts.clear.getAttribute("aria-disabled") === "true") return;
    this.#act("", "Cart emptied", clear());
  }

  /** Carries out a change made on this device; until its outcome shows here, its line is busy. */
  async #act(itemID, what, command) {
    this.#busy.add(itemID);
    this.#mark();
    await this.#shop.perform(what, command);
    this.#busy.delete(itemID);
    this.#mark();
  }

  #showState(state) {
    this.element.dataset.state = state;
    this.#parts.state.textContent = STATES[state];
    say(this.#parts.online, "aria-checked", state !== "offline");
    this.#mark();
  }

  #showCart(cart, event) {
    const { items, itemCount, currency, version } = cart;
    this.element.dataset.version = version;
    this.#lines.show(cart, event?.item?.itemID);
    this.#parts.empty.hidden = items.length > 0;
    this.#parts.count.textContent = itemCount === 1 ? "1 item" : `${itemCount} items`;
    this.#parts.total.textContent = currency ? money(cart.total, currency) : "";
    this.#parts.version.textContent = `Version ${version}`;
    this.#mark();
  }

  #mark() {
    const { cart, state } = this.client ?? { cart: null, state: "offline" };
    const isOffline = state !== "live";
    this.#parts.kept.textContent = cart ? remark(cart, isOffline) : "";
    this.#lines.mark(this.#busy, isOffline);
    say(this.element, "aria-busy", this.#busy.size > 0);
    const isEmpty = !cart || cart.items.length === 0;
    say(this.#parts.clear, "aria-disabled", isOffline || isEmpty || this.#busy.has(""));
  }
}

/** How far the cart on this device can be relied on. */
function remark({ items, expiresAt, locked }, isOffline) {
  if (isOffline) return "No connection: the cart as last seen";
  if (locked) return "Being paid for: nobody can change it";
  return items.length > 0 ? `Kept until ${CLOCK.format(new Date(expiresAt))}` : "";
}
