// A cart of Cartstream: read, changed and followed. Ties the parts together; each knows its own
// business only.

import * as commands from "./commands.js";
import { wholeVersion } from "./fold.js";
import { welcome } from "./guest.js";
import { Listeners } from "./listeners.js";
import { Live } from "./live.js";
import { Optimism } from "./optimism.js";
import { Outbox } from "./outbox.js";
import { CartClosed, CartProblem } from "./problem.js";
import { Rest } from "./rest.js";
import { Route } from "./route.js";
import { Token } from "./token.js";

export { formatMoney, minorUnits, parse } from "./exact.js";
export { CartBusy, CartClosed, CartProblem, CartUnanswered } from "./problem.js";

/** One user's cart. */
export class CartClient {
  #cart = new Optimism();
  #closing = new AbortController();
  #listeners = new Listeners();
  #followers = 0;
  #rest;
  #outbox;
  #live;

  constructor({ user, url = globalThis.location?.origin, ...options }) {
    if (!user || !url) throw new TypeError("a cart client needs a user and the url of the service");
    const { WebSocket = globalThis.WebSocket, random } = options;
    const token = new Token(options.token);
    const fetch = token.added(options.fetch ?? globalFetch);
    const base = baseOf(url);
    const route = new Route({ fetch, base, user });
    this.#rest = new Rest({ base, user, fetch, random, signal: this.#closing.signal });
    this.#outbox = new Outbox(this.#rest, {
      socket: () => this.#live.socket,
      sent: (id) => this.#cart.sent(id),
      giveUp: () => this.#live.renew(),
    });
    this.#live = new Live({ WebSocket, fetch, random, route, token }, {
      since: () => this.#cart.told && wholeVersion(this.#cart.told),
      load: () => this.#load(),
      opened: () => this.#outbox.pump(),
      message: (frame) => this.#hear(frame),
      lost: (link) => this.#outbox.lost(link),
      state: (connection, via, error) => this.#tell("connection", { connection, via, error }),
    });
  }

  /** Lets a guest in, or gives the guest whose `token` it is a fresh one. Answers whose cart it is. */
  static async guest({ url = globalThis.location?.origin, token, tenant, random, ...options } = {}) {
    if (!url) throw new TypeError("a guest needs the url of the service");
    const fetch = new Token(token).added(options.fetch ?? globalFetch);
    return welcome({ base: baseOf(url), fetch, tenant, random });
  }

  /** The cart with what is on its way; null while none is known. */
  get cart() {
    return this.#cart.cart;
  }

  /** The cart as the service told it; null while none is known. */
  get confirmed() {
    return this.#cart.confirmed;
  }

  /** How many commands are not confirmed yet. */
  get pending() {
    return this.#cart.pending;
  }

  /** "offline", "connecting", "live" or "reconnecting". */
  get connection() {
    return this.#live.state;
  }

  /** Has `listener` told of every change, without connecting. Answers how to stop that. */
  subscribe(listener) {
    return this.#listeners.add(listener);
  }

  /** Has `listener` told of every change, and connects. Answers how to stop; the last ends the connection. */
  follow(listener = () => {}) {
    if (this.#closing.signal.aborted) throw new CartClosed();
    const leave = this.subscribe(listener);
    this.#followers += 1;
    // It is with others, too, once the service has denied it to them.
    if (this.#live.state === "offline") this.#live.start();
    return () => {
      if (!leave()) return;
      this.#followers -= 1;
      if (this.#followers === 0) this.#live.stop();
    };
  }

  /** Ends everything for good. */
  close() {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    this.#outbox.close();
    if (this.#followers > 0) this.#live.stop();
    this.#listeners.clear();
    this.#followers = 0;
  }

  /** Reads the cart, now or `asOf` a version or time. */
  async get({ asOf } = {}) {
    const cart = await this.#rest.read(asOf === undefined ? "" : `?asOf=${encodeURIComponent(asOf)}`);
    // Whoever follows is told each event instead.
    if (asOf === undefined && this.connection !== "live") this.#adopt(cart);
    return cart;
  }

  /** Reads a page of the cart's events after a version. */
  events({ after = 0 } = {}) {
    return this.#rest.read(`/events?after=${after}`);
  }

  addItem(item, options) {
    return this.#perform(commands.addItem(item), options);
  }

  setQuantity(itemID, quantity, options) {
    return this.#perform(commands.setQuantity(itemID, quantity), options);
  }

  removeItem(itemID, options) {
    return this.#perform(commands.removeItem(itemID), options);
  }

  clear(options) {
    return this.#perform(commands.clear(), options);
  }

  restore(options) {
    return this.#perform(commands.restore(), options);
  }

  extend(extendSeconds, options) {
    return this.#perform(commands.extend(extendSeconds), options);
  }

  merge(fromUserID, { policy, fromToken, ...options } = {}) {
    return this.#perform(commands.merge(fromUserID, policy, fromToken), options);
  }

  checkout({ acceptPrices, ...options } = {}) {
    return this.#perform(commands.checkout(acceptPrices), options);
  }

  completeCheckout(checkoutID, orderID, options) {
    return this.#perform(commands.completeCheckout(checkoutID, orderID), options);
  }

  cancelCheckout(checkoutID, options) {
    return this.#perform(commands.cancelCheckout(checkoutID), options);
  }

  async #perform(asked, { ifVersion, key = commands.freshID() } = {}) {
    if (this.#closing.signal.aborted) throw new CartClosed();
    const command = { ...asked, ifVersion };
    this.#cart.begin(command, key);
    this.#tell("pending", { command: told(command, key) });
    try {
      const { body, version } = await this.#outbox.send(command, key);
      this.#cart.answered(key, version);
      if (this.connection !== "live" && isCart(body)) this.#adopt(withoutMerge(body));
      this.#tell("applied", { command: told(command, key), version });
      return body;
    } catch (error) {
      this.#cart.drop(key);
      const became = error instanceof CartProblem ? "rejected" : "unanswered";
      this.#tell(became, { command: told(command, key), error });
      throw error;
    }
  }

  async #load() {
    const cart = await this.#rest.read("");
    this.#cart.replace(cart);
    this.#tell("cart");
    return cart.version;
  }

  #adopt(cart) {
    this.#cart.adopt(cart);
    this.#tell("cart");
  }

  /** Uses a frame; false if it cannot be, and the whole cart is needed. */
  #hear(frame) {
    switch (frame.type) {
      case "cart_state":
        this.#cart.replace(frame.data);
        this.#tell("cart");
        return true;
      case "cart_event": {
        const { data: event, text } = frame;
        const verdict = this.#cart.take(event);
        if (verdict === "take") this.#tell("event", { event, text });
        return verdict !== "resync";
      }
      case "reply":
        this.#outbox.heard(frame);
        return true;
      default:
        // A newer service says it in addition.
        return true;
    }
  }

  #tell(type, rest = {}) {
    this.#listeners.tell({ type, cart: this.cart, ...rest });
  }
}

/** What listeners are told of a command, who have no use for another's token. */
function told({ type, fields: { fromToken, ...fields } }, key) {
  return { type, key, ...fields };
}

function baseOf(url) {
  return String(url).replace(/\/+$/, "");
}

function globalFetch(...asked) {
  return globalThis.fetch(...asked);
}

function isCart(body) {
  return body?.items !== undefined;
}

/** A merge's answer is a cart whose warnings are of the merge. */
function withoutMerge({ mergeID, ...cart }) {
  return mergeID === undefined ? cart : { ...cart, warnings: [] };
}
