// The page where callers are asked who they are: whoever comes is let in as a guest.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Server } from "../server.js";
import { Visitor } from "../visitor.js";

const SECRETS = ["--jwt-secret", "--guest-secret"].flatMap((name) => [name, name.slice(2).repeat(4)]);

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
}
