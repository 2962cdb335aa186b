// The real binary with goods in it. Knows no browser.

import { execFileSync, spawn } from "node:child_process";
import { createInterface } from "node:readline";

const BINARY = new URL("../../target/debug/cartstream", import.meta.url).pathname;
/** How long a server may take until it is ready; a fresh one waits for its partitions. */
const READY_WITHIN = 60_000;

/** What a server runs on, made once: later servers find the carts of earlier ones. */
function engine() {
  const namespace = `browser${Date.now().toString(36)}`;
  const plan = ["--partitions", "4", "--replication", "1", "--min-insync", "1"];
  execFileSync(BINARY, ["migrate", "--namespace", namespace, ...plan], { stdio: "ignore" });
  return ["--engine", "kafka", "--namespace", namespace];
}

/** A server that can be stopped and started again at the same address. */
export class Server {
  #engine = engine();
  #process = null;
  #address = "127.0.0.1:0";

  get origin() {
    return `http://${this.#address}`;
  }

  /** Starts it and waits until it is ready. */
  async start() {
    const args = [...this.#engine, "--http", this.#address];
    const server = spawn(BINARY, args, { stdio: ["ignore", "pipe", "inherit"] });
    // A run that breaks off leaves no server behind.
    process.once("exit", () => server.kill("SIGKILL"));
    this.#process = server;
    this.#address = await announced(server);
    await ready(this.origin);
  }

  /** Has it drain and end. */
  async stop() {
    const ended = new Promise((resolve) => this.#process.once("exit", resolve));
    this.#process.kill("SIGTERM");
    await ended;
  }
}

/** The address in the first line of the banner. */
async function announced(server) {
  for await (const line of createInterface({ input: server.stdout })) {
    const address = line.match(/is up: http:\/\/(\S+)/)?.[1];
    if (address) return address;
  }
  throw new Error("the server ended before it was up");
}

async function ready(origin) {
  const until = Date.now() + READY_WITHIN;
  while (Date.now() < until) {
    const answer = await fetch(`${origin}/readyz`);
    if (answer.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("the server did not get ready");
}
