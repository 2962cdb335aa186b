// The page of the contract: what it shows of the documents, out of this origin alone.

import assert from "node:assert/strict";
import { test } from "node:test";

import { faults } from "../faults.js";
import { Visitor } from "../visitor.js";

/** Opens the page and waits until it shows the documents. */
async function read(world) {
  const visitor = await Visitor.open(world, "/docs");
  await visitor.eventually("the contract is shown", () =>
    visitor.page.$eval("#contract", (main) => main.ariaBusy === "false"),
  );
  return visitor;
}

/** The names of the parts that are shown. */
function parts(visitor) {
  return visitor.page.$$eval("section > .part:not([hidden]) > summary", (heads) =>
    heads.map((head) => [...head.children].slice(0, 2).map((part) => part.textContent).join(" ")),
  );
}

/** Opens a part and everything in it, and answers what is there once it has `text`. */
function opened(visitor, name, text) {
  return visitor.eventually(`${name} shows ${text}`, async () => {
    const shown = await visitor.page.evaluate((name) => {
      const part = [...document.querySelectorAll("section > .part")].find((one) =>
        one.querySelector("summary").textContent.startsWith(name),
      );
      for (const one of [part, ...part.querySelectorAll("details")]) one.open = true;
      return part.textContent;
    }, name);
    return shown.includes(text) && shown;
  });
}

export function tests(world) {
  test("the contract is shown route by route, topic by topic, schema by schema", async () => {
    const visitor = await read(world);
    const there = await parts(visitor);
    for (const name of ["POST /api/cart/{userID}/items", "TOPIC cart.events.v1", "WS /ws/cart/{userID}"]) {
      assert.ok(there.includes(name), `${name} in ${there}`);
    }
    assert.ok(there.includes("SCHEMA /schemas/events/item_added.v1.json"));

    const add = await opened(visitor, "POST/api/cart/{userID}/items", "Its variant; absent");
    assert.match(add, /insufficient_stock/);
    await opened(visitor, "TOPICcart.events.v1", "How many the line holds after the event.");
    await opened(visitor, "SCHEMA/schemas/events/item_added.v1.json", "maximum 1000000");
    assert.deepEqual(await visitor.page.evaluate(() => window.violations), []);
    await visitor.leave();
  });

  test("whoever looks for something finds its parts", async () => {
    const visitor = await read(world);
    await visitor.page.type("#find", "checkout post");

    await visitor.eventually("checkouts alone are shown", async () =>
      (await parts(visitor)).every((name) => name.includes("checkout")),
    );
    assert.match(await visitor.page.$eval("#found", (found) => found.value), /^[1-9]\d* of \d+$/);
    await visitor.leave();
  });

  for (const scheme of ["light", "dark"]) {
    test(`in ${scheme} colours the contract has names, roles and enough contrast`, async () => {
      const visitor = await read(world);
      await visitor.page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
      await opened(visitor, "POST/api/cart/{userID}/items", "Its variant; absent");
      assert.deepEqual(await faults(visitor.page), []);
      await visitor.leave();
    });
  }
}
