// The dashboard: what it shows is what the API says, and it follows what happens.

import assert from "node:assert/strict";
import { test } from "node:test";

import { faults } from "../faults.js";
import { Visitor } from "../visitor.js";

async function ask(world, method, path, body) {
  const answer = await fetch(world.server.origin + path, {
    method,
    headers: { "content-type": "application/json" },
    body: body && JSON.stringify(body),
  });
  assert.ok(answer.ok, `${method} ${path}: ${answer.status}`);
  return answer.json();
}

/** Fills a cart with two of a product, and pays for it. */
async function buys(world, user) {
  await ask(world, "POST", `/api/cart/${user}/items`, { productID: "prod_1", quantity: 2, variant: "large-red" });
  await ask(world, "POST", `/api/cart/${user}/items`, { productID: "prod_12", quantity: 1, variant: "tan" });
  const { checkoutID } = await ask(world, "POST", `/api/cart/${user}/checkout`, {});
  await ask(world, "POST", `/api/cart/${user}/checkout/${checkoutID}/complete`, { orderID: `order-${user}` });
}

/** What the page shows of carts, by the names it gives them. */
function shown(visitor) {
  return visitor.page.evaluate(() => {
    const text = (element) => element.textContent.trim();
    const steps = [...document.querySelectorAll("#funnel li")].map((step) => [
      step.dataset.step, text(step.querySelector("span")).split(" ")[0]]);
    const tiles = [...document.querySelectorAll("#tiles [data-figure]")].map((tile) => [
      tile.dataset.figure, text(tile.querySelector("dd").firstChild)]);
    const sold = [...document.querySelectorAll("#sold tbody tr")].map((row) =>
      [...row.children].map(text));
    return { steps: Object.fromEntries(steps), tiles: Object.fromEntries(tiles), sold };
  });
}

/** What the API says of the page's own currency. */
async function figures(world, path, currency) {
  const { figures } = await ask(world, "GET", `/api/analytics/${path}`);
  return figures.find((one) => one.currency === currency);
}

export function tests(world) {
  test("the dashboard shows what the API says, and follows what happens", async () => {
    const visitor = await Visitor.open(world, "/analytics");
    await buys(world, "figures-1");
    await visitor.eventually("dollars are offered", () =>
      visitor.page.$("select[name=currency] option[value=USD]"));
    await visitor.page.select("select[name=currency]", "USD");
    const paid = async () => Number((await shown(visitor)).steps.Paid ?? 0);
    await visitor.eventually("a paid cart is shown", async () => (await paid()) > 0);
    const before = await paid();

    await buys(world, "figures-2");

    await visitor.eventually("the next one is shown", async () => (await paid()) > before);
    const currency = await visitor.page.$eval("select[name=currency]", (select) => select.value);
    await visitor.eventually("all of it is what the API says", async () => {
      const said = await figures(world, "funnel", currency);
      const { steps } = await shown(visitor);
      return steps["Carts begun"] === String(said.begun) && steps.Paid === String(said.converted);
    });
    await visitor.page.click("#asked button");
    await visitor.eventually("what was sold is shown", async () =>
      (await shown(visitor)).sold.some(([product]) => product === "prod_1"));
    const { tiles } = await shown(visitor);
    assert.match(tiles.Revenue, /^\$[\d,]+\.\d\d$/);
    assert.match(tiles.Conversion, /^\d+\.\d\d %$/);
    assert.equal((await visitor.page.$$("#course polyline")).length, 3);
    assert.deepEqual(await visitor.page.evaluate(() => window.violations), []);
    await visitor.leave();
  });

  test("a shop in which nothing happened has no figures, and says so", async () => {
    const visitor = await Visitor.open(world, "/analytics");
    await visitor.page.type("input[name=tenant]", "nobody");
    await visitor.page.keyboard.press("Enter");

    await visitor.eventually("the page says so", () =>
      visitor.page.$eval("#state", (state) => state.textContent.includes("No cart has begun")));
    await visitor.eventually("nothing is shown as sold", async () =>
      String((await shown(visitor)).sold) === "Nothing yet.");
    const { steps, tiles } = await shown(visitor);
    assert.deepEqual({ steps, tiles }, { steps: {}, tiles: {} });
    await visitor.leave();
  });

  for (const scheme of ["light", "dark"]) {
    test(`in ${scheme} colours the dashboard has names, roles and enough contrast`, async () => {
      await buys(world, `figures-${scheme}`);
      const visitor = await Visitor.open(world, "/analytics");
      await visitor.page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
      await visitor.eventually("figures are shown", async () => (await shown(visitor)).sold.length > 0);
      await visitor.page.$eval("details", (details) => (details.open = true));
      assert.deepEqual(await faults(visitor.page), []);
      await visitor.leave();
    });
  }
}
