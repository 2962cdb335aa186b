// The real binary on a data folder of its own, with goods in it. Knows no browser.

import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const BINARY = new URL("../../target/debug/cartstream", import.meta.url).pathname;
/** How long a server may take until it is ready: far more than it takes on a busy machine. */
const READY_WITHIN = 60_000;

/** A server that can be killed and started again at the same address, on the same folder. */
export class Server {
  #folder = mkdtempSync(join(tmpdir(), "cartstream-browser-"));
  #process = null;
  #address = "127.0.0.1:0";
  #options;

  /** `options` are further ones of its command line. */
  constructor(...options) {
    this.#options = options;
    // A run that breaks off leaves neither a server nor its folder behind.
    process.once("exit", () => {
      this.#process?.kill("SIGKILL");
      rmSync(this.#folder, { recursive: true, force: true });
    });
  }

  get #data() {
    return join(this.#folder, "data");
  }

  /** Fills its folder, before it is ever started, with days of trade. */
  simulate(...options) {
    const args = ["simulate-shop", "--data", this.#data, ...options];
    const { status } = spawnSync(BINARY, args, { stdio: ["ignore", "ignore", "inherit"] });
    if (status !== 0) throw new Error(`no days were simulated: ${status}`);
  }

  get origin() {
    return `http://${this.#address}`;
  }

  /** Starts it and waits until it is ready. */
  async start() {
    const args = ["--engine", "embedded", "--data", this.#data, "--http", this.#address];
    this.#process = spawn(BINARY, [...args, ...this.#options], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.#address = await announced(this.#process);
    await ready(this.origin);
  }

  /** Has it drain and end. */
  stop() {
    return this.#end("SIGTERM");
  }

  /** Ends it as a loss of power does: it finishes nothing. */
  kill() {
    return this.#end("SIGKILL");
  }

  async #end(signal) {
    const ended = new Promise((resolve) => this.#process.once("exit", resolve));
    this.#process.kill(signal);
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
