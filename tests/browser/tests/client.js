// The JavaScript client (clients/js) in pages of a browser, as the shop serves it.

import assert from "node:assert/strict";
import { test } from "node:test";

/** Far longer than it takes on a busy machine; a page in the background paints nothing to wait for. */
const SHOWS = { timeout: 20_000, polling: 20 };

/** A page that follows the cart: by a socket, or by a stream where there are none. */
async function follow(context, origin, hasSockets) {
  const page = await context.newPage();
  // Nothing of the shop's runs there, and its policy lets nothing run.
  await page.setBypassCSP(true);
  await page.goto(`${origin}/livez`);
  await page.evaluate(async (hasSockets) => {
    const { CartClient } = await import("/shop/cartstream/index.js");
    const WebSocket = hasSockets ? window.WebSocket : null;
    window.client = new CartClient({ user: "client-pages", WebSocket });
    window.versions = [];
    client.follow(({ type, event }) => type === "event" && versions.push(event.version));
  }, hasSockets);
  await page.waitForFunction(() => client.connection === "live", SHOWS);
  return page;
}

export function tests(world) {
  test("two pages that follow a cart with the client, one by a stream, have the same cart", async () => {
    const context = await world.browser.createBrowserContext();
    const [one, two] = await Promise.all(
      [true, false].map((hasSockets) => follow(context, world.server.origin, hasSockets)),
    );
    const mug = { productID: "prod_13", variant: "cream" };

    const shown = await one.evaluate(async (mug) => {
      const answers = [client.addItem(mug), client.addItem(mug)];
      const [{ quantity }] = client.cart.items;
      await Promise.all(answers);
      return quantity;
    }, mug);
    const refused = await two.evaluate(() =>
      client.addItem({ productID: "nothing" }).catch(({ code }) => code),
    );

    assert.deepEqual([shown, refused], [2, "product_not_found"]);
    for (const page of [one, two]) {
      const isSeen = () => client.confirmed.version === 2 && client.pending === 0;
      await page.waitForFunction(isSeen, SHOWS);
      const seen = await page.evaluate(() => [versions, client.cart.total, client.cart.itemCount]);
      assert.deepEqual(seen, [[1, 2], "29.00", 2]);
    }
    await context.close();
  });
}
