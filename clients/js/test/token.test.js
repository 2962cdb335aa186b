// When a token is asked for, and what a denial means, on doubles of WebSocket and fetch; what needs no
// server.

import assert from "node:assert/strict";
import { test } from "node:test";

import { clear } from "../src/commands.js";
import { CartProblem, CartUnanswered } from "../src/problem.js";
import { Rest } from "../src/rest.js";
import { Token } from "../src/token.js";
import { EMPTY, following } from "./doubles.js";
import { answering } from "./tokens.js";
import { eventually } from "./wait.js";

const NOBODY = () => Promise.reject(new TypeError("fetch failed"));
const json = (status, body, headers) => async () => new Response(JSON.stringify(body), { status, headers });
const denied = json(401, { status: 401, code: "invalid_token" });

/** A `fetch` that is answered so, one after the other, and remembers the tokens it was given. */
function answered(...answers) {
  const fetch = (url, { headers }) => {
    fetch.tokens.push(headers?.authorization);
    return answers.length > 1 ? answers.shift()() : answers[0]();
  };
  fetch.tokens = [];
  return fetch;
}

function rest(fetch, source) {
  const { signal } = new AbortController();
  const added = new Token(source).added(fetch);
  return new Rest({ base: "http://shop", user: "u", fetch: added, signal, random: () => 0 });
}

test("a socket lists its token among its protocols, each its own, and without one none", async () => {
  const nobody = following();
  assert.deepEqual((await nobody.socket(1)).more, []);
  nobody.client.close();

  const { client, socket } = following(undefined, { token: answering("a.b.c", "d.e.f") });
  (await socket(1)).opens().says({ type: "cart_state", data: EMPTY }).ends();

  const all = [await socket(1), await socket(2)].map(({ more }) => more);
  assert.deepEqual(all, [[["cartstream.v1", "bearer.a.b.c"]], [["cartstream.v1", "bearer.d.e.f"]]]);
  client.close();
});

test("a client that is closed while its token is asked for opens nothing", async () => {
  let answer = null;
  const asked = new Promise((resolve) => (answer = resolve));
  const { client, WebSocket } = following(undefined, { token: () => asked });
  client.close();
  answer("late");
  await new Promise(setImmediate);

  assert.deepEqual(WebSocket.all, []);
});

test("a token that cannot be had is as a network that is not there, and told", async () => {
  let isDown = true;
  const token = () => (isDown ? Promise.reject(new Error("no session")) : "a.b.c");
  const { client, changes, socket } = following(undefined, { token });
  const told = () => changes.find(({ error }) => error);
  assert.equal((await eventually("it is told", told)).error.message, "no session");
  isDown = false;

  (await socket(1)).opens().says({ type: "cart_state", data: EMPTY });

  assert.equal(client.connection, "live");
  client.close();
});

test("whoever makes the token may deny it for good", async () => {
  const token = () => Promise.reject(new CartProblem(401, { status: 401, code: "invalid_token" }));
  const { client, changes } = following(undefined, { token });

  await eventually("it is offline", () => client.connection === "offline");

  assert.equal(changes.at(-1).error.code, "invalid_token");
  await assert.rejects(client.clear(), { name: "CartProblem", code: "invalid_token" });
});

test("a fresh token is asked for once per try", async () => {
  const fetch = answered(denied, NOBODY, json(200, EMPTY));

  await rest(fetch, answering("a", "b", "c")).read("");

  assert.deepEqual(fetch.tokens, ["Bearer a", "Bearer b", "Bearer c"]);
});

test("after a try that was not answered a denial tells nothing of it", async () => {
  const isUnclear = (error) => error instanceof CartUnanswered && error.cause.code === "invalid_token";
  const pending = json(202, {}, { location: "/api/x", "retry-after": "0" });
  for (const first of [NOBODY, pending]) {
    await assert.rejects(rest(answered(first, denied), "a").change(clear(), "k"), isUnclear);
  }

  const { client, socket } = following(denied, { token: "a" });
  const only = (await socket(1)).opens().says({ type: "cart_state", data: EMPTY });
  const cleared = client.clear();
  assert.equal(only.sent.length, 1);
  only.ends();
  await assert.rejects(cleared, isUnclear);
  client.close();
});

test("a request whose token does not come is given up in time", async () => {
  const controller = new AbortController();
  const fetch = new Token(() => new Promise(() => {})).added(NOBODY);
  const asked = fetch("http://shop", { signal: controller.signal });
  controller.abort();

  await assert.rejects(asked, { name: "AbortError" });
  await assert.rejects(fetch("http://shop", { signal: controller.signal }), { name: "AbortError" });
});
