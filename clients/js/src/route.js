// Where a cart's sockets and streams are, which several instances may have divided among them. Knows no
// connection.

/** How long the answer may take, in ms: a connection waits for it, and the service computes it. */
const ANSWERED_WITHIN = 5_000;
/** The address of a socket, and in it the service's own behind the scheme. */
const SOCKET = /^ws(s?:\/\/[^?#]+)\/ws\/cart\/[^/?#]+$/;

/** The way to a cart's connections: to `base` itself, or where that says they are. */
export class Route {
  #fetch;
  #base;
  #name;
  #place;

  constructor({ fetch, base, user }) {
    this.#fetch = fetch;
    this.#base = base;
    this.#name = encodeURIComponent(user);
    this.#place = base;
  }

  get socketURL() {
    return `${this.#place.replace(/^http/, "ws")}/ws/cart/${this.#name}`;
  }

  get streamURL() {
    return `${this.#place}/api/cart/${this.#name}/events`;
  }

  /**
   * Asks anew, since nothing opened where it led. Answers "other" if it leads elsewhere now, "same" if
   * it does not, and "nobody" if that could not be asked.
   */
  async ask() {
    const before = this.#place;
    this.#place = this.#base;
    const said = await this.#said();
    if (said === null) return "nobody";
    const [, place] = SOCKET.exec(said.url) ?? [];
    if (place !== undefined) this.#place = `http${place}`;
    return this.#place === before ? "same" : "other";
  }

  /** What the service says; null if it does not. One that knows no routes says nothing in particular. */
  async #said() {
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(), ANSWERED_WITHIN);
    try {
      const asked = { signal: controller.signal, cache: "no-store" };
      const answer = await this.#fetch(`${this.#base}/api/cart/${this.#name}/route`, asked);
      if (answer.status >= 500) return null;
      return answer.ok ? await answer.json() : {};
    } catch {
      return null;
    } finally {
      clearTimeout(timer);
    }
  }
}
