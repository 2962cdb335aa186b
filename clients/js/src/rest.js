// Requests over HTTP: each is repeated until somebody answers, a change always under one
// Idempotency-Key, and an outcome that is pending is asked for until it is definite. Knows no cart.

import { Backoff, pause } from "./backoff.js";
import { request } from "./commands.js";
import { parse } from "./exact.js";
import { CartClosed, CartProblem, CartUnanswered, problemIn } from "./problem.js";

/** How often a request is made that nobody answers: with the pauses between about 20 s, a restart. */
export const TRIES_MAX = 8;
/** How long one request may take, in ms; the service itself answers within 3 s. */
const ANSWERED_WITHIN = 8_000;
/** The pauses between tries, in ms. */
const PAUSES = { first: 250, longest: 8_000 };
/** The longest Retry-After that is waited for, in ms: a person does not wait longer. */
const RETRY_AFTER_MAX = 30_000;
/** The pause before a pending outcome is asked for where the answer names none, in ms. */
const ASK_AFTER = 1_000;
/** Questions after a pending outcome: a status stays pending for at most a minute. */
export const QUESTIONS_MAX = 70;
/** How often a change is sent whose outcome was pending: once, and once to hear the whole answer. */
const SENDS_MAX = 3;

/** Not the service's word, or its word that nothing was done: the same again is right. */
const COME_BACK = new Set([429, 502, 503, 504]);

/** Whether a status is no definite answer: neither to a change nor to a question. */
export function isUnsettled(status) {
  return status === 202 || COME_BACK.has(status);
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
  #fetch;
  #signal;
  #random;

  constructor({ base, user, fetch, signal, random = Math.random }) {
    this.#base = base;
    this.#cart = `${base}/api/cart/${encodeURIComponent(user)}`;
    this.#fetch = fetch;
    this.#signal = signal;
    this.#random = random;
  }

  /** Reads what is at a path below the cart. */
  async read(path) {
    return definite(await this.#ask(this.#cart + path, {})).body;
  }

  /**
   * Carries a command out and answers its route's body and the version it brought about. `earlier` is
   * the unsettled answer it has had already, if any.
   */
  async change(command, id, earlier = null) {
    if (earlier?.status === 202) await this.#settled(earlier);
    else if (earlier) await this.#pause(0, ASK_AFTER);
    for (let sends = 0; sends < SENDS_MAX; sends += 1) {
      const answer = await this.#ask(this.#cart + command.path, request(command, id));
      if (answer.status !== 202) return definite(answer);
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
      await this.#pause(after ?? ASK_AFTER);
      const answer = await this.#ask(where, {});
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

  /** Asks until somebody answers. */
  async #ask(url, asked) {
    const backoff = new Backoff({ ...PAUSES, random: this.#random });
    let isKnown = true;
    for (let tries = 1; ; tries += 1) {
      const answer = await this.#once(url, asked);
      if (answer && !COME_BACK.has(answer.status)) return answer;
      // 503 is the service's: nothing was done. Of all else nobody knows.
      isKnown &&= answer?.status === 503;
      if (tries === TRIES_MAX) {
        const problem = answer ? new CartProblem(answer.status, answer.body) : undefined;
        throw isKnown ? problem : new CartUnanswered(problem);
      }
      await this.#pause(backoff.next(), answer?.retryAfter);
    }
  }

  /** One request; null if nobody answered it in time, or with something that is no answer. */
  async #once(url, asked) {
    if (this.#signal.aborted) throw new CartClosed();
    const controller = new AbortController();
    const abort = () => controller.abort();
    const timer = setTimeout(abort, ANSWERED_WITHIN);
    this.#signal.addEventListener("abort", abort);
    try {
      const answer = await this.#fetch(url, { ...asked, signal: controller.signal });
      return read(answer, await answer.text());
    } catch {
      if (this.#signal.aborted) throw new CartClosed();
      return null;
    } finally {
      clearTimeout(timer);
      this.#signal.removeEventListener("abort", abort);
    }
  }

  /** The pause the service asks for is lengthened by up to a half: all its clients were told the same. */
  #pause(ms, asked = 0) {
    return pause(Math.max(ms, asked * (1 + this.#random() / 2)), this.#signal);
  }
}

/** What an answer says. */
function read(answer, text) {
  const number = (name) => (answer.headers.has(name) ? Number(answer.headers.get(name)) : undefined);
  const seconds = number("retry-after");
  return {
    status: answer.status,
    body: answer.ok ? parse(text) : problemIn(text),
    location: answer.headers.get("location"),
    retryAfter: seconds >= 0 ? Math.min(seconds * 1_000, RETRY_AFTER_MAX) : undefined,
    appliedVersion: number("cart-applied-version"),
  };
}
