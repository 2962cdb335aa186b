// Where a cart's connections are: asked where one did not open, kept while they open, on doubles of
// WebSocket and fetch and on real servers that have divided the carts.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Route } from "../src/route.js";
import { EMPTY, event, following, stream } from "./doubles.js";
import { eventually } from "./wait.js";
import { Follower, open } from "./world.js";

const there = await open();
const here = await open("--share", "1/2", "--live-url", there.server.origin.replace("http", "ws"));

const LIVE = "wss://live-2.shop.example/eu/ws/cart/u";
const PROBLEM = { status: 421, code: "misdirected", title: "Elsewhere" };
const json = (status, body) => new Response(JSON.stringify(body), { status });
const route = (url) => () => json(200, { partition: 1, partitions: 4, share: 2, shares: 2, url });

/** A `fetch` that answers each kind of question so, and counts those after the route. */
function answering({ routes = [], streams = () => json(421, PROBLEM) }) {
  const fetch = async (url, { headers } = {}) => {
    if (headers?.accept === "text/event-stream") return streams(url);
    if (!url.endsWith("/route")) return json(200, EMPTY);
    fetch.asked.push(url);
    const answer = routes.length > 1 ? routes.shift() : routes[0];
    return answer();
  };
  fetch.asked = [];
  return fetch;
}

test("a socket that does not open is opened where the service says, and so are those after it", async () => {
  const fetch = answering({ routes: [route(LIVE)] });
  const { client, socket } = following(fetch);
  (await socket(1)).ends();
  const second = await socket(2);
  assert.equal(second.url, LIVE);
  second.opens().says({ type: "cart_state", data: EMPTY }).ends();

  const third = await socket(3);

  assert.equal(third.url, `${LIVE}?since=7`);
  assert.deepEqual(fetch.asked, ["https://shop.example/api/cart/u/route"]);
  client.close();
});

test("a way that leads nowhere any more is given up for what the service says now", async () => {
  const other = LIVE.replace("live-2", "live-3");
  const fetch = answering({ routes: [route(LIVE), route(other), route(undefined)] });
  const { client, socket, WebSocket } = following(fetch);
  for (const count of [1, 2, 3]) (await socket(count)).ends();
  await socket(4);

  const urls = WebSocket.all.map(({ url }) => url);

  assert.deepEqual(urls, ["wss://shop.example/ws/cart/u", LIVE, other, urls[0]]);
  assert.equal(fetch.asked.length, 3);
  client.close();
});

test("a stream goes the same way, and tells why it was refused", async () => {
  const streams = [];
  const live = stream();
  const fetch = answering({
    routes: [route(undefined), route(undefined), route(LIVE)],
    streams: (url) => (streams.push(url), streams.length > 1 ? live.answer : json(421, PROBLEM)),
  });
  const { client, changes, socket, WebSocket } = following(fetch);
  for (const count of [1, 2]) (await socket(count)).ends();
  const refused = () => changes.find(({ error }) => error);
  const { error, via } = await eventually("the stream is refused", refused);
  assert.deepEqual(
    [error.name, error.status, error.code, via],
    ["CartProblem", 421, "misdirected", "stream"],
  );
  // It leads elsewhere, so that sockets are tried there first.
  for (const count of [3, 4]) (await socket(count)).ends();
  await eventually("the stream is live", () => client.connection === "live");

  assert.deepEqual(streams, [
    "https://shop.example/api/cart/u/events?after=7",
    "https://live-2.shop.example/eu/api/cart/u/events?after=7",
  ]);
  assert.equal(WebSocket.all[3].url, `${LIVE}?since=7`);
  client.close();
});

test("sockets are given up for a stream only where HTTP gets through", async () => {
  const nobody = () => Promise.reject(new TypeError("fetch failed"));
  const fetch = answering({ routes: [nobody, () => json(503, {}), nobody, () => json(404, {})] });
  const { client, changes, socket } = following(fetch);
  for (const count of [1, 2, 3, 4, 5]) (await socket(count)).ends();
  await eventually("a stream is tried", () => changes.some(({ via }) => via === "stream"));
  assert.equal(fetch.asked.length, 5);
  client.close();
});

test("a socket is tried beside a stream, which goes on until one opens", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const passes = async (ms) => {
    t.mock.timers.tick(ms);
    // Whatever waits for nothing but other promises is done then.
    for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
  };
  const live = stream();
  const twoMinutes = async () => {
    for (let quarter = 0; quarter < 4; quarter += 1) {
      live.beats();
      await passes(30_000);
    }
  };
  const fetch = answering({ routes: [route(undefined)], streams: () => live.answer });
  const { client, changes, WebSocket } = following(fetch);
  for (const socket of [0, 1]) {
    WebSocket.all[socket].ends();
    await passes(250);
  }
  assert.deepEqual([client.connection, WebSocket.all.length], ["live", 2]);
  const told = changes.length;

  await passes(10_000);
  await twoMinutes();
  assert.equal(WebSocket.all.length, 3);
  WebSocket.all[2].ends();
  live.says(event(8));
  await passes(0);
  assert.deepEqual(
    [client.cart.version, changes.slice(told).map(({ type }) => type)],
    [8, ["event"]],
  );

  await twoMinutes();
  const socket = WebSocket.all[3];
  live.says(event(9));
  await passes(0);
  socket.opens().says({ type: "cart_event", data: event(9) });
  socket.says({ type: "cart_event", data: event(10) });

  assert.equal(socket.url, "wss://shop.example/ws/cart/u?since=8");
  const after = changes
    .slice(told)
    .map(({ type, event, via }) => event?.version ?? `${type} ${via}`);
  assert.deepEqual(after, [8, 9, "connection socket", 10]);
  client.close();
  assert.ok(socket.isClosed);
});

test("who leaves while the way is asked for connects no more", async () => {
  let answer = null;
  const fetch = answering({ routes: [() => new Promise((resolve) => (answer = resolve))] });
  const { client, socket, WebSocket } = following(fetch);
  (await socket(1)).ends();
  await eventually("the way is asked for", () => answer);
  client.close();

  answer(json(200, { url: LIVE }));
  await new Promise(setImmediate);

  assert.deepEqual([WebSocket.all.length, client.connection], [1, "offline"]);
});

test("an address of anything but a cart's socket is none", async () => {
  for (const url of [7, null, "https://a/ws/cart/u", "wss://a/ws/u", "javascript:/ws/cart/u"]) {
    const asked = new Route({
      fetch: async () => json(200, { url }),
      base: "http://shop",
      user: "u",
    });
    assert.equal(await asked.ask(), "same");
    assert.equal(asked.socketURL, "ws://shop/ws/cart/u");
  }
});

// Of four partitions, ann's is the third; ben's and dan's are the second, which is the other share's.
for (const [kind, WebSocket, user] of [
  ["socket", globalThis.WebSocket, "ben"],
  ["stream", null, "dan"],
]) {
  test(`by ${kind} a cart is followed where its share is`, async () => {
    const [ours, theirs] = await Promise.all(
      ["ann", user].map((name) => Follower.of(here.client(name, { WebSocket }))),
    );
    const refusals = (follower) => follower.told("connection").filter((told) => told.error);
    assert.deepEqual(refusals(ours), []);
    const codes = refusals(theirs).map(({ error }) => error.code);
    assert.deepEqual(codes, kind === "stream" ? ["misdirected"] : []);

    const added = there.client(user).addItem({ productID: "prod_13", variant: "cream" });
    const { version } = await added;

    await theirs.sees(version);
    assert.deepEqual(theirs.versions, [version]);
  });
}
