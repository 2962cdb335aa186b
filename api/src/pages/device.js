// One device: a client of its own, and the cart as that client has it. Knows no other device.

import { CartClient } from "./cartstream/index.js";
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

/** A device; `shop` has who shops, the variants' names and how a change is performed. */
export class Device {
  #lines;
  #parts;
  #leave = null;
  client;
  element;

  constructor(name, template, shop) {
    this.client = new CartClient(shop.who);
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
    const act = (what, change) => shop.perform(what, change(this.client));
    this.#lines = new Lines(list, shop.variantName, act);
    this.client.subscribe((change) => this.#hear(change));
    this.#parts.clear.addEventListener("click", () => {
      if (this.#parts.clear.ariaDisabled !== "true") {
        act("Cart emptied", (client) => client.clear());
      }
    });
    this.#parts.online.addEventListener("click", () => this.#toggle());
  }

  /** Connects, and stays connected until the device is switched off. */
  connect() {
    this.#leave = this.client.follow();
  }

  /** Resolves once this device has a version, or cannot have it since it is switched off. */
  reached(version) {
    const { client } = this;
    const isOver = () => client.connection === "offline" || client.confirmed?.version >= version;
    return new Promise((resolve) => {
      const leave = client.subscribe(() => look());
      const look = () => isOver() && resolve(leave());
      look();
    });
  }

  #toggle() {
    if (this.#leave === null) {
      this.connect();
    } else {
      this.#leave();
      this.#leave = null;
    }
  }

  #hear({ type, connection, cart, event }) {
    if (type === "connection") this.#showState(connection);
    if (cart) this.#showCart(cart, event);
    this.#mark(cart);
  }

  #showState(state) {
    this.element.dataset.state = state;
    this.#parts.state.textContent = STATES[state];
    say(this.#parts.online, "aria-checked", state !== "offline");
  }

  #showCart(cart, event) {
    const { items, itemCount, currency, total, version } = cart;
    this.element.dataset.version = version;
    this.#lines.show(cart, event?.item);
    this.#parts.empty.hidden = items.length > 0;
    this.#parts.count.textContent = itemCount === 1 ? "1 item" : `${itemCount} items`;
    this.#parts.total.textContent = money(total, currency);
    this.#parts.version.textContent = `Version ${version}`;
  }

  #mark(cart) {
    const isOffline = this.client.connection !== "live";
    const isBusy = this.client.pending > 0;
    this.#parts.kept.textContent = cart ? remark(cart, isOffline) : "";
    this.#lines.mark(isOffline, isBusy);
    say(this.element, "aria-busy", isBusy);
    say(this.#parts.clear, "aria-disabled", isOffline || !(cart?.items.length > 0));
  }
}

/** How far the cart on this device can be relied on. */
function remark({ items, expiresAt, locked }, isOffline) {
  if (isOffline) return "No connection: the cart as last seen";
  if (locked) return "Being paid for: nobody can change it";
  return items.length > 0 ? `Kept until ${CLOCK.format(new Date(expiresAt))}` : "";
}
