// When which connection is opened, on doubles of WebSocket and fetch; what needs no server.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Listeners } from "../src/listeners.js";
import { Lines } from "../src/sse.js";
import { EMPTY, event, following, stream } from "./doubles.js";
import { eventually } from "./wait.js";

test("a socket goes on where the last one ended", async () => {
  const { client, socket } = following();
  const first = await socket(1);
  assert.equal(first.url, "wss://shop.example/ws/cart/u");
  first.opens();
  assert.equal(client.connection, "connecting");
  first.says({ type: "cart_state", data: EMPTY });
  assert.equal(client.connection, "live");
  first.says({ type: "cart_event", data: event(8) });
  first.says({ type: "cart_event", data: { ...event(9), of: 2 } });
  first.ends();
  assert.equal(client.connection, "reconnecting");

  const second = await socket(2);

  // Of version 9 an event is still missing.
  assert.equal(second.url, "wss://shop.example/ws/cart/u?since=8");
  second.opens();
  assert.equal(client.connection, "live");
  client.close();
  assert.ok(second.isClosed);
});

test("after a gap, or an event of a newer service, the whole cart is asked for", async () => {
  for (const strange of [event(9), event(8, "cart_painted"), { ...event(8), cartID: "other" }]) {
    const { client, changes, socket } = following();
    (await socket(1)).opens().says({ type: "cart_state", data: EMPTY });
    (await socket(1)).says({ type: "cart_event", data: strange });
    assert.ok((await socket(1)).isClosed);

    const second = await socket(2);

    assert.equal(second.url, "wss://shop.example/ws/cart/u");
    second.opens().says({ type: "cart_state", recovered: false, data: { ...EMPTY, version: 9 } });
    assert.deepEqual([client.cart.version, client.connection], [9, "live"]);
    assert.equal(changes.filter(({ type }) => type === "event").length, 0);
    client.close();
  }
});

test("a frame of a newer service is passed over, and one of nobody's ends the socket", async () => {
  const { client, socket } = following();
  const first = (await socket(1)).opens().says({ type: "cart_state", data: EMPTY });
  first.says({ type: "cart_weather", data: {} });
  assert.equal(client.connection, "live");
  first.dispatchEvent(new MessageEvent("message", { data: "<html>" }));
  assert.equal(client.connection, "reconnecting");
  client.close();
});

test("commands of a lost socket go by REST in their order, each under its id", async () => {
  const asked = [];
  const body = JSON.stringify({ ...EMPTY, version: 8 });
  const fetch = async (url, { headers }) => {
    asked.push(headers["idempotency-key"]);
    return new Response(body);
  };
  const { client, socket } = following(fetch);
  const first = (await socket(1)).opens().says({ type: "cart_state", data: EMPTY });
  const keys = ["a", "b", "c"];
  const given = keys.map((key) => client.addItem({ productID: "p" }, { key }));
  assert.deepEqual(first.sent.map(({ id }) => id), ["a"]);
  first.says({ type: "reply", id: "a", status: 200, data: { ...EMPTY, version: 8 } });
  assert.deepEqual(first.sent.map(({ id }) => id), ["a", "b"]);
  first.ends();

  await Promise.all(given);

  assert.deepEqual(asked, ["b", "c"]);
  client.close();
});

test("no command overtakes one that is asked for again", async () => {
  const order = [];
  const fetch = async (url, { headers }) => {
    order.push(headers["idempotency-key"]);
    return new Response(JSON.stringify({ ...EMPTY, version: 7 }));
  };
  const { client, socket } = following(fetch);
  const first = (await socket(1)).opens().says({ type: "cart_state", data: EMPTY });
  const [busy, next] = ["busy", "next"].map((key) => client.clear({ key }));
  first.says({ type: "reply", id: "busy", status: 503, data: { code: "unavailable" } });
  await busy;
  assert.deepEqual(order, ["busy"]);
  assert.deepEqual(first.sent.map(({ id }) => id), ["busy", "next"]);
  first.says({ type: "reply", id: null, status: 400, data: { code: "malformed" } });

  await assert.rejects(next, { code: "malformed" });
  client.close();
});

test("a reply of 503 is asked for again, and a message that is too long is not sent", async () => {
  const asked = [];
  const fetch = async (url, { headers }) => {
    asked.push(headers["idempotency-key"]);
    return new Response(JSON.stringify({ ...EMPTY, version: 7 }));
  };
  const { client, socket } = following(fetch);
  const first = (await socket(1)).opens().says({ type: "cart_state", data: EMPTY });
  const busy = client.clear({ key: "busy" });
  first.says({ type: "reply", id: "busy", status: 503, data: { code: "unavailable" } });
  await busy;

  await client.addItem({ productID: "x".repeat(4_096) }, { key: "long" });

  assert.deepEqual(asked, ["busy", "long"]);
  assert.deepEqual(first.sent.map(({ id }) => id), ["busy"]);
  client.close();
});

test("two sockets in a row that do not open make way for a stream, which tells only events", async () => {
  const asked = [];
  let live = null;
  const fetch = async (url, { headers }) => {
    if (url.endsWith("/route")) return new Response("{}", { status: 404 });
    asked.push(url.replace("https://shop.example", ""));
    if (headers?.accept !== "text/event-stream") return new Response(JSON.stringify(EMPTY));
    live = stream();
    return live.answer;
  };
  const { client, changes, socket } = following(fetch);
  (await socket(1)).ends();
  (await socket(2)).ends();
  await eventually("the stream is live", () => client.connection === "live");
  assert.deepEqual(asked, ["/api/cart/u", "/api/cart/u/events?after=7"]);

  live.says(event(8));
  await eventually("the event is folded", () => client.cart.version === 8);
  live.ends();
  await eventually("it comes back", () => asked.length === 3);

  assert.equal(asked[2], "/api/cart/u/events?after=8");
  assert.deepEqual(changes.filter(({ via }) => via === "stream").at(-1).connection, "live");
  client.close();
});

test("what a listener throws is reported and stops nothing", (t) => {
  const reports = [];
  t.mock.method(globalThis, "queueMicrotask", (report) => reports.push(report));
  const listeners = new Listeners();
  const heard = [];
  const leave = listeners.add(() => {
    throw new Error("a listener's own");
  });
  listeners.add((change) => heard.push(change));

  listeners.tell("one");
  assert.deepEqual([leave(), leave()], [true, false]);
  listeners.tell("two");

  assert.deepEqual([heard, reports.length], [["one", "two"], 1]);
  assert.throws(reports[0], /a listener's own/);
});

test("events are read out of a stream whatever its pieces", () => {
  const first = 'id: 1\r\nevent: a\r\ndata: {"a":1}\r\n\r\n: a comment\n\n';
  const text = `${first}data:x\ndata: y\n\ndata\n\nid: 2\n\n`;
  for (const size of [1, 2, 3, 7, text.length]) {
    const lines = new Lines();
    const pieces = text.match(new RegExp(`.{1,${size}}`, "gs"));
    const data = pieces.flatMap((piece) => lines.feed(piece));
    assert.deepEqual(data, ['{"a":1}', "x\ny", ""], `in pieces of ${size}`);
  }
  assert.throws(() => new Lines().feed("x".repeat(5 * 1_024 * 1_024)), RangeError);
});
