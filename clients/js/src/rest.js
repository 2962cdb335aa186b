// What is asked of a cart over HTTP: a change always under one Idempotency-Key, and an outcome that is
// pending is asked for until it is definite. Knows no cart.

import { request } from "./commands.js";
import { Http, isComeBack } from "./http.js";
import { CartProblem, CartUnanswered } from "./problem.js";

/** The pause before a pending outcome is asked for where the answer names none, in ms. */
const ASK_AFTER = 1_000;
/** Questions after a pending outcome: a status stays pending for at most a minute. */
export const QUESTIONS_MAX = 70;
/** How often a change is sent whose outcome was pending: once, and once to hear the whole answer. */
const SENDS_MAX = 3;

/** Whether a status is no definite answer: neither to a change nor to a question. */
export function isUnsettled(status) {
  return status === 202 || isComeBack(status);
}

/** A definite answer, or the problem it is. */
export function definite({ status, body, appliedVersion }) {
  if (status >= 400) throw new CartProblem(status, body);
  return { body, version: appliedVersion ?? body.version };
}

/** The requests about one cart, until `signal` ends them. */
export class Rest {
  #base;
  #cart;
  #http;

  constructor({ base, user, fetch, signal, random }) {
    this.#base = base;
    this.#cart = `${base}/api/cart/${encodeURIComponent(user)}`;
    this.#http = new Http({ fetch, signal, random });
  }

  /** Reads what is at a path below the cart. */
  async read(path) {
    return definite(await this.#http.ask(this.#cart + path, {})).body;
  }

  /**
   * Carries a command out and answers its route's body and the version it brought about. `earlier` is
   * the unsettled answer it has had already, if any; `isKnown` is as `Http` has it.
   */
  async change(command, id, earlier = null, isKnown = true) {
    let isFirst = isKnown && earlier?.status !== 202;
    if (earlier?.status === 202) await this.#settled(earlier);
    else if (earlier) await this.#http.pause(0, ASK_AFTER);
    for (let sends = 0; sends < SENDS_MAX; sends += 1) {
      const asked = request(command, id);
      const answer = await this.#http.ask(this.#cart + command.path, asked, isFirst);
      if (answer.status !== 202) return definite(answer);
      isFirst = false;
      // Once it is carried out, the same again is answered with all there is to say.
      await this.#settled(answer);
    }
    throw new CartUnanswered();
  }

  /** Asks what became of a pending change; throws the problem if it was rejected. */
  async #settled(pending) {
    const where = this.#whereabouts(pending);
    let after = pending.retryAfter;
    for (let questions = 0; questions < QUESTIONS_MAX; questions += 1) {
      await this.#http.pause(after ?? ASK_AFTER);
      const answer = await this.#http.ask(where, {}, false);
      after = answer.retryAfter;
      if (answer.status === 202) continue;
      // The cart remembers so many decisions and no more; it does not mean that nothing was done.
      const isForgotten = answer.status === 404;
      if (isForgotten) throw new CartUnanswered(new CartProblem(answer.status, answer.body));
      const { problem } = definite(answer).body;
      if (problem) throw new CartProblem(problem.status, problem);
      return;
    }
    throw new CartUnanswered();
  }

  /** Where to ask. The service knows only its own paths, which may lie behind a longer one. */
  #whereabouts({ location, body }) {
    if (!location) return `${this.#cart}/checkout/${encodeURIComponent(body.checkoutID)}`;
    const { pathname, search } = new URL(location, this.#base);
    return this.#base + pathname.slice(Math.max(0, pathname.indexOf("/api/cart/"))) + search;
  }
}
