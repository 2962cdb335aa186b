// The server dies and comes back. Comes last: it is everyone's server.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Visitor } from "../visitor.js";

/** What Chromium reports when nobody answers, or somebody who is not ready yet does. */
const ABSENCES = [
  "ERR_CONNECTION_REFUSED",
  "ERR_CONNECTION_RESET",
  "ERR_EMPTY_RESPONSE",
  "ERR_SOCKET_NOT_CONNECTED",
  "503 (Service Unavailable)",
  "WebSocket connection",
];

export function tests(world) {
  test("a server that is killed is waited for, and whatever was pressed happens once", async () => {
    const visitor = await Visitor.visit(world, "/?user=patient");
    ABSENCES.forEach((absence) => visitor.expected.add(absence));
    await visitor.page.evaluate(() => {
      window.isWhatWasVisited = true;
    });
    await visitor.add("prod_456");
    await visitor.see(1);

    // This one is on its way when the server dies: it may have been heard or not.
    await visitor.add("prod_19", "forest");
    await world.server.kill();
    await visitor.eventually("both devices say so", async () =>
      (await visitor.devices()).every(({ state }) => state === "reconnecting"),
    );
    const remarks = await visitor.page.$$eval(".device .kept", (all) =>
      all.map(({ textContent }) => textContent),
    );
    assert.deepEqual(remarks, Array(2).fill("No connection: the cart as last seen"));
    await visitor.add("prod_13", "cream");
    await world.server.start();

    const [phone, laptop] = await visitor.see(3);
    assert.deepEqual(phone, laptop);
    const lines = phone.lines.map(({ name, quantity }) => `${quantity} ${name}`);
    assert.deepEqual(lines.sort(), ["1 Dotted Notebook", "1 Enamel Mug", "1 T-Shirt"]);
    assert.ok(await visitor.page.evaluate(() => window.isWhatWasVisited), "nothing was reloaded");
    await visitor.leave();
  });
}
