// Who is told of changes. Knows no cart.

/** Listeners, each told of every change in the order they came. */
export class Listeners {
  #listeners = new Set();

  /** Adds one; answers how to take it out again, which answers whether it was still there. */
  add(listener) {
    const own = (change) => listener(change);
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  clear() {
    this.#listeners.clear();
  }

  /** What a listener throws is reported, and stops neither the others nor the fold. */
  tell(change) {
    for (const listener of [...this.#listeners]) {
      try {
        listener(change);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
