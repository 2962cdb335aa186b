// A cart is followed on the real server: folded, resumed, replaced, and by either kind of connection.

import assert from "node:assert/strict";
import { test } from "node:test";

import { parse } from "../src/index.js";
import { eventually } from "./wait.js";
import { Follower, kept, open } from "./world.js";

const world = await open();

test("a cart that is followed is the cart that is read", async () => {
  const follower = await Follower.of(world.client("folded"));
  const other = world.client("folded");
  const shirt = await other.addItem({ productID: "prod_456", variant: "large-red", quantity: 2 });
  await other.addItem({ productID: "prod_13", variant: "cream", quantity: 3 });
  await other.setQuantity(shirt.items[0].itemID, 5);
  await other.extend(600);
  await other.removeItem(shirt.items[0].itemID);
  const { checkoutID } = await other.checkout();
  await other.cancelCheckout(checkoutID);

  const read = await other.get();
  await follower.sees(read.version);

  assert.deepEqual(kept(follower.client.confirmed), kept(read));
  assert.equal(read.total, "43.50");
  const places = follower.told("event").map(({ event }) => `${event.version}:${event.n}`);
  assert.deepEqual(places, [...new Set(places)]);
  assert.deepEqual([...new Set(follower.versions)], [1, 2, 3, 4, 5, 6, 7, 8]);
});

test("an event comes with its text, digit for digit, by either kind of connection", async () => {
  const ways = [globalThis.WebSocket, null];
  const followers = await Promise.all(
    ways.map((WebSocket) => Follower.of(world.client("texts", { WebSocket }))),
  );
  await world.client("texts").addItem({ productID: "prod_15", variant: "m-sand" });
  await Promise.all(followers.map((follower) => follower.sees(1)));

  const [[bySocket], [byStream]] = followers.map((follower) => follower.told("event"));

  assert.equal(bySocket.text, byStream.text);
  assert.match(bySocket.text, /^{"type":"item_added",.*"total":89\.00\b.*}$/);
  assert.deepEqual(parse(bySocket.text), bySocket.event);
});

test("a paid cart is empty for who follows it, too", async () => {
  const follower = await Follower.of(world.client("paid"));
  const other = world.client("paid");
  await other.addItem({ productID: "prod_2", variant: "32-blue" });
  const { checkoutID, state, total } = await other.checkout();
  assert.deepEqual([state, total], ["ready", "79.99"]);
  await eventually("the lock shows", () => follower.client.cart.locked);
  const completed = await other.completeCheckout(checkoutID, "order-1");
  assert.deepEqual([completed.state, completed.orderID], ["completed", "order-1"]);

  const read = await other.get();
  await follower.sees(read.version);

  assert.deepEqual(kept(follower.client.confirmed), kept(read));
  assert.deepEqual([read.items, read.total, read.currency], [[], "0", null]);
});

test("a cart that is merged into another shows so on both", async () => {
  const guest = await Follower.of(world.client("guest-1"));
  const user = await Follower.of(world.client("merged"));
  await guest.client.addItem({ productID: "prod_16", variant: "grey", quantity: 2 });
  await user.client.addItem({ productID: "prod_16", variant: "grey" });

  const { mergeID, version } = await user.client.merge("guest-1", { policy: "sum" });

  assert.match(mergeID, /:1$|:2$/);
  await user.sees(version);
  await guest.sees(2);
  assert.deepEqual(kept(user.client.confirmed), kept(await user.client.get()));
  assert.deepEqual(kept(guest.client.confirmed), kept(await guest.client.get()));
  assert.equal(user.client.cart.itemCount, 3);
});

for (const [kind, WebSocket] of [
  ["socket", globalThis.WebSocket],
  ["stream", null],
]) {
  test(`a cut ${kind} is resumed without a gap or a repeat`, async () => {
    const user = `cut-${kind}`;
    const proxy = await world.proxy();
    const follower = await Follower.of(world.client(user, { url: proxy.origin, WebSocket }));
    const other = world.client(user);
    await other.addItem({ productID: "prod_13", variant: "forest" });
    await follower.sees(1);

    for (const round of [0, 1, 2]) {
      proxy.isDown = true;
      proxy.cut();
      await eventually("it is noticed", () => follower.client.connection === "reconnecting");
      await other.addItem({ productID: "prod_13", variant: "forest" });
      await other.addItem({ productID: "prod_13", variant: "cream" });
      proxy.isDown = false;
      await follower.sees(3 + 2 * round);
    }

    assert.deepEqual(follower.versions, [1, 2, 3, 4, 5, 6, 7]);
    assert.deepEqual(kept(follower.client.confirmed), kept(await other.get()));
    const ways = follower.told("connection").filter(({ connection }) => connection === "live");
    assert.deepEqual(ways[0].via, kind);
    // The cart came whole once, at the beginning.
    assert.equal(follower.told("cart").length, 1);
  });
}

test("a cart of which more was missed than can be told comes whole", async () => {
  const proxy = await world.proxy();
  const follower = await Follower.of(world.client("long-away", { url: proxy.origin }));
  const other = world.client("long-away");
  await other.addItem({ productID: "prod_19", variant: "black" });
  await follower.sees(1);
  proxy.isDown = true;
  proxy.cut();
  for (let more = 0; more < 12; more += 1) {
    await other.addItem({ productID: "prod_19", variant: "black" });
  }
  proxy.isDown = false;

  await follower.sees(13);

  assert.equal(follower.client.cart.items[0].quantity, 13);
  assert.deepEqual(follower.versions, [1]);
});

test("where no socket gets through the cart is followed by a stream", async () => {
  const proxy = await world.proxy();
  proxy.refusesSockets = true;
  const follower = await Follower.of(world.client("proxied", { url: proxy.origin }));
  assert.equal(proxy.handshakes, 2);
  const live = follower.told("connection").at(-1);
  assert.deepEqual([live.connection, live.via], ["live", "stream"]);

  await world.client("proxied").addItem({ productID: "prod_13", variant: "forest" });
  await follower.sees(1);
  await follower.client.addItem({ productID: "prod_13", variant: "forest" });
  await follower.sees(2);

  assert.deepEqual(follower.versions, [1, 2]);
  assert.equal(follower.client.cart.items[0].quantity, 2);
});

test("a client that is closed, or that nobody listens to any more, connects no more", async () => {
  const proxy = await world.proxy();
  const [closed, left] = [
    await Follower.of(world.client("closed", { url: proxy.origin })),
    await Follower.of(world.client("closed", { url: proxy.origin })),
  ];
  closed.client.close();
  left.stop();
  left.stop();
  assert.deepEqual([closed.client.connection, left.client.connection], ["offline", "offline"]);
  assert.throws(() => closed.client.follow(), { name: "CartClosed" });
  await assert.rejects(closed.client.clear(), { name: "CartClosed" });

  const again = await Follower.of(left.client);

  assert.equal(proxy.handshakes, 3);
  again.stop();
});
