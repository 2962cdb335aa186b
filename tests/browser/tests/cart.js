// One cart on two devices.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Visitor, on } from "../visitor.js";

export function tests(world) {
  const visit = (user) => Visitor.visit(world, `/?user=${user}`);

  test("a change on one device shows on the other", async () => {
    const visitor = await visit("both");
    await visitor.add("prod_1", "large-red");
    await visitor.see(1);
    await visitor.press(on(1, "[aria-label^='One more']"));

    const [phone, laptop] = await visitor.see(2);

    assert.deepEqual(phone, laptop);
    assert.deepEqual(laptop.lines, [
      { name: "T-Shirt", kind: "Large Red", quantity: 2, price: "$29.99 each", isBusy: false },
    ]);
    assert.deepEqual([laptop.count, laptop.total], ["2 items", "$59.98"]);
    const took = /^T-Shirt added: answered in \d+ ms, on both devices after \d+ ms$/;
    await visitor.eventually("it says how long that took", async () =>
      took.test(await visitor.page.$eval("#took", ({ textContent }) => textContent)),
    );
    await visitor.leave();
  });

  test("fewer, none of one, and none at all show everywhere", async () => {
    const visitor = await visit("less");
    for (const [index, variant] of ["black", "forest", "forest"].entries()) {
      await visitor.add("prod_19", variant);
      await visitor.see(index + 1);
    }

    await visitor.press(on(2, ".line:nth-child(2) [aria-label^='One fewer']"));
    assert.deepEqual(
      (await visitor.see(4))[0].lines.map(({ quantity }) => quantity),
      [1, 1],
    );
    await visitor.press(on(1, ".line:nth-child(1) .remove"));
    assert.deepEqual(
      (await visitor.see(5))[1].lines.map(({ kind }) => kind),
      ["Forest"],
    );
    await visitor.press(on(2, ".clear"));

    const [phone] = await visitor.see(6);
    assert.deepEqual([phone.lines, phone.count, phone.total], [[], "0 items", ""]);
    await visitor.leave();
  });

  test("a device that was offline catches up to the same cart", async () => {
    const visitor = await visit("away");
    await visitor.add("prod_13", "cream");
    await visitor.see(1);
    await visitor.press(on(2, ".switch"));
    await visitor.add("prod_2", "32-blue");
    await visitor.add("prod_16", "grey");
    await visitor.eventually(
      "the other device is ahead",
      async () => (await visitor.devices())[0].version === 3,
    );
    const [, away] = await visitor.devices();
    assert.deepEqual([away.state, away.version, away.total], ["offline", 1, "$14.50"]);

    await visitor.press(on(2, ".switch"));

    const [stayed, back] = await visitor.see(3);
    assert.deepEqual(back, stayed);
    assert.deepEqual(
      back.lines.map(({ name }) => name),
      ["Enamel Mug", "Jeans", "Wool Beanie"],
    );
    await visitor.leave();
  });

  test("a device that missed an event or heard one twice shows the same cart as the other", async () => {
    const visitor = await visit("holes");
    await visitor.add("prod_11", "42-moss");
    await visitor.see(1);
    await visitor.page.evaluate(() => {
      window.sockets[0].times = 0;
    });
    await visitor.add("prod_11", "42-moss");
    await visitor.eventually(
      "the laptop is ahead",
      async () => (await visitor.devices())[1].version === 2,
    );
    assert.equal((await visitor.devices())[0].version, 1);

    await visitor.page.evaluate(() => {
      window.sockets[1].times = 2;
    });
    await visitor.press("[data-product=prod_12] .add");

    const [holed, repeated] = await visitor.see(3);
    assert.deepEqual(holed, repeated);
    assert.deepEqual(
      holed.lines.map(({ quantity }) => quantity),
      [2, 1],
    );
    assert.equal(await visitor.page.evaluate(() => window.sockets.length), 4);
    await visitor.leave();
  });

  test("money shows the digits of its currency", async () => {
    const put = async (id, price, currency) => {
      const product = { name: "Saffron", price, currency, stock: 9 };
      const answer = await fetch(`${world.server.origin}/api/products/${id}`, {
        method: "PUT",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(product),
      });
      assert.equal(answer.status, 200);
    };
    await put("saffron-kwd", 4.25, "KWD");
    // Browsers round this currency to whole ones by themselves.
    await put("saffron-afn", 12.5, "AFN");
    // Currencies are kept apart from figures by a space that does not break.
    const shown = async (user, product, variant) => {
      const visitor = await visit(user);
      await visitor.add(product, variant);
      await visitor.see(1);
      await visitor.add(product, variant);
      const [{ total, lines }] = await visitor.see(2);
      await visitor.leave();
      return [lines[0].price, total].map((text) => text.replaceAll("\u00a0", " "));
    };

    assert.deepEqual(await shown("yen", "prod_17"), ["¥4,200 each", "¥8,400"]);
    assert.deepEqual(await shown("dollar", "prod_13", "navy-large"), ["$18.90 each", "$37.80"]);
    assert.deepEqual(await shown("dinar", "saffron-kwd"), ["KWD 4.250 each", "KWD 8.500"]);
    assert.deepEqual(await shown("afghani", "saffron-afn"), ["AFN 12.50 each", "AFN 25.00"]);
  });

  test("a refused change says why and changes nothing", async () => {
    const visitor = await visit("greedy");
    for (const version of [1, 2, 3]) {
      await visitor.add("prod_14");
      await visitor.see(version);
    }
    const before = await visitor.devices();

    await visitor.press(on(1, "[aria-label^='One more']"));
    assert.deepEqual(await visitor.message(), [
      "Only 3 in stock",
      "There is not enough of it for that. Your cart stays as it is.",
    ]);
    await visitor.press(".toast button");
    await visitor.add("prod_17");
    assert.equal((await visitor.message())[0], "One cart, one currency");

    assert.deepEqual(await visitor.devices(), before);
    assert.equal((await visitor.entries()).length, 3);
    await visitor.leave();
  });

  test("whoever is named in the address shops, and is remembered", async () => {
    const visitor = await visit("first");
    await visitor.add("prod_2", "34-blue");
    await visitor.see(1);
    const user = () => visitor.page.$eval("#user", ({ value }) => value);
    await visitor.page.goto(`${visitor.origin}/`);
    assert.equal(await user(), "first");
    await visitor.see(1);

    await visitor.page.$eval("#user", (input) => {
      input.value = "second";
    });
    await Promise.all([visitor.page.waitForNavigation(), visitor.press(".user button")]);
    assert.equal(await user(), "second");
    assert.deepEqual((await visitor.see(0))[0].lines, []);
    await visitor.leave();

    const guest = await Visitor.visit(world, "/");
    const name = await guest.page.$eval("#user", ({ value }) => value);
    assert.match(name, /^guest-[a-z0-9]+$/);
    await guest.page.reload();
    assert.equal(await guest.page.$eval("#user", ({ value }) => value), name);
    await guest.leave();
  });
}
