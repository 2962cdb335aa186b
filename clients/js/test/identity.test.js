// Who asks, on a server that wants to know: a token with every request, stream and socket, a fresh one
// when it ends, and guests.

import assert from "node:assert/strict";
import { test } from "node:test";

import { CartClient } from "../src/index.js";
import { answering, SECRET, tokenOf } from "./tokens.js";
import { eventually } from "./wait.js";
import { Follower, open } from "./world.js";

const guests = ["--guest-secret", "another-secret-that-signs-guests-tokens"];
const world = await open("--jwt-secret", SECRET, ...guests);
const mug = { productID: "prod_13", variant: "forest" };
const EXPIRED = { ends: -60 };

/** The ways to follow a cart. */
const WAYS = [
  ["socket", globalThis.WebSocket],
  ["stream", null],
];

/** A `fetch` that counts the changes that go by it. */
function counting() {
  const counted = (url, asked) => {
    if (asked.method) counted.changes.push(asked.headers["idempotency-key"]);
    return fetch(url, asked);
  };
  counted.changes = [];
  return counted;
}

/** Has a shop's staff put the mug into its catalog. */
async function stock(tenant) {
  const { productID, variant } = mug;
  const variants = [{ id: variant, name: "Forest", price: 12, stock: 9 }];
  const authorization = `Bearer ${tokenOf("staff", { tenant, scope: "cart:admin" })}`;
  const put = await fetch(`${world.server.origin}/api/products/${productID}`, {
    method: "PUT",
    headers: { authorization, "content-type": "application/json" },
    body: JSON.stringify({ name: "Mug", price: 12, stock: 9, variants }),
  });
  assert.equal(put.status, 200);
}

test("a token goes with each request", async () => {
  const client = world.client("by-rest", { token: tokenOf("by-rest") });

  assert.equal((await client.addItem(mug)).itemCount, 1);

  assert.equal((await client.get()).version, 1);
  assert.equal((await client.events()).events.length, 1);
});

for (const [kind, WebSocket] of WAYS) {
  test(`a token goes with a ${kind}, and is asked for anew for each`, async () => {
    const user = `by-${kind}`;
    const token = answering(tokenOf(user));
    const proxy = await world.proxy();
    const options = { url: proxy.origin, token, WebSocket };
    const follower = await Follower.of(world.client(user, options));
    assert.equal(follower.told("connection").at(-1).via, kind);
    await follower.client.addItem(mug);
    await follower.sees(1);
    const asked = token.asked;
    proxy.cut();
    await eventually("it is noticed", () => follower.client.connection === "reconnecting");
    await follower.live();

    await world.client(user, { token }).addItem(mug);

    await follower.sees(2);
    assert.deepEqual(follower.versions, [1, 2]);
    assert.equal(token.asked, asked + 2);
  });

  test(`a ${kind} whose token has ended is opened with a fresh one and misses nothing`, async () => {
    const user = `ended-${kind}`;
    const token = answering(tokenOf(user));
    const other = world.client(user, { token });
    await other.addItem(mug);
    const brief = () => tokenOf(user, { ends: 2 });
    let isBrief = true;
    const source = () => (isBrief ? brief() : tokenOf(user));
    const follower = await Follower.of(world.client(user, { token: source, WebSocket }));
    isBrief = false;
    await other.addItem(mug);
    await eventually("its token ends", () => follower.client.connection === "reconnecting");
    await other.addItem(mug);
    await other.addItem(mug);
    await follower.live();
    await other.addItem(mug);

    await follower.sees(5);

    assert.deepEqual(follower.versions, [2, 3, 4, 5]);
    // It came whole once, at the beginning.
    assert.equal(follower.told("cart").length, 1);
    assert.equal(follower.told("connection").at(-1).via, kind);
  });

  test(`whom another user's cart is denied is told so, and no ${kind} is tried for ever`, async () => {
    const user = `of-another-${kind}`;
    const token = answering(tokenOf("somebody-else"));
    const proxy = await world.proxy();
    const client = world.client(user, { url: proxy.origin, token, WebSocket });
    const follower = new Follower(client);
    const denied = () => follower.told("connection").find(({ error }) => error);

    const { connection, error } = await eventually("it is denied", denied);

    assert.deepEqual([connection, client.connection], ["offline", "offline"]);
    assert.deepEqual([error.name, error.status, error.code], ["CartProblem", 403, "forbidden"]);
    assert.equal(proxy.handshakes, WebSocket ? 2 : 0);
    // Whoever follows again, say after having signed in, is let in.
    const again = client.follow();
    assert.equal(client.connection, "connecting");
    again();
  });
}

test("another user's token is refused, and no token is", async () => {
  const fetch = counting();
  const foreign = world.client("mine", { token: tokenOf("theirs"), fetch });
  await assert.rejects(foreign.get(), { name: "CartProblem", status: 403, code: "forbidden" });
  await assert.rejects(foreign.addItem(mug), { name: "CartProblem", code: "forbidden" });
  assert.equal(fetch.changes.length, 1);
  assert.equal(foreign.pending, 0);

  for (const token of [undefined, null, () => null]) {
    const nobody = world.client("mine", { token });
    await assert.rejects(nobody.get(), { status: 401, code: "unauthenticated" });
  }
});

test("for a token that has ended the function is asked once more, under the same key", async () => {
  const fetch = counting();
  const token = answering(tokenOf("again", EXPIRED), tokenOf("again"));
  const client = world.client("again", { token, fetch });

  const cart = await client.addItem(mug, { key: "one" });

  assert.deepEqual([cart.version, token.asked, fetch.changes], [1, 2, ["one", "one"]]);
});

test("a token that stays ended is refused after the second try, a text after the first", async () => {
  const ended = tokenOf("over", EXPIRED);
  for (const [token, tries] of [
    [ended, 1],
    [answering(ended), 2],
  ]) {
    const fetch = counting();
    const client = world.client("over", { token, fetch });
    const says = { name: "CartProblem", status: 401, code: "invalid_token" };
    await assert.rejects(client.addItem(mug), says);
    assert.equal(fetch.changes.length, tries);
  }
});

test("a socket that a token that has ended does not open is opened with a fresh one", async () => {
  const token = answering(tokenOf("late", EXPIRED), tokenOf("late"));

  const follower = await Follower.of(world.client("late", { token }));

  assert.equal(follower.told("connection").at(-1).via, "socket");
  await follower.client.addItem(mug);
  await follower.sees(1);
});

test("a guest is let in, shops, and brings the cart along", async () => {
  const url = world.server.origin;
  const first = await CartClient.guest({ url });
  assert.ok(Date.parse(first.expiresAt) > Date.now());
  const renewed = await CartClient.guest({ url, token: first.token });
  assert.equal(renewed.userID, first.userID);
  const guest = await Follower.of(world.client(first.userID, { token: renewed.token }));
  await guest.client.addItem({ ...mug, quantity: 2 });
  const ann = await Follower.of(world.client("ann", { token: tokenOf("ann") }));

  const without = ann.client.merge(first.userID);
  await assert.rejects(without, { name: "CartProblem", status: 403, code: "forbidden" });
  const merged = await ann.client.merge(first.userID, { fromToken: renewed.token });

  assert.equal(merged.itemCount, 2);
  await ann.sees(merged.version);
  await eventually("the guest's cart is empty", () => guest.client.confirmed.itemCount === 0);
  // Listeners may write down what they are told.
  assert.doesNotMatch(JSON.stringify(ann.told("applied")), /fromToken/);
});

test("a guest's cart is brought along by REST, too, and another shop has guests of its own", async () => {
  const url = world.server.origin;
  await stock("acme");
  const { userID, token } = await CartClient.guest({ url, tenant: "acme" });
  await world.client(userID, { token }).addItem(mug);
  const customer = (user, tenant) => world.client(user, { token: tokenOf(user, { tenant }) });

  const merged = await customer("bob", "acme").merge(userID, { fromToken: token });

  assert.equal(merged.itemCount, 1);
  const elsewhere = customer("bob").merge(userID, { fromToken: token });
  await assert.rejects(elsewhere, { status: 403, code: "forbidden" });
});

test("only a guest's own token is renewed", async () => {
  const url = world.server.origin;
  const asked = CartClient.guest({ url, token: tokenOf("guest-1") });
  await assert.rejects(asked, { name: "CartProblem", status: 401, code: "invalid_token" });
});
