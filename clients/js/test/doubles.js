// Doubles of WebSocket and fetch, which do what a test says. Know no test.

import { CartClient } from "../src/index.js";
import { eventually } from "./wait.js";

/** A cart of version 7. */
export const EMPTY = {
  cartID: "c",
  version: 7,
  items: [],
  total: "0",
  itemCount: 0,
  currency: null,
};
/** An event of that cart. */
export const event = (version, type = "expiry_extended") => ({
  type,
  cartID: "c",
  version,
  n: 0,
  of: 1,
  total: "0",
  itemCount: 0,
  currency: null,
});

/** A class of WebSockets that do what a test says. */
function sockets() {
  const all = [];
  return class extends EventTarget {
    static all = all;
    sent = [];
    constructor(url, ...more) {
      super();
      this.url = url;
      this.more = more;
      all.push(this);
    }
    send(text) {
      this.sent.push(JSON.parse(text));
    }
    close() {
      this.isClosed = true;
    }
    opens() {
      this.dispatchEvent(new Event("open"));
      return this;
    }
    says(frame) {
      this.dispatchEvent(new MessageEvent("message", { data: JSON.stringify(frame) }));
      return this;
    }
    ends() {
      this.dispatchEvent(new Event("close"));
      return this;
    }
  };
}

const nobody = async () => Promise.reject(new TypeError("fetch failed"));

/** A client, its sockets, and the changes it tells; nobody answers its requests if `fetch` does not. */
export function following(fetch = nobody, options = {}) {
  const WebSocket = sockets();
  const url = "https://shop.example";
  // Every pause is the shortest.
  const client = new CartClient({ user: "u", url, WebSocket, fetch, random: () => 0, ...options });
  const changes = [];
  client.follow((change) => changes.push(change));
  const socket = (count) => eventually(`socket ${count}`, () => WebSocket.all[count - 1]);
  return { client, changes, socket, WebSocket };
}

/** The answer that is a stream; it `says` an event, `beats` to show that it lives, and `ends`. */
export function stream() {
  let feed = null;
  const body = new ReadableStream({ start: (controller) => (feed = controller) });
  const answer = new Response(body, { headers: { "content-type": "text/event-stream" } });
  const write = (text) => feed.enqueue(new TextEncoder().encode(`${text}\n\n`));
  const says = (said) => write(`data: ${JSON.stringify(said)}`);
  return { answer, says, beats: () => write(":"), ends: () => feed.close() };
}
