// Pictures of the dashboard for the docs, of a shop whose days were simulated: by day and by night.

import { writeFile } from "node:fs/promises";

import { Server } from "./server.js";
import { Visitor } from "./visitor.js";
import { launch } from "./world.js";

const DOCS = new URL("../../docs/", import.meta.url).pathname;

const server = new Server();
server.simulate("--days", "14", "--users", "3000", "--seed", "7");
const [browser] = await Promise.all([launch(), server.start()]);
const visitor = await Visitor.open({ server, browser }, "/analytics", { width: 1280, height: 1000 });
await visitor.page.select("select[name=days]", "14");
await visitor.eventually("everything is counted", async () => {
  const metrics = await (await fetch(`${server.origin}/metrics`)).text();
  const lags = metrics.match(/^cartstream_tallies_lag\S* \d+$/gm) ?? [];
  return lags.length > 0 && lags.every((line) => line.endsWith(" 0"));
});
await visitor.eventually("products are shown", () =>
  visitor.page.$eval("#left tbody", (rows) => rows.children.length === 10));
for (const [scheme, name] of [["light", "analytics"], ["dark", "analytics-dark"]]) {
  await visitor.page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
  await writeFile(`${DOCS}${name}.png`, await visitor.page.screenshot({ fullPage: true }));
}
await browser.close();
await server.stop();
