// The connection that stays: a WebSocket, or a stream of events where none gets through, opened anew
// whenever it ends. Knows what to do when a connection ends, not what a cart is.

import { Backoff } from "./backoff.js";
import { isDenial } from "./problem.js";
import { Socket } from "./socket.js";
import { EventStream } from "./sse.js";

/** The pauses before connecting again, in ms: a restarted server is back soon, a person looks again. */
export const PAUSES = { first: 250, longest: 30_000 };
/** A connection that lasted so long is a good one, in ms: the next pause is a first one again. */
const STABLE_AFTER = 10_000;
/** Sockets in a row that did not open where HTTP gets through: once may be a restart, twice is a proxy. */
const REFUSED_MAX = 2;
/** When a socket is tried beside a stream, in ms: networks change, but not by the minute. */
const SOCKET_AGAIN_AFTER = 120_000;

/**
 * Keeps a cart's connection until the service denies it. `ways` are `WebSocket` (or none), `fetch`, the
 * `token` for sockets, and the `route` to them. `heard` is told of each `message(frame)`, answering
 * whether it could be used; of each `state(now, via, error)`; and of a `lost(link)`. It is asked for
 * `since()`, the version to go on after or null, and to `load()` the cart where only that helps, which
 * answers its version.
 */
export class Live {
  #ways;
  #heard;
  #backoff;
  #link = null;
  #beside = null;
  #isOpen = false;
  #isFresh = false;
  #failed = null;
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

  /** Ends the connection; `error` is why, if it was not asked for. */
  stop(error) {
    if (this.state === "offline") return;
    globalThis.removeEventListener?.("online", this.#online);
    this.#leave();
    this.#be("offline", error);
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

  async #connect() {
    clearTimeout(this.#timer);
    // Whoever leaves the connection meanwhile leaves the question, too.
    const question = { close() {} };
    this.#link = question;
    if (this.#failed !== null) await this.#find();
    if (this.#link !== question) return;
    this.via = this.#ways.WebSocket && this.#refused < REFUSED_MAX ? "socket" : "stream";
    this.#link = this.via === "socket" ? this.#openSocket() : this.#openStream();
  }

  /** Asks the way after a connection that did not open: another instance may have the cart's. */
  async #find() {
    const failed = this.#failed;
    this.#failed = null;
    const led = await this.#ways.route.ask();
    if (led === "other" || failed === "stream") {
      this.#refused = 0;
    } else if (led === "same") {
      this.#refused += 1;
    }
  }

  #openSocket() {
    const { WebSocket, route, token } = this.#ways;
    const since = this.#since();
    const url = since === null ? route.socketURL : `${route.socketURL}?since=${since}`;
    const ears = this.#ears(() => link);
    const link = new Socket(WebSocket, { url, token }, ears);
    return link;
  }

  #openStream() {
    const { fetch, route } = this.#ways;
    const asked = { url: route.streamURL, begin: () => this.#begin() };
    const ears = this.#ears(() => link);
    const link = new EventStream(fetch, asked, ears);
    return link;
  }

  /** What a link is heard by; `link` answers it, since it is heard of only once it is made. */
  #ears(link) {
    return {
      opened: () => this.#opened(link()),
      message: (frame) => this.#message(frame),
      closed: (error) => this.#closed(link(), error),
    };
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

  #opened(link) {
    if (link === this.#beside) this.#changeOver();
    this.#isOpen = true;
    if (this.via === "socket") this.#refused = 0;
    this.#timer = setTimeout(() => this.#lasts(), STABLE_AFTER);
    // Without a cart it is not live yet: the first message is one.
    if (this.#since() !== null) this.#be("live");
    this.#heard.opened();
  }

  /** The socket goes on for the stream; what both tell is dropped as a repeat. */
  #changeOver() {
    clearTimeout(this.#timer);
    const stream = this.#link;
    this.#link = this.#beside;
    this.#beside = null;
    this.via = "socket";
    stream.close();
  }

  #lasts() {
    this.#backoff.reset();
    if (this.via === "stream" && this.#ways.WebSocket) this.#trySocketLater();
  }

  #trySocketLater() {
    const tried = () => (this.#beside = this.#openSocket());
    this.#timer = setTimeout(tried, SOCKET_AGAIN_AFTER);
  }

  #message(frame) {
    if (frame.type === "cart_state") this.#isFresh = false;
    if (!this.#heard.message(frame)) {
      this.renew(true);
    } else if (this.state !== "live" && this.#since() !== null) {
      this.#be("live");
    }
  }

  #closed(link, error) {
    if (link === this.#beside) {
      this.#beside = null;
      this.#trySocketLater();
    } else if (link === this.#link && isDenial(error)) {
      // The same again is denied again. A socket does not say so, but the stream after it does.
      this.#refused = 0;
      this.stop(error);
    } else if (link === this.#link) {
      if (!this.#isOpen) this.#failed = this.via;
      this.#leave();
      this.#be(this.#heard.since() === null ? "connecting" : "reconnecting", error);
      this.#timer = setTimeout(() => this.#connect(), this.#backoff.next());
    }
  }

  #leave() {
    clearTimeout(this.#timer);
    const [link, beside] = [this.#link, this.#beside];
    this.#link = null;
    this.#beside = null;
    this.#isOpen = false;
    link?.close();
    beside?.close();
    if (link) this.#heard.lost(link);
  }

  #be(state, error) {
    this.state = state;
    this.#heard.state(state, this.via, error);
  }
}
