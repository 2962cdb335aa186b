// How a call can fail. Knows no call.

import { parse } from "./exact.js";

/**
 * The service said no, and that is definite: `status`, `code` (the stable one to branch on), `detail`
 * (for developers) and `body`, the whole RFC 9457 problem.
 */
export class CartProblem extends Error {
  name = "CartProblem";

  constructor(status, body) {
    super(body?.title ?? `HTTP ${status}`);
    this.status = body?.status ?? status;
    // Whoever stands between says no without a code of ours.
    this.code = body?.code ?? `http_${status}`;
    this.detail = body?.detail ?? "";
    this.body = body ?? {};
  }
}

/**
 * Nobody said what became of it: it may have been carried out. The same call with the same `key` may
 * be made again. `cause` is what went wrong last, if that is known.
 */
export class CartUnanswered extends Error {
  name = "CartUnanswered";

  constructor(cause) {
    super("it is not known what became of it", { cause });
  }
}

/** So many commands wait already that no more are taken. Nothing was sent. */
export class CartBusy extends Error {
  name = "CartBusy";

  constructor() {
    super("too many commands wait for their answer");
  }
}

/** The client was closed; what was under way then may have been carried out. */
export class CartClosed extends Error {
  name = "CartClosed";

  constructor() {
    super("the client is closed");
  }
}

/** Whether whoever asks is not known, or may not; a fresh token was tried already. */
export function isDenial(error) {
  return error instanceof CartProblem && (error.status === 401 || error.status === 403);
}

/** What is known after a try that was not answered: whoever is denied another learns nothing of it. */
export function unclear(error) {
  return isDenial(error) ? new CartUnanswered(error) : error;
}

/** The body of a problem; null where somebody else than the service answered. */
export function problemIn(text) {
  try {
    return parse(text);
  } catch {
    return null;
  }
}

/** What a refusal says that came as text. */
export function refusal(status, text) {
  return new CartProblem(status, problemIn(text));
}
