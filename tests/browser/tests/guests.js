// The page where callers are asked who they are: whoever comes is let in as a guest.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";

import { Server } from "../server.js";
import { Visitor } from "../visitor.js";

const SECRETS = ["--jwt-secret", "--guest-secret"].flatMap((name) => [name, name.slice(2).repeat(4)]);

/** The token of a shop's staff. */
function staffOf(tenant) {
  const text = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const claims = { sub: "ops", tenant, scope: "cart:admin", exp: Math.floor(Date.now() / 1_000) + 600 };
  const signed = `${text({ alg: "HS256" })}.${text(claims)}`;
  return `${signed}.${createHmac("sha256", SECRETS[1]).update(signed).digest("base64url")}`;
}

export function tests(world) {
  test("where callers are asked who they are, whoever comes is a guest and stays the same", async () => {
    const server = new Server(...SECRETS);
    await server.start();
    const visitor = await Visitor.visit({ ...world, server }, "/");
    const user = () => visitor.page.$eval("#user", ({ value }) => value);

    await visitor.add("prod_13", "cream");
    await visitor.see(1);
    const guest = await user();
    assert.match(guest, /^guest_[0-9a-f]{32}$/);
    await visitor.page.reload();
    await visitor.see(1);

    assert.equal(await user(), guest);
    // Chromium reports what the page asked to find out.
    visitor.complaints = visitor.complaints.filter((complaint) => !complaint.includes("401"));
    await visitor.leave();
    await server.stop();
  });

  test("a guest of a shop that the page names shops out of its catalog alone", async () => {
    const server = new Server(...SECRETS);
    await server.start();
    const headers = { "content-type": "application/json", authorization: `Bearer ${staffOf("acme")}` };
    const body = JSON.stringify({ name: "Anvil", price: 99, stock: 9 });
    const put = await fetch(`${server.origin}/api/products/anvil`, { method: "PUT", headers, body });
    assert.equal(put.status, 200);

    const visitor = await Visitor.visit({ ...world, server }, "/?tenant=acme");
    const sold = () =>
      visitor.page.$$eval("[data-product]", (cards) => cards.map(({ dataset }) => dataset.product));
    assert.deepEqual(await sold(), ["anvil"]);
    await visitor.add("anvil");
    const [{ total }] = await visitor.see(1);
    assert.match(total, /99/);

    visitor.complaints = visitor.complaints.filter((complaint) => !complaint.includes("401"));
    await visitor.leave();
    await server.stop();
  });
}
