// What the page is made of: its own origin, its policy, its manners.

import assert from "node:assert/strict";
import { test } from "node:test";

import { faults } from "../faults.js";
import { Visitor, on } from "../visitor.js";

export function tests(world) {
  test("the page obeys its policy, and the policy has no holes", async () => {
    const visitor = await Visitor.visit(world, "/?user=policy");
    const answer = await fetch(visitor.origin);
    const policy = answer.headers.get("content-security-policy");
    assert.match(policy, /default-src 'none'/);
    assert.doesNotMatch(policy, /unsafe|\*|https?:|data:/);
    assert.deepEqual(await visitor.page.evaluate(() => window.violations), []);

    await visitor.page.evaluate(() => {
      const picture = document.createElement("img");
      picture.src = "https://elsewhere.invalid/pixel.png";
      const style = document.createElement("style");
      style.textContent = "body { display: none }";
      document.body.append(picture, style);
      try {
        document.body.insertAdjacentHTML("beforeend", "<script>window.ran = true</script>");
      } catch {
        window.violations.push("no markup out of strings");
      }
    });

    await visitor.eventually(
      "each is refused",
      async () => (await visitor.page.evaluate(() => window.violations)).length >= 4,
    );
    assert.equal(
      await visitor.page.evaluate(() => getComputedStyle(document.body).display),
      "block",
    );
    // This visit was about breaking the rules.
    await assert.rejects(visitor.leave());
  });

  test("no complaint reaches the console and no request leaves the origin", async () => {
    const visitor = await Visitor.visit(world, "/?user=tour");
    await visitor.add("prod_1", "large-red");
    await visitor.see(1);
    await visitor.press("#events summary");
    await visitor.press(on(1, ".switch"));
    await visitor.press(on(1, ".switch"));
    await visitor.see(1);
    await visitor.page.reload();
    await visitor.see(1);
    for (const link of await visitor.page.$$eval(".links a", (links) =>
      links.map(({ href }) => href),
    )) {
      assert.equal((await fetch(link)).status, 200, link);
    }
    await visitor.leave();
  });

  for (const scheme of ["light", "dark"]) {
    test(`in ${scheme} colours everything has a name, a role and enough contrast`, async () => {
      const visitor = await Visitor.visit(world, `/?user=axe-${scheme}`);
      await visitor.page.emulateMediaFeatures([
        { name: "prefers-color-scheme", value: scheme },
        { name: "prefers-reduced-motion", value: "reduce" },
      ]);
      assert.deepEqual(await faults(visitor.page), []);
      await visitor.add("prod_2", "32-blue");
      await visitor.see(1);
      await visitor.add("prod_17");
      await visitor.message();
      await visitor.press("#events summary");
      await visitor.press(on(2, ".switch"));
      assert.deepEqual(await faults(visitor.page), []);
      await visitor.leave();
    });
  }

  test("who asks for less motion gets none", async () => {
    const visitor = await Visitor.visit(world, "/?user=still");
    const moved = () => visitor.page.evaluate(() => window.moved);
    await visitor.add("prod_1", "large-red");
    await visitor.see(1);
    assert.notEqual(await moved(), 0);

    await visitor.page.emulateMediaFeatures([{ name: "prefers-reduced-motion", value: "reduce" }]);
    await visitor.page.reload();
    await visitor.see(1);
    await visitor.add("prod_1", "large-red");
    await visitor.see(2);
    await visitor.press(on(1, ".switch"));
    assert.equal(await moved(), 0);
    await visitor.leave();
  });
}
