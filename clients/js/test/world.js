// What the tests share: the real server, clients of it, and who listens to them. Knows no test.

import { after } from "node:test";

import { Server } from "../../../tests/browser/server.js";
import { CartClient } from "../src/index.js";
import { Proxy } from "./proxy.js";
import { eventually } from "./wait.js";

/** A server of its own for the tests of one file, with further options of its command line. */
export async function open(...options) {
  const server = new Server(...options);
  const closed = [];
  await server.start();
  after(async () => {
    closed.forEach((one) => one.close());
    await server.stop();
  });
  const keep = (one) => (closed.push(one), one);
  return {
    server,
    /** A client of the server, or of what stands before it. */
    client: (user, options = {}) => keep(new CartClient({ user, url: server.origin, ...options })),
    proxy: async () => keep(await new Proxy(server.origin).open()),
  };
}

/** Follows a cart and remembers all it was told. */
export class Follower {
  changes = [];

  constructor(client) {
    this.client = client;
    this.stop = client.follow((change) => this.changes.push(change));
  }

  /** Follows a cart; answers once it is live. */
  static async of(client) {
    const follower = new Follower(client);
    await follower.live();
    return follower;
  }

  live() {
    return eventually("the client is live", () => this.client.connection === "live");
  }

  /** Waits until this version is confirmed and nothing is on its way. */
  sees(version) {
    const { client } = this;
    const isSeen = () => client.confirmed?.version === version && client.pending === 0;
    return eventually(`version ${version} is seen`, isSeen);
  }

  /** What was told of this kind. */
  told(type) {
    return this.changes.filter((change) => change.type === type);
  }

  /** The versions of the events told, in the order they were told. */
  get versions() {
    return this.told("event").map(({ event }) => event.version);
  }
}

/** A cart without what only today's catalog says of it. */
export function kept({ warnings, ...cart }) {
  const items = cart.items.map(({ currentPrice, available, ...item }) => item);
  return { ...cart, items };
}
