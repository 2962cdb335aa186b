// Requests over HTTP: each is repeated until somebody answers. Knows no path.

import { Backoff, pause } from "./backoff.js";
import { parse } from "./exact.js";
import {
  CartClosed,
  CartProblem,
  CartUnanswered,
  isDenial,
  problemIn,
  unclear,
} from "./problem.js";

/** How often a request is made that nobody answers: with the pauses between about 20 s, a restart. */
export const TRIES_MAX = 8;
/** How long one request may take, in ms; the service itself answers within 3 s. */
const ANSWERED_WITHIN = 8_000;
/** The pauses between tries, in ms. */
const PAUSES = { first: 250, longest: 8_000 };
/** The longest Retry-After that is waited for, in ms: a person does not wait longer. */
const RETRY_AFTER_MAX = 30_000;

/** Not the service's word, or its word that nothing was done: the same again is right. */
const COME_BACK = new Set([429, 502, 503, 504]);

/** Whether whoever answers so has not answered what was asked. */
export function isComeBack(status) {
  return COME_BACK.has(status);
}

/** Makes requests, until `signal` ends them. */
export class Http {
  #fetch;
  #signal;
  #random;

  constructor({ fetch, signal, random = Math.random }) {
    this.#fetch = fetch;
    this.#signal = signal;
    this.#random = random;
  }

  /**
   * Asks until somebody answers; throws the problem if whoever asks is denied. `isKnown` is whether the
   * same was not sent before, so that its answer tells all that was done.
   */
  async ask(url, asked, isKnown = true) {
    const backoff = new Backoff({ ...PAUSES, random: this.#random });
    for (let tries = 1; ; tries += 1) {
      const answer = await this.#once(url, asked);
      if (answer.status < 400) return answer;
      const problem = answer.error ?? new CartProblem(answer.status, answer.body);
      if (isDenial(problem)) throw isKnown ? problem : unclear(problem);
      if (!answer.error && !isComeBack(answer.status)) return answer;
      // 503 and 429 are the service's: nothing was done. Of all else nobody knows.
      isKnown &&= answer.status === 503 || answer.status === 429;
      if (tries === TRIES_MAX) throw isKnown ? problem : new CartUnanswered(problem);
      await this.pause(backoff.next(), answer.retryAfter);
    }
  }

  /** One request; its `error` if nobody answered it in time, or with something that is no answer. */
  async #once(url, asked) {
    if (this.#signal.aborted) throw new CartClosed();
    const controller = new AbortController();
    const abort = () => controller.abort();
    const timer = setTimeout(abort, ANSWERED_WITHIN);
    this.#signal.addEventListener("abort", abort);
    try {
      const answer = await this.#fetch(url, { ...asked, signal: controller.signal });
      return read(answer, await answer.text());
    } catch (error) {
      if (this.#signal.aborted) throw new CartClosed();
      return { error };
    } finally {
      clearTimeout(timer);
      this.#signal.removeEventListener("abort", abort);
    }
  }

  /** The pause the service asks for is lengthened by up to a half: all its clients were told the same. */
  pause(ms, asked = 0) {
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
