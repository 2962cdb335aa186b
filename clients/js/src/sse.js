// One stream of a cart's events over plain HTTP, for where no WebSocket gets through. Read by fetch, not
// by EventSource, which Node does not have. Knows no cart and comes back from nothing.

import { parse } from "./exact.js";
import { refusal } from "./problem.js";

/** The service says something every 15 s; three times that is a dead line. In ms. */
const SILENT_MAX = 45_000;
/** The longest event, in characters: the largest cart is 900 lines of about 1.1 KiB. */
const EVENT_MAX = 4 * 1_024 * 1_024;

/** Makes events' data out of text as it comes, in pieces of any size. */
export class Lines {
  #rest = "";
  #data = [];

  /** The data of each event that this text completes. */
  feed(text) {
    // A CR at the end may be half of a CR LF.
    const lines = (this.#rest + text).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop();
    if (this.#rest.length > EVENT_MAX) throw new RangeError("an event without an end");
    return lines.flatMap((line) => this.#line(line));
  }

  #line(line) {
    if (line !== "") {
      const [, field, value] = /^([^:]*)(?:: ?)?(.*)$/s.exec(line);
      if (field === "data") this.#data.push(value);
      return [];
    }
    const data = this.#data;
    this.#data = [];
    return data.length > 0 ? [data.join("\n")] : [];
  }
}

/**
 * A stream. `heard` is told as by a socket, and why it closed if that is known. `begin` answers the
 * version to begin after; it may have to read the cart first.
 */
export class EventStream {
  #heard;
  #controller = new AbortController();
  #timer = 0;

  constructor(fetch, { url, begin }, heard) {
    this.#heard = heard;
    this.#run(fetch, url, begin)
      .catch((error) => error)
      .then((error) => this.#end(error));
  }

  /** Ends it; nothing is heard of it afterwards but that it closed. */
  close() {
    this.#end();
  }

  async #run(fetch, url, begin) {
    const after = await begin();
    this.#listen();
    const { signal } = this.#controller;
    const headers = { accept: "text/event-stream" };
    const answer = await fetch(`${url}?after=${after}`, { headers, signal, cache: "no-store" });
    const isStream = answer.headers.get("content-type")?.startsWith("text/event-stream");
    if (!answer.ok || !isStream) throw refusal(answer.status, await answer.text());
    this.#heard?.opened();
    await this.#read(answer.body.getReader());
  }

  async #read(reader) {
    const [lines, decoder] = [new Lines(), new TextDecoder()];
    for (;;) {
      this.#listen();
      const { done, value } = await reader.read();
      if (done || !this.#heard) return;
      for (const text of lines.feed(decoder.decode(value, { stream: true }))) {
        this.#heard?.message({ type: "cart_event", data: parse(text), text });
      }
    }
  }

  /** Waits for the next sign of life. */
  #listen() {
    clearTimeout(this.#timer);
    if (this.#heard) this.#timer = setTimeout(() => this.close(), SILENT_MAX);
  }

  #end(error) {
    clearTimeout(this.#timer);
    const heard = this.#heard;
    this.#heard = null;
    this.#controller.abort();
    heard?.closed(error);
  }
}
