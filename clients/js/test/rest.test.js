// Requests are repeated where nobody answered, under one key, and never after a definite answer.

import assert from "node:assert/strict";
import { test } from "node:test";

import { addItem, checkout, clear } from "../src/commands.js";
import { TRIES_MAX } from "../src/http.js";
import { QUESTIONS_MAX, Rest } from "../src/rest.js";

const NOBODY = null;
const HTML = new Response("<h1>Bad Gateway</h1>", { status: 502 });
const cart = { version: 4, items: [] };
const json = (status, body, headers = {}) => new Response(JSON.stringify(body), { status, headers });
const problem = (status, code, headers) => json(status, { status, code, title: code }, headers);
const pending = (location, headers = {}) =>
  json(202, { status: "pending" }, { location, "retry-after": "0", ...headers });
const busy = (after) => problem(503, "unavailable", { "retry-after": after });

/** Requests that are answered so, one after the other; the last answer stays. */
function answered(...answers) {
  const asked = [];
  const fetch = async (url, { method, headers, body }) => {
    asked.push({ url: url.replace("http://shop", ""), method, key: headers?.["idempotency-key"], body });
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    if (answer === NOBODY) throw new TypeError("fetch failed");
    return answer.clone();
  };
  const controller = new AbortController();
  // No pause is longer than a first one: what is tested is what is asked, not when.
  const options = { base: "http://shop", user: "u:1", fetch, random: () => 0 };
  const rest = new Rest({ ...options, signal: controller.signal });
  return { rest, asked, controller, change: (command = clear()) => rest.change(command, "key-1") };
}

test("a change is repeated under its key until somebody answers", async () => {
  const { change, asked } = answered(NOBODY, HTML, busy("0"), json(200, cart));

  const command = addItem({ productID: "p", variant: "v", quantity: 2 });
  assert.deepEqual(await change(command), { body: cart, version: 4 });

  const body = '{"productID":"p","quantity":2,"variant":"v"}';
  const one = { url: "/api/cart/u%3A1/items", method: "POST", key: "key-1", body };
  assert.deepEqual(asked, [one, one, one, one]);
});

test("a refusal is definite, and tells everything", async () => {
  for (const status of [400, 404, 409, 412, 422, 423, 500]) {
    const { change, asked } = answered(problem(status, "some_code", { "retry-after": "9" }));
    const says = { name: "CartProblem", status, code: "some_code", message: "some_code" };
    await assert.rejects(change(), says);
    assert.equal(asked.length, 1, `${status}`);
  }
});

test("whoever else refuses is told apart by the code", async () => {
  const { change } = answered(new Response("<h1>Forbidden</h1>", { status: 403 }));

  await assert.rejects(change(), { name: "CartProblem", status: 403, code: "http_403", detail: "" });
});

test("a service that is unavailable throughout has done nothing, and says so", async () => {
  const { change, asked } = answered(busy("0"));

  await assert.rejects(change(), { name: "CartProblem", code: "unavailable" });
  assert.equal(asked.length, TRIES_MAX);
});

test("whoever asks too much throughout has done nothing, and is told so", async () => {
  const { change, asked } = answered(problem(429, "rate_limited", { "retry-after": "0" }));

  await assert.rejects(change(), { name: "CartProblem", code: "rate_limited" });
  assert.equal(asked.length, TRIES_MAX);
});

test("where one try was not answered nobody knows, and the tries end", async () => {
  const { change, asked } = answered(NOBODY, busy("0"));

  const unknown = { name: "CartUnanswered", cause: { code: "unavailable" } };
  await assert.rejects(change(), ({ name, cause }) => {
    assert.deepEqual({ name, cause: { code: cause.code } }, unknown);
    return true;
  });
  assert.equal(asked.length, TRIES_MAX);
});

test("a pending outcome is asked for at its Location, then the answer is asked for again", async () => {
  const applied = json(200, { status: "applied", version: 4 });
  const replay = json(200, { ...cart, version: 6 }, { "cart-applied-version": "4" });
  const location = "/api/cart/u:1/commands/c7?sent=17";
  const again = json(202, { status: "pending" }, { "retry-after": "0" });
  const { change, asked } = answered(pending(location), again, NOBODY, applied, replay);

  assert.deepEqual(await change(), { body: { ...cart, version: 6 }, version: 4 });

  const urls = asked.map(({ method, url }) => `${method ?? "GET"} ${url}`);
  const [clears, asks] = ["POST /api/cart/u%3A1/clear", `GET ${location}`];
  assert.deepEqual(urls, [clears, asks, asks, asks, clears]);
  assert.deepEqual([asked[0].key, asked[4].key], ["key-1", "key-1"]);
});

test("a pending outcome may be a refusal, or forgotten", async () => {
  const refused = { status: 409, code: "product_unavailable", title: "No" };
  const rejected = answered(pending("/api/x"), json(200, { status: "rejected", problem: refused }));
  await assert.rejects(rejected.change(), { name: "CartProblem", status: 409, body: refused });

  const forgotten = answered(pending("/api/x"), problem(404, "command_not_found"));
  await assert.rejects(forgotten.change(), { name: "CartUnanswered" });
});

test("a pending outcome is asked for only so often", async () => {
  const { change, asked } = answered(pending("/api/x"));

  await assert.rejects(change(), { name: "CartUnanswered" });

  assert.equal(asked.length, 1 + QUESTIONS_MAX);
});

test("a checkout that is reserving is asked for by its id", async () => {
  const is = (status, state) =>
    json(status, { checkoutID: "c1", state, version: 5 }, { "retry-after": "0" });
  const { change, asked } = answered(is(202, "reserving"), is(200, "ready"));

  const { body } = await change(checkout());

  assert.equal(body.state, "ready");
  assert.deepEqual(asked.slice(0, 2).map(({ url }) => url), [
    "/api/cart/u%3A1/checkout",
    "/api/cart/u%3A1/checkout/c1",
  ]);
});

test("the service may lie behind a longer path", async () => {
  const asked = [];
  const answers = [pending("/api/cart/u/commands/c?sent=1"), json(200, {}), json(200, cart)];
  const fetch = async (url) => (asked.push(url), answers.shift());
  const { signal } = new AbortController();
  const base = "https://shop.example/carts";

  await new Rest({ base, user: "u", fetch, signal, random: () => 0 }).change(clear(), "k");

  assert.equal(asked[1], "https://shop.example/carts/api/cart/u/commands/c?sent=1");
});

test("a client that is closed asks nothing more", async () => {
  const { change, asked, controller } = answered(NOBODY);
  const changed = change();
  controller.abort();

  await assert.rejects(changed, { name: "CartClosed" });
  await assert.rejects(change(), { name: "CartClosed" });

  assert.equal(asked.length, 1);
});
