// The event stream as the page shows it.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Visitor, on } from "../visitor.js";

export function tests(world) {
  test("the event stream shows each event once, in order and as it came", async () => {
    const visitor = await Visitor.visit(world, "/?user=stream");
    let version = 0;
    const changed = async (change) => {
      await change;
      version += 1;
      await visitor.see(version);
    };
    await changed(visitor.add("prod_1", "small-red"));
    await changed(visitor.press(on(1, "[aria-label^='One more']")));
    await changed(visitor.press(on(2, "[aria-label^='One fewer']")));
    await changed(visitor.add("prod_15", "l-moss"));
    await changed(visitor.press(on(2, ".remove")));
    await changed(visitor.press(on(1, ".clear")));

    const entries = (await visitor.entries()).reverse();

    assert.deepEqual(
      entries.map(({ kind }) => kind),
      ["item_added", "item_updated", "item_updated", "item_added", "item_removed", "cart_cleared"],
    );
    assert.deepEqual(
      entries.map(({ id }) => id.split(":").slice(1).join(":")),
      ["1:0", "2:0", "3:0", "4:0", "5:0", "6:0"],
    );
    const gists = await visitor.page.$$eval("#events .gist", (all) =>
      all.map(({ textContent }) => textContent),
    );
    assert.deepEqual(gists.reverse(), [
      "T-Shirt × 1 · total $29.99",
      "T-Shirt × 2 · total $59.98",
      "T-Shirt × 1 · total $29.99",
      "Linen Overshirt × 1 · total $118.99",
      "T-Shirt · total $89.00",
      "total $0.00",
    ]);
    const data = (frame) => frame.slice(frame.indexOf('"data":') + '"data":'.length, -1);
    assert.deepEqual(
      entries.map(({ text }) => text),
      visitor.frames.map(data),
    );
    await visitor.leave();
  });

  test("an event opens to all of it, digit for digit", async () => {
    const visitor = await Visitor.visit(world, "/?user=digits");
    await visitor.add("prod_15", "m-sand");
    await visitor.see(1);
    await visitor.press("#events summary");

    const pretty = await visitor.eventually("the event is open", () =>
      visitor.page.$eval("#events pre", ({ textContent }) => textContent).catch(() => null),
    );

    assert.match(pretty, /^ {2}"total": 89\.00,$/m);
    const [{ text }] = await visitor.entries();
    assert.equal(pretty.replaceAll(/\n */g, "").replaceAll('": ', '":'), text);
    await visitor.leave();
  });
}
