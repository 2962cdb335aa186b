// Changes to a cart over HTTP: each is sent until its one outcome is known. Knows no page.

import { parse } from "./exact.js";

/** How often a request is repeated that got no answer: an instance that restarts is back by then. */
const TRIES = 8;
/** How long one request may take, in ms; the server itself answers within 3 s. */
const ANSWERS_WITHIN = 8_000;
/** The pause after an answer that says to come back, in ms; the server's Retry-After says 1 s. */
const PAUSE = 1_000;
/** Questions after a pending outcome: a status stays pending for at most a minute. */
const QUESTIONS = 70;

/** The shop said no. `problem` is its RFC 9457 problem. */
export class Refused extends Error {
  constructor(problem) {
    super(problem.title);
    this.problem = problem;
  }
}

/** Nobody said anything; what became of the change will show. */
export class NoAnswer extends Error {}

export const add = (productID, variant, quantity) => ({
  method: "POST",
  path: "/items",
  body: { productID, variant, quantity },
});
/** Meant for the cart as it was seen: another device may have set another quantity meanwhile. */
export const setQuantity = (itemID, quantity, version) => ({
  method: "PUT",
  path: `/items/${encodeURIComponent(itemID)}`,
  body: { quantity },
  version,
});
export const remove = (itemID) => ({
  method: "DELETE",
  path: `/items/${encodeURIComponent(itemID)}`,
});
export const clear = () => ({ method: "POST", path: "/clear" });

/**
 * Sends a change and answers the version it brought about and how long that took, in ms.
 * Throws `Refused` or `NoAnswer`.
 */
export async function send(user, { method, path, body, version }) {
  const began = performance.now();
  const headers = { "idempotency-key": freshKey() };
  if (body) headers["content-type"] = "application/json";
  if (version !== undefined) headers["if-match"] = `"${version}"`;
  const request = { method, headers, body: body && JSON.stringify(body) };
  const answer = await ask(`/api/cart/${encodeURIComponent(user)}${path}`, request);
  const outcome = answer.status === 202 ? await settled(answer) : await read(answer);
  return { version: outcome.version, took: performance.now() - began };
}

/** Asks until somebody answers; a repetition is the same command, by its Idempotency-Key. */
async function ask(url, request) {
  for (let attempt = 1; ; attempt += 1) {
    const signal = AbortSignal.timeout(ANSWERS_WITHIN);
    const answer = await fetch(url, { ...request, signal }).catch(() => null);
    if (answer && answer.status !== 503) return answer;
    if (attempt === TRIES) {
      if (answer) return answer;
      throw new NoAnswer();
    }
    await pause();
  }
}

/** Follows the Location of a change whose outcome was not known in time. */
async function settled(pending) {
  const location = pending.headers.get("location");
  for (let question = 0; question < QUESTIONS; question += 1) {
    await pause();
    const answer = await ask(location, {});
    if (answer.status === 202) continue;
    const status = await read(answer);
    if (status.problem) throw new Refused(status.problem);
    return status;
  }
  throw new NoAnswer();
}

async function read(answer) {
  const said = parse(await answer.text());
  if (!answer.ok) throw new Refused(said);
  return said;
}

function pause() {
  return new Promise((resolve) => setTimeout(resolve, PAUSE));
}

/** Not `crypto.randomUUID`, which pages without TLS do not have. */
function freshKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
