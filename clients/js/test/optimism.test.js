// What is on its way is shown once: whatever comes first, its event or its answer.

import assert from "node:assert/strict";
import { test } from "node:test";

import { addItem, checkout, clear, removeItem, setQuantity } from "../src/commands.js";
import { Optimism, PENDING_MAX } from "../src/optimism.js";

const mugs = (quantity) => ({ itemID: "m", productID: "mug", variant: "", price: "7.00", quantity });
const whole = (version, items, rest = {}) => ({
  cartID: "c",
  version,
  items,
  total: "0",
  itemCount: 0,
  currency: items.length > 0 ? "USD" : null,
  warnings: [],
  ...rest,
});
const updated = (version, quantity) => ({
  type: "item_updated",
  cartID: "c",
  version,
  n: 0,
  of: 1,
  itemID: "m",
  quantity,
  item: mugs(quantity),
  currency: "USD",
  total: "?",
  itemCount: quantity,
});
const add = (quantity = 1) => addItem({ productID: "mug", quantity });

/** A cart of one mug at version 1, and how many are shown. */
function begun() {
  const optimism = new Optimism();
  optimism.replace(whole(1, [mugs(1)]));
  return { optimism, shown: () => optimism.cart.items.map(({ quantity }) => quantity) };
}

/** Gives commands and has them sent. */
function give(optimism, ...commands) {
  commands.forEach((command, at) => {
    optimism.begin(command, `${at}`);
    optimism.sent(`${at}`);
  });
}

test("commands are shown in their order, with exact totals", () => {
  const { optimism } = begun();
  const cap = { productID: "cap", quantity: 2, product: { name: "Cap", price: "0.10" } };
  give(optimism, add(2), setQuantity("m", 5), addItem(cap));

  const { items, total, itemCount, version } = optimism.cart;

  assert.deepEqual([total, itemCount, version], ["35.20", 7, 1]);
  const [cups, caps] = items;
  assert.deepEqual([cups.itemID, cups.quantity, cups.pending], ["m", 5, true]);
  assert.deepEqual([caps.itemID, caps.name, caps.price], ["pending:cap:", "Cap", "0.10"]);
  assert.equal(optimism.confirmed.items.length, 1);
  give(optimism, addItem({ productID: "hat", quantity: 1 }));
  assert.deepEqual([optimism.cart.total, optimism.cart.items[2].name], [null, "hat"]);
  give(optimism, removeItem("m"));
  assert.equal(optimism.cart.items.length, 2);
  give(optimism, clear());
  assert.deepEqual([optimism.cart.items, optimism.cart.currency], [[], null]);
});

test("an event that comes before the answer is not added to", () => {
  const { optimism, shown } = begun();
  give(optimism, add(2));
  assert.deepEqual(shown(), [3]);

  assert.equal(optimism.take(updated(2, 3)), "take");
  assert.deepEqual(shown(), [3]);
  optimism.answered("0", 2);

  assert.deepEqual([shown(), optimism.pending], [[3], 0]);
});

test("an answer that comes before the event is shown until then", () => {
  const { optimism, shown } = begun();
  give(optimism, add(2));

  optimism.answered("0", 2);
  assert.deepEqual([shown(), optimism.pending], [[3], 1]);
  optimism.take(updated(2, 3));

  assert.deepEqual([shown(), optimism.pending], [[3], 0]);
});

test("several commands are never shown twice, whatever order their events and answers have", () => {
  for (const order of ["eaeaea", "aaaeee", "eeeaaa", "aeeaea", "eaaeea"]) {
    const { optimism, shown } = begun();
    give(optimism, add(), add(), add());
    let [events, answers] = [0, 0];
    for (const next of order) {
      if (next === "e") optimism.take(updated(events + 2, (events += 1) + 1));
      else optimism.answered(`${answers}`, (answers += 1) + 1);
      assert.deepEqual(shown(), [4], `${order} after ${events} events and ${answers} answers`);
    }
    assert.equal(optimism.pending, 0);
  }
});

test("the like of a command by another device is told from it by the answer", () => {
  const { optimism, shown } = begun();
  give(optimism, add());

  optimism.take(updated(2, 2));
  assert.deepEqual(shown(), [2]);
  optimism.answered("0", 3);
  assert.deepEqual(shown(), [3]);
  optimism.take(updated(3, 3));

  assert.deepEqual([shown(), optimism.pending], [[3], 0]);
});

test("a command that is refused is taken back, and those after it stay", () => {
  const { optimism, shown } = begun();
  give(optimism, setQuantity("m", 900), add());
  assert.deepEqual(shown(), [901]);

  optimism.drop("0");

  assert.deepEqual([shown(), optimism.pending], [[2], 1]);
});

test("a whole cart that may have a command already hides it until its answer", () => {
  const { optimism, shown } = begun();
  give(optimism, add(2));

  optimism.replace(whole(2, [mugs(3)]));
  assert.deepEqual(shown(), [3]);
  optimism.answered("0", 2);

  assert.deepEqual([shown(), optimism.pending], [[3], 0]);
});

test("what was never sent is in no cart, and what has not changed has nothing new", () => {
  const { optimism, shown } = begun();
  optimism.begin(add(2), "unsent");
  optimism.replace(whole(2, [mugs(1)]));
  assert.deepEqual(shown(), [3]);
  optimism.sent("unsent");

  optimism.replace(whole(2, [mugs(1)]));

  assert.deepEqual(shown(), [3]);
});

test("a cart that was read beside the stream counts only when it is newer", () => {
  const { optimism, shown } = begun();
  optimism.take(updated(2, 2));

  optimism.adopt(whole(1, [mugs(1)]));
  assert.deepEqual(shown(), [2]);
  optimism.adopt(whole(5, [mugs(9)]));

  assert.deepEqual([shown(), optimism.told], [[9], { version: 5, next: null }]);
});

test("an event of another cart, after a gap, or of an unknown kind needs the whole cart", () => {
  const { optimism } = begun();

  assert.equal(optimism.take({ ...updated(2, 2), cartID: "erased" }), "resync");
  assert.equal(optimism.take(updated(3, 2)), "resync");
  assert.equal(optimism.take({ ...updated(2, 2), type: "cart_painted" }), "resync");
  assert.equal(optimism.take(updated(1, 2)), "drop");
  assert.equal(new Optimism().take(updated(1, 1)), "resync");
});

test("no more commands are taken than can be shown and sent again", () => {
  const { optimism } = begun();
  for (let more = 0; more < PENDING_MAX; more += 1) optimism.begin(add(), `${more}`);

  assert.throws(() => optimism.begin(add(), "more"), { name: "CartBusy" });

  optimism.drop("0");
  optimism.begin(add(), "more");
});

test("a command without a visible effect ends with its answer", () => {
  const { optimism } = begun();
  give(optimism, checkout());

  optimism.answered("0", 7);

  assert.deepEqual([optimism.pending, optimism.cart], [0, optimism.confirmed]);
});
