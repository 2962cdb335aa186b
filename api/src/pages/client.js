// One client of a cart: a WebSocket that stays open or comes back, and the cart folded from what it
// says. Knows no page.

import { parse } from "./exact.js";
import { evolve, isTold, judge, toldBy, toldUpTo } from "./fold.js";

/** The first pause before connecting again, in ms: a restarted server is back soon. */
const PAUSE_MIN = 250;
/** The longest pause, in ms: a person who waits looks again about so often. */
const PAUSE_MAX = 5_000;

/**
 * Watches a cart. `watcher` is told of each state ("connecting", "live", "reconnecting",
 * "offline"), of each cart, and of each event taken, with its text as it came and the cart before it.
 */
export class Client {
  #url;
  #watcher;
  #socket = null;
  #retry = 0;
  #attempts = 0;
  #told = null;
  #waiting = [];
  cart = null;
  state = "offline";

  constructor(user, watcher) {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    this.#url = `${scheme}//${location.host}/ws/cart/${encodeURIComponent(user)}`;
    this.#watcher = watcher;
    addEventListener("online", () => this.state === "reconnecting" && this.#open());
  }

  /** Connects, and stays connected until `disconnect`. */
  connect() {
    this.#attempts = 0;
    this.#be(this.cart ? "reconnecting" : "connecting");
    this.#open();
  }

  /** Closes the socket; the cart stays as it was last seen. */
  disconnect() {
    clearTimeout(this.#retry);
    this.#leave();
    this.#be("offline");
    this.#settle();
  }

  /** Resolves once this version was seen, or cannot be since the client is offline. */
  async reached(version) {
    if (this.state === "offline" || this.#has(version)) return;
    await new Promise((resolve) => this.#waiting.push({ version, resolve }));
  }

  #open() {
    clearTimeout(this.#retry);
    this.#leave();
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    // Of a socket that was left, nothing is heard any more.
    const ifOurs = (heard) => (event) => socket === this.#socket && heard(event);
    socket.addEventListener(
      "message",
      ifOurs(({ data }) => this.#hear(data)),
    );
    socket.addEventListener(
      "close",
      ifOurs(() => this.#comeBack()),
    );
  }

  #leave() {
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  #comeBack() {
    this.#leave();
    this.#be(this.cart ? "reconnecting" : "connecting");
    const longest = Math.min(PAUSE_MAX, PAUSE_MIN * 2 ** this.#attempts);
    this.#attempts += 1;
    // Clients that lost one server do not all come back at once.
    this.#retry = setTimeout(() => this.#open(), longest * (0.5 + Math.random() / 2));
  }

  #hear(text) {
    const { type, data } = parse(text);
    if (type === "cart_state") {
      this.#attempts = 0;
      this.#take(data, toldBy(data), null);
      this.#be("live");
    } else if (type === "cart_event") {
      this.#hearEvent(data, text);
    }
    // Anything else is of a newer server, which says it in addition.
  }

  #hearEvent(event, text) {
    const verdict = this.#told ? judge(this.#told, event) : "resync";
    if (verdict === "drop") return;
    const cart = verdict === "take" ? evolve(this.cart, event) : null;
    if (cart === null) {
      this.#comeBack();
      return;
    }
    // The event as it came: what stands between {"type":"cart_event","data": and the last brace.
    const raw = text.slice(text.indexOf('"data":') + 7, -1);
    this.#watcher.event?.(event, raw, this.cart);
    this.#take(cart, toldUpTo(event), event);
  }

  #take(cart, told, event) {
    const before = this.cart;
    this.cart = cart;
    this.#told = told;
    this.#watcher.cart?.(cart, event, before);
    this.#settle();
  }

  #has(version) {
    return this.#told !== null && isTold(this.#told, version);
  }

  #settle() {
    const seen = ({ version }) => this.state === "offline" || this.#has(version);
    const done = this.#waiting.filter(seen);
    this.#waiting = this.#waiting.filter((one) => !seen(one));
    done.forEach(({ resolve }) => resolve());
  }

  #be(state) {
    this.state = state;
    this.#watcher.state?.(state);
  }
}
