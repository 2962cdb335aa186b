// The server goes away and comes back. Comes last: it is everyone's server.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Visitor } from "../visitor.js";

export function tests(world) {
  test("a server that restarts is waited for, and what was pressed meanwhile happens once", async () => {
    const visitor = await Visitor.visit(world, "/?user=patient");
    visitor.expected
      .add("ERR_CONNECTION_REFUSED")
      .add("503 (Service Unavailable)")
      .add("WebSocket connection");
    await visitor.add("prod_456");
    await visitor.see(1);

    await world.server.stop();
    await visitor.eventually("both devices say so", async () =>
      (await visitor.devices()).every(({ state }) => state === "reconnecting"),
    );
    await visitor.add("prod_456");
    await world.server.start();

    const [phone, laptop] = await visitor.see(2);
    assert.deepEqual(phone, laptop);
    assert.deepEqual(
      phone.lines.map(({ quantity }) => quantity),
      [2],
    );
    await visitor.leave();
  });
}
