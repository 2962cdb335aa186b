// Pauses are bounded, grow, and differ.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Backoff, pause } from "../src/backoff.js";

const PAUSES = { first: 250, longest: 30_000 };
const some = (backoff, count) => Array.from({ length: count }, () => backoff.next());

test("pauses double up to the longest and begin anew after a reset", () => {
  const backoff = new Backoff({ ...PAUSES, random: () => 1 });

  const widest = [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000];
  assert.deepEqual(some(backoff, 8), widest);
  assert.deepEqual(some(backoff, 2_000).at(-1), 30_000);
  backoff.reset();
  assert.deepEqual(some(backoff, 2), [500, 1_000]);
});

test("no pause is shorter than the first or longer than the longest, and no two are the same", () => {
  const pauses = some(new Backoff(PAUSES), 1_000);

  assert.ok(pauses.every((ms) => ms >= 250 && ms <= 30_000));
  assert.ok(new Set(pauses).size > 900);
  const late = pauses.slice(10);
  const short = late.filter((ms) => ms < 15_000).length / late.length;
  assert.ok(short > 0.35 && short < 0.65, `${short} of them are shorter than half of the longest`);
});

test("a pause ends when it is not wanted any more", async () => {
  const controller = new AbortController();
  const paused = pause(3_600_000, controller.signal);
  controller.abort();
  await paused;
  await pause(3_600_000, controller.signal);
});
