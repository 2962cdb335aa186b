// Money is never a float.

import assert from "node:assert/strict";
import { test } from "node:test";

import { formatMoney, minorUnits, parse, total } from "../src/exact.js";

test("amounts keep the digits they were sent with, and nothing else is touched", () => {
  const text = String.raw`{"price":59.90,"currentPrice" : 4200,"total":0.00,"value":null,"quantity":2,
    "name":"\"price\":1.50","price ":1.5,"items":[{"price":90071992547409.93}],"note":"price"}`;

  assert.deepEqual(parse(text), {
    price: "59.90",
    currentPrice: "4200",
    total: "0.00",
    value: null,
    quantity: 2,
    name: '"price":1.50',
    "price ": 1.5,
    items: [{ price: "90071992547409.93" }],
    note: "price",
  });
});

test("a text with an escape at its end ends where it ends", () => {
  assert.deepEqual(parse(String.raw`{"name":"\\","total":1.10}`), { name: "\\", total: "1.10" });
});

test("lines are added up exactly", () => {
  const lines = (...all) => all.map(([price, quantity]) => ({ price, quantity }));

  assert.equal(total([]), "0");
  assert.equal(total(lines(["0.10", 3])), "0.30");
  assert.equal(total(lines(["0.10", 1], ["0.20", 1])), "0.30");
  assert.equal(total(lines(["4200", 2])), "8400");
  assert.equal(total(lines(["90071992547409.93", 999], ["0.005", 1])), "89981920554862520.075");
  assert.equal(total(lines(["0.05", 1])), "0.05");
  assert.equal(total(lines(["1.00", 1], [null, 1])), null);
});

test("an amount is its minor units", () => {
  assert.deepEqual(minorUnits("59.90"), { units: 5990n, digits: 2 });
  assert.throws(() => minorUnits("1e3"), TypeError);
  assert.throws(() => minorUnits(59.9 + 1e-9), TypeError);
});

test("an amount is shown with the digits it has", () => {
  assert.equal(formatMoney("59.90", "USD", "en-US"), "$59.90");
  assert.equal(formatMoney("4200", "JPY", "en-US"), "¥4,200");
});
