// Who asks: a token with each request and each socket, asked for anew every time and never kept. Knows
// no cart.

/** What the service speaks over sockets; one that lists protocols must be answered with one of them. */
const PROTOCOL = "cartstream.v1";
/** What precedes the token among them: a page cannot send headers with a WebSocket. */
const BEARER_PROTOCOL = "bearer.";

/** The token of whoever asks. `source` is it, or a function that answers it or a promise of it, or none. */
export class Token {
  #source;

  constructor(source) {
    this.#source = source;
  }

  /** Whether there is anybody to ask for it. */
  get isGiven() {
    return this.#source !== undefined && this.#source !== null;
  }

  /** `fetch` with the token of the moment. What a fresh one may help against is asked once more. */
  added(fetch) {
    if (!this.isGiven) return fetch;
    const once = async (url, asked) => {
      const token = await unless(asked.signal, this.#current());
      return fetch(url, token ? bearing(token, asked) : asked);
    };
    return async (url, asked = {}) => {
      const answer = await once(url, asked);
      if (answer.status !== 401 || typeof this.#source !== "function") return answer;
      // Read to its end, so that its connection is free for the next.
      await answer.text();
      return once(url, asked);
    };
  }

  /** The protocols a socket lists; none without a token. */
  async protocols() {
    const token = await this.#current();
    return token ? [PROTOCOL, BEARER_PROTOCOL + token] : [];
  }

  async #current() {
    return typeof this.#source === "function" ? this.#source() : this.#source;
  }
}

function bearing(token, asked) {
  return { ...asked, headers: { ...asked.headers, authorization: `Bearer ${token}` } };
}

/** What a promise comes to, unless the signal says to wait no longer. */
function unless(signal, promise) {
  return new Promise((resolve, reject) => {
    const leave = () => reject(signal.reason);
    if (signal?.aborted) leave();
    signal?.addEventListener("abort", leave, { once: true });
    promise.then(resolve, reject).then(() => signal?.removeEventListener("abort", leave));
  });
}
