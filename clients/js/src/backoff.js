// Pauses between tries: they grow, they end, and no two clients take the same. Knows no network.

/**
 * The pauses of one thing that is tried again: each is drawn anew between the first and a widest one
 * that doubles up to the longest, so that clients that lost one server do not all come back at once.
 */
export class Backoff {
  #first;
  #longest;
  #random;
  #tries = 0;

  /** `first` and `longest` are in ms. */
  constructor({ first, longest, random = Math.random }) {
    this.#first = first;
    this.#longest = longest;
    this.#random = random;
  }

  /** The next pause in ms. */
  next() {
    this.#tries += 1;
    const widest = Math.min(this.#longest, this.#first * 2 ** this.#tries);
    return this.#first + this.#random() * (widest - this.#first);
  }

  /** What is tried went well for a while. */
  reset() {
    this.#tries = 0;
  }
}

/** Waits so many ms, or until the signal says not to. */
export function pause(ms, signal) {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    if (signal?.aborted) done();
    signal?.addEventListener("abort", done);
  });
}
