// Letting somebody in who has no account. Knows no cart.

import { Http } from "./http.js";
import { CartProblem } from "./problem.js";

/** Asks for a guest of the service at `base`, or for a fresh token of the guest whose token `fetch` adds. */
export async function welcome({ base, fetch, tenant, random }) {
  const http = new Http({ fetch, random, signal: new AbortController().signal });
  const headers = { "content-type": "application/json" };
  const body = tenant === undefined ? {} : { headers, body: JSON.stringify({ tenant }) };
  // Asked again, it makes another guest: nobody has the first one's token.
  const answer = await http.ask(`${base}/api/guests`, { method: "POST", ...body });
  if (answer.status >= 400) throw new CartProblem(answer.status, answer.body);
  const { userID, token, expiresAt } = answer.body;
  return { userID, token, expiresAt };
}
