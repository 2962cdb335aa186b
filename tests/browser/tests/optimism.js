// What is on its way shows on the device it is made on, and on no other; and what a device that comes
// back is told.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Visitor, on } from "../visitor.js";

const [PHONE, PAGE] = [0, 2];
const MORE = on(1, "[aria-label^='One more']");

export function tests(world) {
  const visit = (user) => Visitor.visit(world, `/?user=${user}`);
  const hold = (visitor, socket) =>
    visitor.page.evaluate((socket) => (window.sockets[socket].held = []), socket);
  const release = (visitor, socket) =>
    visitor.page.evaluate((socket) => window.sockets[socket].release(), socket);
  const shown = ({ version, total, lines }) => [
    version,
    total,
    ...lines.map(({ quantity, isBusy }) => [quantity, isBusy]),
  ];
  /** Waits until a device shows so much of its only line, and answers what every device shows. */
  const quantities = (visitor, ...wanted) =>
    visitor.eventually(`the devices show ${wanted}`, async () => {
      const devices = await visitor.devices();
      const isShown = ({ lines }, device) => (lines[0]?.quantity ?? 0) === wanted[device];
      return devices.every(isShown) && devices.map(shown);
    });

  test("a change shows where it is made before it is answered", async () => {
    const visitor = await visit("at-once");
    await hold(visitor, PHONE);
    await visitor.add("prod_13", "cream");
    const [fresh] = await quantities(visitor, 1, 1);
    assert.deepEqual(fresh, [0, "$14.50", [1, true]]);
    await visitor.page.focus(MORE);
    await release(visitor, PHONE);
    await visitor.see(1);
    const focused = () => visitor.page.evaluate(() => document.activeElement.ariaLabel);
    assert.equal(await focused(), "One more: Enamel Mug, Cream");

    await hold(visitor, PHONE);
    await visitor.press(MORE);
    await visitor.press(MORE);
    const [phone] = await quantities(visitor, 3, 2);

    assert.deepEqual(phone, [1, "$43.50", [3, true]]);
    await release(visitor, PHONE);
    assert.deepEqual((await visitor.see(3)).map(shown), Array(2).fill([3, "$43.50", [3, false]]));
    await visitor.leave();
  });

  test("a change that is refused is taken back, and the page says why", async () => {
    const visitor = await visit("too-much");
    for (const version of [1, 2, 3]) {
      await visitor.add("prod_14");
      await visitor.see(version);
    }
    await hold(visitor, PHONE);
    await visitor.press(MORE);
    const [phone, laptop] = await quantities(visitor, 4, 3);
    assert.deepEqual(phone, [3, "$476.00", [4, true]]);
    assert.deepEqual(laptop, [3, "$357.00", [3, false]]);
    assert.equal(await visitor.page.$(".toast"), null);

    await release(visitor, PHONE);

    assert.equal((await visitor.message())[0], "Only 3 in stock");
    assert.deepEqual((await visitor.see(3)).map(shown), [laptop, laptop]);
    await visitor.leave();
  });

  test("whoever comes back is told only what was missed", async () => {
    const visitor = await visit("briefly-away");
    await visitor.add("prod_16", "grey");
    await visitor.see(1);
    await visitor.press(on(1, ".switch"));
    await visitor.page.evaluate((page) => window.sockets[page].close(), PAGE);
    for (const quantity of [2, 3]) {
      await visitor.add("prod_16", "grey");
      await quantities(visitor, 1, quantity);
    }

    await visitor.press(on(1, ".switch"));
    await visitor.see(3);
    await visitor.eventually("each event is listed", async () => {
      const entries = await visitor.entries();
      return entries.length === 3;
    });

    const sockets = await visitor.page.evaluate(() =>
      window.sockets.slice(3).map(({ url, came }) => [new URL(url).search, ...came]),
    );
    const phone = sockets.find(
      ([, ...came]) => came.filter((type) => type === "cart_event").length === 2,
    );
    assert.deepEqual(phone, ["?since=1", "cart_event", "cart_event"]);
    assert.ok(sockets.every(([since, ...came]) => since !== "" && !came.includes("cart_state")));
    assert.deepEqual(
      (await visitor.entries()).map(({ kind }) => kind),
      ["item_updated", "item_updated", "item_added"],
    );
    await visitor.leave();
  });

  test("the list says so where the cart was read whole", async () => {
    const visitor = await visit("holed");
    await visitor.add("prod_11", "42-moss");
    await visitor.see(1);
    await visitor.page.evaluate((page) => (window.sockets[page].times = 0), PAGE);
    for (const version of [2, 3]) {
      await visitor.add("prod_11", "42-moss");
      await visitor.see(version);
    }

    const marker = await visitor.eventually("the marker appears", () =>
      visitor.page.$eval("#events .marker", ({ textContent }) => textContent).catch(() => null),
    );

    assert.match(marker, /the cart was read whole, at version 3$/);
    assert.equal((await visitor.entries()).length, 2);
    await visitor.leave();
  });
}
