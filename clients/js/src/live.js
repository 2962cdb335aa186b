// The connection that stays: a WebSocket, or a stream of events where none gets through, opened anew
// whenever it ends. Knows what to do when a connection ends, not what a cart is.

import { Backoff } from "./backoff.js";
import { Socket } from "./socket.js";
import { EventStream } from "./sse.js";

/** The pauses before connecting again, in ms: a restarted server is back soon, a person looks again. */
export const PAUSES = { first: 250, longest: 30_000 };
/** A connection that lasted so long is a good one, in ms: the next pause is a first one again. */
const STABLE_AFTER = 10_000;
/** Sockets in a row that did not open: once may be a server that restarts, twice is likely a proxy. */
const REFUSED_MAX = 2;
/** When a stream makes way for another try of a socket, in ms: networks change, but not by the minute. */
const SOCKET_AGAIN_AFTER = 120_000;

/**
 * Keeps a cart's connection. `ways` are `socketURL`, `streamURL`, `WebSocket` (or none) and `fetch`.
 * `heard` is told of each `message(frame)`, answering whether it could be used; of each `state(now,
 * via, error)`; and of a `lost(link)`. It is asked for `since()`, the version to go on after or null, and
 * to `load()` the cart where only that helps, which answers its version.
 */
export class Live {
  #ways;
  #heard;
  #backoff;
  #link = null;
  #isOpen = false;
  #isFresh = false;
  #refused = 0;
  #timer = 0;
  #online = () => this.state === "reconnecting" && this.#link === null && this.#connect();
  state = "offline";
  via = null;

  constructor({ random, ...ways }, heard) {
    this.#ways = ways;
    this.#heard = heard;
    this.#backoff = new Backoff({ ...PAUSES, random });
  }

  /** Connects, and stays connected until `stop`. */
  start() {
    globalThis.addEventListener?.("online", this.#online);
    this.#backoff.reset();
    this.#be("connecting");
    this.#connect();
  }

  /** Ends the connection. */
  stop() {
    globalThis.removeEventListener?.("online", this.#online);
    clearTimeout(this.#timer);
    this.#be("offline");
    this.#leave();
  }

  /** The socket, while commands can go over it. */
  get socket() {
    return this.#isOpen && this.via === "socket" ? this.#link : null;
  }

  /** Ends this connection for a new one, which begins with the whole cart if this one cannot go on. */
  renew(isFresh = false) {
    this.#isFresh ||= isFresh;
    this.#link?.close();
  }

  #connect() {
    clearTimeout(this.#timer);
    const { WebSocket, fetch, socketURL, streamURL } = this.#ways;
    this.via = WebSocket && this.#refused < REFUSED_MAX ? "socket" : "stream";
    const heard = {
      opened: () => this.#opened(),
      message: (frame) => this.#message(frame),
      closed: (error) => this.#link === link && this.#closed(error),
    };
    const since = this.#since();
    const url = since === null ? socketURL : `${socketURL}?since=${since}`;
    const link =
      this.via === "socket"
        ? new Socket(WebSocket, url, heard)
        : new EventStream(fetch, { url: streamURL, begin: () => this.#begin() }, heard);
    this.#link = link;
  }

  #since() {
    return this.#isFresh ? null : this.#heard.since();
  }

  /** Where a stream begins, which never tells a whole cart itself. */
  async #begin() {
    const after = this.#since() ?? (await this.#heard.load());
    this.#isFresh = false;
    return after;
  }

  #opened() {
    this.#isOpen = true;
    if (this.via === "socket") this.#refused = 0;
    this.#timer = setTimeout(() => this.#lasts(), STABLE_AFTER);
    // Without a cart it is not live yet: the first message is one.
    if (this.#since() !== null) this.#be("live");
    this.#heard.opened();
  }

  #lasts() {
    this.#backoff.reset();
    if (this.via === "socket" || !this.#ways.WebSocket) return;
    const trySocket = () => {
      this.#refused = REFUSED_MAX - 1;
      this.renew();
    };
    this.#timer = setTimeout(trySocket, SOCKET_AGAIN_AFTER);
  }

  #message(frame) {
    if (frame.type === "cart_state") this.#isFresh = false;
    if (!this.#heard.message(frame)) {
      this.renew(true);
    } else if (this.state !== "live" && this.#since() !== null) {
      this.#be("live");
    }
  }

  #closed(error) {
    if (!this.#isOpen) this.#refused = this.via === "socket" ? this.#refused + 1 : 0;
    this.#leave();
    this.#be(this.#heard.since() === null ? "connecting" : "reconnecting", error);
    this.#timer = setTimeout(() => this.#connect(), this.#backoff.next());
  }

  #leave() {
    clearTimeout(this.#timer);
    const link = this.#link;
    this.#link = null;
    this.#isOpen = false;
    link?.close();
    if (link) this.#heard.lost(link);
  }

  #be(state, error) {
    this.state = state;
    this.#heard.state(state, this.via, error);
  }
}
