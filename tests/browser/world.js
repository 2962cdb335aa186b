// What the tests share: one server, one browser. Knows no test.

import puppeteer from "puppeteer-core";

import { Server } from "./server.js";

/** Chromium, as the system installed it; as root it has no sandbox to offer. */
export function launch() {
  const isRoot = process.getuid?.() === 0;
  const args = ["--hide-scrollbars", "--lang=en-US", ...(isRoot ? ["--no-sandbox"] : [])];
  return puppeteer.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args });
}

/** Starts the server and the browser. */
export async function open() {
  const server = new Server();
  const [browser] = await Promise.all([launch(), server.start()]);
  const close = async () => {
    await browser.close();
    await server.stop();
  };
  return { server, browser, close };
}
