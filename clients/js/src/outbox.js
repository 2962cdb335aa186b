// The commands under way, in the order they were given: over the socket while it is open, by REST
// otherwise, and once more under the same id when a connection was lost. Knows no cart.

import { message } from "./commands.js";
import { CartClosed, unclear } from "./problem.js";
import { definite, isUnsettled } from "./rest.js";

/** How long the socket may owe an answer, in ms; the service itself answers within 3 s. */
const ANSWERED_WITHIN = 8_000;
/** The longest message a socket takes, in bytes. */
const MESSAGE_MAX = 4_096;

const bytes = (text) => new TextEncoder().encode(text).length;

/**
 * Sends commands. `ways` says how: `socket()` is the open socket or null, `sent(id)` hears of each
 * command that leaves, `giveUp()` of a socket that does not answer.
 */
export class Outbox {
  #rest;
  #ways;
  #waiting = [];
  #timer = null;

  constructor(rest, ways) {
    this.#rest = rest;
    this.#ways = ways;
  }

  /** Sends a command and answers its route's body and the version it brought about. */
  send(command, id) {
    return new Promise((resolve, reject) => {
      const state = { socket: null, isLost: false, isAsked: false };
      this.#waiting.push({ command, id, ...state, resolve, reject });
      this.pump();
    });
  }

  /** Sends what waits, one at a time, so that the order stays whatever an answer is. */
  pump() {
    const [next] = this.#waiting;
    if (next && next.socket === null && !next.isAsked) {
      this.#ways.sent(next.id);
      const socket = this.#ways.socket();
      const text = message(next.command, next.id);
      if (socket && bytes(text) <= MESSAGE_MAX) {
        next.socket = socket;
        socket.send(text);
        this.#expect();
      } else {
        this.#ask(next);
      }
    }
  }

  /** A reply of the socket. */
  heard({ id, status, data, location, appliedVersion }) {
    // Without an id it is to what the socket could not read, which is the one under way.
    const one = this.#waiting.find((one) => one.socket !== null && (id ?? one.id) === one.id);
    if (!one) return;
    one.socket = null;
    const answer = { status, body: data, location, appliedVersion };
    if (isUnsettled(status)) {
      this.#ask(one, answer);
    } else {
      this.#end(one, () => one.resolve(definite(answer)));
    }
    this.#expect();
    this.pump();
  }

  /** A socket is lost: what it has not answered is sent again. */
  lost(socket) {
    for (const one of this.#waiting) {
      if (one.socket === socket) Object.assign(one, { socket: null, isLost: true });
    }
    this.#expect();
    this.pump();
  }

  /** Nobody waits any more. */
  close() {
    clearTimeout(this.#timer);
    const waiting = this.#waiting;
    this.#waiting = [];
    waiting.forEach(({ reject }) => reject(new CartClosed()));
  }

  async #ask(one, earlier = null) {
    one.isAsked = true;
    try {
      const outcome = await this.#rest.change(one.command, one.id, earlier, !one.isLost);
      this.#end(one, () => one.resolve(outcome));
    } catch (error) {
      this.#end(one, () => one.reject(error));
    }
    this.pump();
  }

  #end(one, tell) {
    this.#waiting = this.#waiting.filter((other) => other !== one);
    try {
      tell();
    } catch (error) {
      one.reject(one.isLost ? unclear(error) : error);
    }
  }

  /** Waits for the next answer, if one is owed. */
  #expect() {
    clearTimeout(this.#timer);
    this.#timer = null;
    if (!this.#waiting.some(({ socket }) => socket !== null)) return;
    this.#timer = setTimeout(() => this.#ways.giveUp(), ANSWERED_WITHIN);
  }
}
