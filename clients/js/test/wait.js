// Waiting for what is to come about, never for a time. Knows no test.

import assert from "node:assert/strict";

/** How long anything may take to come about, in ms: far more than it takes on a busy machine. */
const COMES_WITHIN = 20_000;

/** Waits until `holds` answers something true, and answers that. */
export async function eventually(what, holds) {
  const until = Date.now() + COMES_WITHIN;
  for (;;) {
    const held = await holds();
    if (held) return held;
    assert.ok(Date.now() < until, `it never came about that ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
