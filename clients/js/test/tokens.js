// Tokens as a shop issues them (RFC 7519, HS256). Knows no test.

import { createHmac } from "node:crypto";

/** Signs customers' tokens. */
export const SECRET = "a-secret-of-the-shop-that-signs-tokens";
/** How long the service believes a token beyond its end, in seconds. */
const LEEWAY = 30;

const encoded = (json) => Buffer.from(JSON.stringify(json)).toString("base64url");

/** A token of a user that ends in so many seconds, the leeway included; further claims may be given. */
export function tokenOf(user, { ends = 3_600, ...claims } = {}) {
  const exp = Math.ceil(Date.now() / 1_000) - LEEWAY + ends;
  const said = `${encoded({ alg: "HS256", typ: "JWT" })}.${encoded({ sub: user, exp, ...claims })}`;
  return `${said}.${createHmac("sha256", SECRET).update(said).digest("base64url")}`;
}

/** A function that answers these, one after the other; the last stays. It counts how often it was asked. */
export function answering(...tokens) {
  const source = async () => {
    source.asked += 1;
    return tokens.length > 1 ? tokens.shift() : tokens[0];
  };
  source.asked = 0;
  return source;
}
