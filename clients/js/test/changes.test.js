// Commands on the real server: by REST and by socket, shown before they are confirmed, taken back when
// they are refused, and carried out once whatever is lost on the way.

import assert from "node:assert/strict";
import { test } from "node:test";

import { eventually } from "./wait.js";
import { Follower, open } from "./world.js";

const world = await open();
const mug = { productID: "prod_13", variant: "forest" };

/** A `fetch` that counts the changes that go by it. */
function counting() {
  const counted = async (url, asked) => {
    if (asked.method) counted.changes.push(`${asked.method} ${new URL(url).pathname}`);
    return fetch(url, asked);
  };
  counted.changes = [];
  return counted;
}

/** Each command once, and what its answer tells. */
async function everything(client) {
  const told = [];
  const note = (said) => told.push([said.version, said.itemCount ?? said.state]);
  const cart = await client.addItem({ ...mug, quantity: 2 });
  note(cart);
  note(await client.setQuantity(cart.items[0].itemID, 3, { ifVersion: 1 }));
  note(await client.extend(60));
  const first = await client.checkout({ acceptPrices: true });
  note(first);
  note(await client.cancelCheckout(first.checkoutID));
  const { checkoutID } = await client.checkout();
  note(await client.completeCheckout(checkoutID, "order-7"));
  note(await client.addItem({ productID: "prod_14" }));
  note(await client.removeItem("i_cHJvZF8xNAA"));
  note(await client.clear());
  await assert.rejects(client.restore(), { status: 409, code: "nothing_to_restore" });
  note(await client.merge(`${cart.userID}-guest`, { policy: "max" }));
  return told;
}

const EVERYTHING = [
  [1, 2],
  [2, 3],
  [3, 3],
  [5, "ready"],
  [6, "cancelled"],
  [9, "completed"],
  [10, 1],
  [11, 0],
  [11, 0],
  [11, 0],
];

test("every command is carried out by REST", async () => {
  const client = world.client("by-rest");

  assert.deepEqual(await everything(client), EVERYTHING);

  assert.equal(client.confirmed.version, 11);
  const { events, next } = await client.events({ after: 9 });
  assert.deepEqual(
    [events.map(({ type, version }) => [version, type]), next],
    [[[10, "item_added"], [11, "item_removed"]], null],
  );
  assert.equal(events[0].item.price, "119.00");
  assert.equal((await client.get({ asOf: 2 })).itemCount, 3);
  assert.equal(client.confirmed.version, 11);
});

test("while the socket is open every command goes over it", async () => {
  const fetch = counting();
  const follower = await Follower.of(world.client("by-socket", { fetch }));

  assert.deepEqual(await everything(follower.client), EVERYTHING);

  await follower.sees(11);
  assert.deepEqual(fetch.changes, []);
});

test("an outcome that is pending is asked for until it is definite", async () => {
  const asked = [];
  const hurried = (url, request) => {
    asked.push([request.method ?? "GET", new URL(url).pathname.split("/").at(4)]);
    const isFirst = asked.length === 1;
    const headers = isFirst ? { ...request.headers, prefer: "respond-async" } : request.headers;
    return fetch(url, { ...request, headers });
  };
  const client = world.client("pending", { fetch: hurried });

  const cart = await client.addItem(mug);

  assert.deepEqual([cart.version, cart.itemCount], [1, 1]);
  assert.deepEqual(asked, [
    ["POST", "items"],
    ["GET", "commands"],
    ["POST", "items"],
  ]);
});

test("a pending outcome may be a refusal", async () => {
  const hurried = (url, request) =>
    fetch(url, { ...request, headers: { ...request.headers, prefer: "respond-async" } });
  const client = world.client("pending-refused", { fetch: hurried });

  const refused = client.addItem({ productID: "nothing" });

  await assert.rejects(refused, { name: "CartProblem", code: "product_not_found", status: 404 });
});

test("a refused command is shown at first, then taken back with the reason", async () => {
  const follower = await Follower.of(world.client("refused"));
  const { client } = follower;
  await client.addItem({ productID: "prod_14", quantity: 2 });
  await follower.sees(1);
  const [{ itemID }] = client.cart.items;

  const unknown = client.addItem({ productID: "nothing", product: { name: "?", price: "1.00" } });
  assert.deepEqual([client.cart.items.length, client.cart.total], [2, "239.00"]);
  await assert.rejects(unknown, { status: 404, code: "product_not_found" });
  const greedy = client.setQuantity(itemID, 9);
  assert.deepEqual([client.cart.items[0].quantity, client.cart.total], [9, "1071.00"]);
  await assert.rejects(greedy, ({ body }) => body.available === 3);

  assert.deepEqual(client.cart, client.confirmed);
  assert.deepEqual([client.cart.total, client.cart.version], ["238.00", 1]);
  const reasons = follower.told("rejected").map(({ command, error, cart }) => ({
    key: typeof command.key,
    told: [command.type, error.code, cart.itemCount],
  }));
  assert.deepEqual(reasons, [
    { key: "string", told: ["add_item", "product_not_found", 2] },
    { key: "string", told: ["set_quantity", "insufficient_stock", 2] },
  ]);
});

test("a command meant for another version is refused", async () => {
  const client = world.client("other-version");
  await client.addItem(mug);

  const stale = client.clear({ ifVersion: 7 });

  await assert.rejects(stale, { status: 412, code: "version_mismatch" });
  assert.equal(client.cart.itemCount, 1);
});

for (const [kind, WebSocket] of [
  ["socket", globalThis.WebSocket],
  ["stream", null],
]) {
  test(`with a ${kind} many commands show at once and none of them twice`, async () => {
    const follower = await Follower.of(world.client(`many-${kind}`, { WebSocket }));
    const { client } = follower;
    const ten = Array.from({ length: 10 }, () => client.addItem(mug));
    assert.equal(client.cart.items[0].quantity, 10);

    await Promise.all(ten);
    await follower.sees(10);

    const shown = follower.changes.filter(({ type, cart }) => type !== "pending" && cart?.itemCount);
    assert.deepEqual([...new Set(shown.map(({ cart }) => cart.itemCount))], [10]);
    assert.deepEqual(follower.versions, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });
}

test("a command whose answer is lost with the connection is sent again and carried out once", async () => {
  const proxy = await world.proxy();
  const follower = await Follower.of(world.client("lost", { url: proxy.origin }));
  const direct = world.client("lost");
  proxy.isDeaf = true;
  const added = follower.client.addItem({ ...mug, quantity: 2 });
  await eventually("it is carried out", async () => (await direct.get()).version === 1);
  assert.equal(follower.client.cart.items[0].quantity, 2);
  proxy.cut();
  proxy.isDeaf = false;

  const cart = await added;

  await follower.sees(1);
  assert.deepEqual([cart.version, cart.itemCount], [1, 2]);
  assert.deepEqual(await direct.get(), cart);
  const shown = follower.changes.filter(({ cart }) => cart?.itemCount > 2);
  assert.deepEqual(shown, []);
});

test("one key is one command, whoever sends it", async () => {
  const client = world.client("keyed");
  await client.addItem(mug, { key: "once" });
  await client.addItem(mug);

  const again = await client.addItem(mug, { key: "once" });

  assert.deepEqual([again.version, again.itemCount], [2, 2]);
  const other = client.clear({ key: "once" });
  await assert.rejects(other, { status: 422, code: "idempotency_conflict" });
});

test("commands wait for a server that is killed, and are carried out once", async () => {
  const follower = await Follower.of(world.client("killed"));
  await follower.client.addItem(mug);
  await follower.sees(1);
  const during = [follower.client.addItem(mug)];
  await world.server.kill();
  during.push(follower.client.addItem(mug));
  await world.server.start();

  await Promise.all(during);

  await follower.sees(3);
  assert.equal(follower.client.cart.items[0].quantity, 3);
});
