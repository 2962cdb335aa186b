// A way to the server that can be cut, goes deaf, or lets no WebSocket through. Knows no HTTP but its
// first line and headers.

import { createServer, connect } from "node:net";

const REFUSAL = "HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

/** A TCP proxy in front of `origin`. */
export class Proxy {
  /** Whether nobody gets through. */
  isDown = false;
  /** Whether what the server says is lost on the way. */
  isDeaf = false;
  /** Whether handshakes of WebSockets are refused. */
  refusesSockets = false;
  /** How many handshakes there were. */
  handshakes = 0;
  #target;
  #sockets = new Set();
  #server = createServer((client) => this.#accept(client));

  constructor(origin) {
    const { hostname, port } = new URL(origin);
    this.#target = { host: hostname, port: Number(port) };
  }

  async open() {
    await new Promise((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    this.origin = `http://127.0.0.1:${this.#server.address().port}`;
    return this;
  }

  /** Ends every connection, as a lost network does. */
  cut() {
    this.#sockets.forEach((socket) => socket.destroy());
  }

  close() {
    this.cut();
    this.#server.close();
  }

  #accept(client) {
    this.#keep(client);
    if (this.isDown) return client.destroy();
    return client.once("data", (first) => {
      const isHandshake = /^upgrade: *websocket/im.test(first.toString("latin1"));
      if (isHandshake) this.handshakes += 1;
      if (isHandshake && this.refusesSockets) client.end(REFUSAL);
      else this.#join(client, first);
    });
  }

  #join(client, first) {
    const server = this.#keep(connect(this.#target));
    server.write(first);
    client.on("data", (chunk) => server.write(chunk));
    server.on("data", (chunk) => this.isDeaf || client.write(chunk));
    client.on("close", () => server.destroy());
    server.on("close", () => client.destroy());
  }

  #keep(socket) {
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
    // A cut is what these tests are about.
    socket.on("error", () => {});
    return socket;
  }
}
