// The JavaScript client (clients/js) as a module in pages of the server's origin.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

const SOURCES = new URL("../../../clients/js/src/", import.meta.url);
/** Far longer than it takes on a busy machine; a page in the background paints nothing to wait for. */
const SHOWS = { timeout: 20_000, polling: 20 };

/** Answers what a shop would serve of its own beside the real server: an empty page and the client. */
async function serve(request) {
  const { pathname } = new URL(request.url());
  if (pathname === "/own") return request.respond({ contentType: "text/html", body: "" });
  if (!pathname.startsWith("/own/")) return request.continue();
  const body = await readFile(new URL(pathname.slice(5), SOURCES), "utf8");
  return request.respond({ contentType: "text/javascript", body });
}

/** A page that follows the cart: by a socket, or by a stream where there are none. */
async function follow(context, origin, hasSockets) {
  const page = await context.newPage();
  await page.setRequestInterception(true);
  page.on("request", serve);
  await page.goto(`${origin}/own`);
  await page.evaluate(async (hasSockets) => {
    const { CartClient } = await import("/own/index.js");
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
