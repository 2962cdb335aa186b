// How long after a change was answered its figure is seen on the dashboard, while others change their carts:
// from the answer to the frame that shows it. Prints the quantiles; CARTSTREAM_LAG_OF says of how many.

import { spawn } from "node:child_process";

import { Server } from "./server.js";
import { Visitor } from "./visitor.js";
import { launch } from "./world.js";

const PROBES = Number(process.env.CARTSTREAM_LAG_OF ?? 200);
/** Changes a second of others, in a currency of their own. */
const RATE = process.env.CARTSTREAM_LAG_RATE ?? "100";
const BINARY = new URL("../../target/debug/cartstream", import.meta.url).pathname;
/** Between 0 and this a probe waits, so that none keeps step with the page. */
const APART = 1_500;

async function ask(server, method, path, body) {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(server.origin + path, { method, headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status}`);
}

/** Resolves, in the page, with when so many begun carts are shown. */
function shownAt(count) {
  const shown = () => {
    const figure = document.querySelector('#tiles [data-figure="Carts begun"] dd');
    return Number((figure?.firstChild?.textContent ?? "0").replace(/\D/g, "")) >= count;
  };
  return new Promise((resolve) => {
    const look = () => shown() ? resolve(Date.now()) : requestAnimationFrame(look);
    look();
  });
}

const server = new Server();
const [browser] = await Promise.all([launch(), server.start()]);
const product = { name: "Kimono", price: 9000, currency: "JPY", stock: 1_000_000 };
await ask(server, "PUT", "/api/products/kimono", product);
const seconds = String(Math.ceil((PROBES * (APART / 2 + 1_000)) / 1_000) + 10);
const load = spawn(BINARY, ["bench", "--shop", server.origin, "--rate", RATE, "--seconds", seconds, "--sockets", "0"],
  { stdio: "ignore" });
const begin = (number) =>
  ask(server, "POST", `/api/cart/lag-${number}/items`, { productID: "kimono", quantity: 1 });
const visitor = await Visitor.open({ server, browser }, "/analytics");
await begin(0);
await visitor.eventually("yen are offered", () => visitor.page.$("select[name=currency] option[value=JPY]"));
await visitor.page.select("select[name=currency]", "JPY");
const lags = [];
for (let number = 1; number <= PROBES; number += 1) {
  await new Promise((resolve) => setTimeout(resolve, Math.random() * APART));
  const seen = visitor.page.evaluate(shownAt, number + 1);
  await begin(number);
  const answered = Date.now();
  lags.push(Math.max(0, (await seen) - answered));
}
load.kill();
lags.sort((one, other) => one - other);
const quantile = (share) => lags[Math.min(lags.length - 1, Math.ceil(share * lags.length) - 1)];
console.log(`from a change's answer to the figure on the page, of ${PROBES}, at ${RATE} changes a second of others: ` +
  `p50 ${quantile(0.5)} ms, p90 ${quantile(0.9)} ms, p99 ${quantile(0.99)} ms, at most ${lags.at(-1)} ms`);
await browser.close();
await server.stop();
