// The consumer rule and the fold, on the samples of every event there is.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

import { parse } from "../src/exact.js";
import { evolve, judge, toldUpTo, wholeVersion } from "../src/fold.js";

const GOLDEN = new URL("../../../schemas/golden/v1/", import.meta.url);
const sample = (name) => parse(readFileSync(new URL(`event.${name}.json`, GOLDEN), "utf8"));
const line = (itemID, quantity, rest = {}) => ({
  itemID,
  productID: itemID,
  variant: "",
  price: "7.00",
  quantity,
  ...rest,
});
const cart = (items, rest = {}) => ({
  cartID: "c",
  version: 3,
  items,
  total: "7.00",
  itemCount: 1,
  currency: "USD",
  state: "active",
  locked: false,
  lastModified: "then",
  warnings: [],
  ...rest,
});
const event = (type, rest = {}) => ({
  type,
  cartID: "c",
  version: 4,
  n: 0,
  of: 1,
  total: "14.00",
  itemCount: 2,
  currency: "USD",
  timestamp: "now",
  expiresAt: "later",
  ...rest,
});
const quantities = ({ items }) => items.map(({ itemID, quantity }) => `${quantity} ${itemID}`);

test("the next event is taken, a repeat is dropped, and anything else is a gap", () => {
  const verdict = (told, version, n) => judge(told, { version, n });
  const whole = { version: 3, next: null };
  const begun = toldUpTo({ version: 3, n: 0, of: 3 });

  assert.deepEqual(begun, { version: 3, next: 1 });
  assert.deepEqual(toldUpTo({ version: 3, n: 2, of: 3 }), whole);
  assert.deepEqual([verdict(whole, 4, 0), verdict(begun, 3, 1)], ["take", "take"]);
  assert.deepEqual(
    [verdict(whole, 3, 0), verdict(whole, 2, 9), verdict(begun, 3, 0)],
    ["drop", "drop", "drop"],
  );
  assert.deepEqual(
    [verdict(whole, 5, 0), verdict(whole, 4, 1), verdict(begun, 3, 2), verdict(begun, 4, 0)],
    ["resync", "resync", "resync", "resync"],
  );
  assert.deepEqual([wholeVersion(whole), wholeVersion(begun)], [3, 2]);
});

test("every event there is can be folded, and one of a newer service cannot", () => {
  const names = readdirSync(GOLDEN).filter((name) => name.startsWith("event."));
  assert.ok(names.length > 20);
  for (const name of names) {
    const told = sample(name.slice(6, -5));
    const after = evolve(cart([line("other", 1)]), told);
    assert.equal(after?.version, told.version, name);
  }

  assert.equal(evolve(cart([]), event("cart_painted")), null);
});

test("lines come, change and go", () => {
  const held = cart([line("a", 1, { available: true }), line("b", 1)]);
  const item = line("a", 5, { state: "updated" });
  const updated = evolve(held, event("item_updated", { itemID: "a", item }));
  assert.deepEqual(quantities(updated), ["5 a", "1 b"]);
  assert.equal(updated.items[0].available, true);
  assert.deepEqual([updated.total, updated.lastModified], ["14.00", "now"]);

  const added = evolve(held, event("item_added", { itemID: "c", item: line("c", 2) }));
  assert.deepEqual(quantities(added), ["1 a", "1 b", "2 c"]);
  const removed = evolve(held, event("item_removed", { itemID: "a" }));
  assert.deepEqual(quantities(removed), ["1 b"]);
  const cleared = evolve(held, event("cart_cleared", { total: "0.00", itemCount: 0 }));
  assert.deepEqual([cleared.items, cleared.total, cleared.currency], [[], "0", null]);
});

test("what is sold leaves the cart and what came meanwhile stays", () => {
  const locked = evolve(cart([line("a", 2)]), event("checkout_started", { items: [line("a", 2)] }));
  assert.deepEqual([locked.locked, locked.state], [true, "locked"]);
  const back = event("merge_returned", { items: [line("a", 3), line("b", 1)], reason: "undone" });
  const returned = evolve(locked, back);
  assert.deepEqual([quantities(returned), returned.state], [["3 a", "1 b"], "locked"]);

  const sold = evolve(returned, event("cart_converted", { items: [line("a", 2)] }));

  assert.deepEqual([quantities(sold), sold.state, sold.locked], [["1 a", "1 b"], "active", false]);
});

test("an expired cart is empty, stays so when it is abandoned, and is open once restored", () => {
  const expired = evolve(cart([line("a", 1)]), event("cart_expired", { items: [line("a", 1)] }));
  assert.deepEqual([expired.items, expired.state, expired.lastModified], [[], "expired", "then"]);
  const left = evolve(expired, event("cart_abandoned", { tier: 3 }));
  assert.equal(left.state, "expired");

  const restored = evolve(left, event("cart_restored", { items: [line("a", 1)] }));

  assert.deepEqual([quantities(restored), restored.state], [["1 a"], "active"]);
});

test("what is undone goes back, and what is in another currency waits aside", () => {
  const held = cart([line("a", 5), line("b", 1)]);
  const undone = event("merge_undone", { items: [line("a", 2)], removed: ["b"], returned: [] });
  assert.deepEqual(quantities(evolve(held, undone)), ["2 a"]);

  const aside = event("merge_returned", { items: [line("z", 1)], restorableCurrency: "EUR" });
  assert.deepEqual(quantities(evolve(held, aside)), ["5 a", "1 b"]);
});

test("news of a product are on its line and among the warnings", () => {
  const gone = event("item_out_of_stock", {
    itemID: "a",
    item: line("a", 1, { state: "out_of_stock" }),
    currentPrice: "7.00",
  });
  const short = evolve(cart([line("a", 1)]), gone);
  assert.deepEqual([short.items[0].available, short.lastModified], [false, "then"]);
  assert.deepEqual(short.warnings, [{ code: "out_of_stock", itemID: "a" }]);

  const dearer = event("price_changed", { itemID: "a", item: line("a", 1), currentPrice: "8.00" });
  const priced = evolve(cart([line("a", 1)]), dearer);

  assert.deepEqual([priced.items[0].price, priced.items[0].currentPrice], ["7.00", "8.00"]);
  const warning = { code: "price_changed", itemID: "a", price: "7.00", currentPrice: "8.00" };
  assert.deepEqual(priced.warnings, [warning]);
  const removed = evolve(priced, event("item_removed", { itemID: "a", version: 5 }));
  assert.deepEqual(removed.warnings, []);
});

test("in another currency every line costs what it says, and older prices are no warning", () => {
  const dearer = event("price_changed", { itemID: "a", item: line("a", 1), currentPrice: "8.00" });
  const priced = evolve(cart([line("a", 1)]), dearer);
  const items = [{ ...line("a", 1), price: "900" }];
  const yen = event("currency_changed", { items, version: 5, currency: "JPY", total: "900" });

  const changed = evolve(priced, yen);

  assert.deepEqual([changed.currency, changed.total, changed.warnings], ["JPY", "900", []]);
  assert.deepEqual([changed.items[0].price, changed.items[0].currentPrice], ["900", "900"]);
});
