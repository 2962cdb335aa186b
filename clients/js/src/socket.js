// One WebSocket of a cart, from its opening to its end. Knows no cart and comes back from nothing.

import { parse } from "./exact.js";

/** How long a socket may take to open, in ms: a proxy that swallows the handshake never says so. */
const OPENS_WITHIN = 10_000;

/** An event as it came: a frame's data, which is its last field. */
const dataOf = (text) =>
  text.slice(text.indexOf('"data":') + '"data":'.length, text.lastIndexOf("}"));

/**
 * A socket. `heard` is told when it is `opened()`, each `message(frame)`, and once that it `closed()`,
 * and why if that is known. The `token` is asked for the protocols to list.
 */
export class Socket {
  #socket = null;
  #heard;
  #timer = 0;

  constructor(WebSocket, { url, token }, heard) {
    this.#heard = heard;
    this.#timer = setTimeout(() => this.close(), OPENS_WITHIN);
    // A page may be forbidden to open any, and a token may not be had.
    this.#open(WebSocket, url, token).catch((error) => this.#end(error));
  }

  /** Sends a text; what a closing socket drops is sent again by whoever waits for the answer. */
  send(text) {
    this.#socket.send(text);
  }

  /** Ends it; nothing is heard of it afterwards but that it closed. */
  close() {
    this.#end();
  }

  async #open(WebSocket, url, token) {
    const protocols = token.isGiven ? await token.protocols() : [];
    if (!this.#heard) return;
    this.#socket = protocols.length > 0 ? new WebSocket(url, protocols) : new WebSocket(url);
    this.#socket.addEventListener("open", () => {
      clearTimeout(this.#timer);
      this.#heard?.opened();
    });
    this.#socket.addEventListener("message", ({ data }) => this.#read(data));
    this.#socket.addEventListener("close", () => this.close());
    // A close follows it, but not in every Node where the handshake is refused.
    this.#socket.addEventListener("error", () => this.close());
  }

  #end(error) {
    clearTimeout(this.#timer);
    const heard = this.#heard;
    if (!heard) return;
    this.#heard = null;
    this.#socket?.close();
    heard.closed(error);
  }

  #read(text) {
    let frame = null;
    try {
      frame = parse(text);
    } catch {
      // Not of this service: nothing to go on with.
      this.close();
    }
    if (frame?.type === "cart_event") frame.text = dataOf(text);
    if (frame) this.#heard?.message(frame);
  }
}
