// The shop by thumb and by keyboard.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Visitor, on } from "../visitor.js";

const PHONE = { width: 390, height: 844, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
/** The least height and width of what a thumb is to hit, in CSS pixels (WCAG 2.5.5). */
const THUMB = 44;

/** What sticks out of the window, or is too small to be hit. */
function misfits(thumb) {
  const shown = (element) =>
    element.checkVisibility() && element.closest(".skip, .unseen") === null;
  const named = (element, { width, height, left, right }) =>
    `${element.className || element.tagName} ${element.ariaLabel ?? element.textContent}: ${width}x${height} at ${left} to ${right}`;
  const all = [...document.body.querySelectorAll("*")].filter(shown);
  const outside = all.filter((element) => {
    const { left, right, width } = element.getBoundingClientRect();
    return width > 0 && (left < 0 || right > innerWidth + 0.5);
  });
  const pressed = all.filter((element) =>
    element.matches("main button, main select, main summary, .toast button"),
  );
  const small = pressed.filter((element) => {
    const { width, height } = element.getBoundingClientRect();
    return width < thumb || height < thumb;
  });
  return [...outside, ...small].map((element) => named(element, element.getBoundingClientRect()));
}

export function tests(world) {
  test("on a phone nothing sticks out and everything can be used", async () => {
    const visitor = await Visitor.visit(world, "/?user=thumb", PHONE);
    const tap = async (selector) => (await visitor.page.$(selector)).tap();
    const isShown = (selector) =>
      visitor.page.$eval(selector, (element) => element.checkVisibility());
    // A page that glides to the cart moves away under the next tap.
    await visitor.page.emulateMediaFeatures([{ name: "prefers-reduced-motion", value: "reduce" }]);
    await visitor.page.select("[data-product=prod_11] select", "42-moss");
    await tap("[data-product=prod_11] .add");
    await visitor.see(1);
    await visitor.eventually("the bar leads to the cart", () => isShown("#bar"));
    assert.deepEqual(
      await visitor.page.$eval("#bar", ({ innerText }) => innerText.split(/\s*\n\s*/)),
      ["1 item", "$64.50", "View cart"],
    );
    await tap("#bar");
    await visitor.eventually("the bar makes room", async () => !(await isShown("#bar")));

    await tap(on(1, "[aria-label^='One more']"));
    await visitor.see(2);
    assert.equal(await isShown(on(2, ".total")), false);
    await tap("#choice button:nth-child(2)");
    assert.equal(await isShown(on(2, ".total")), true);
    await tap(on(2, "[aria-label^='One fewer']"));
    await visitor.see(3);
    await tap("#events summary");

    assert.deepEqual(await visitor.page.evaluate(misfits, THUMB), []);
    for (const width of [390, 320]) {
      await visitor.page.setViewport({ ...PHONE, width });
      assert.deepEqual(await visitor.page.evaluate(misfits, 24), []);
      assert.equal(await visitor.page.evaluate(() => document.documentElement.scrollWidth), width);
    }
    await visitor.leave();
  });

  test("at every width in between nothing sticks out", async () => {
    const visitor = await Visitor.visit(world, "/?user=widths");
    await visitor.add("prod_15", "l-sand");
    await visitor.see(1);
    for (const width of [600, 721, 900, 1024, 1240, 1920]) {
      await visitor.page.setViewport({ width, height: 900 });
      assert.deepEqual(await visitor.page.evaluate(misfits, 24), [], `at ${width}`);
    }
    await visitor.leave();
  });

  test("with the keyboard alone something is chosen, added, counted up and removed", async () => {
    const visitor = await Visitor.visit(world, "/?user=keys");
    const { keyboard } = visitor.page;
    const focused = (selector) =>
      visitor.page.evaluate((wanted) => document.activeElement.matches(wanted), selector);
    const tabTo = async (selector) => {
      for (let presses = 0; !(await focused(selector)); presses += 1) {
        assert.ok(presses < 80, `the tab key never reaches ${selector}`);
        await keyboard.press("Tab");
        const outline = await visitor.page.evaluate(
          () => getComputedStyle(document.activeElement).outlineStyle,
        );
        assert.equal(outline, "solid", "what has the focus shows it");
      }
    };
    await tabTo("[data-product=prod_13] select");
    await keyboard.press("ArrowDown");
    await tabTo("[data-product=prod_13] .add");
    await keyboard.press("Enter");
    assert.equal((await visitor.see(1))[1].lines[0].kind, "Cream");
    await tabTo("[data-product=prod_19] .add");
    await keyboard.press("Enter");
    await visitor.see(2);

    await tabTo(on(1, "[aria-label='One more: Enamel Mug, Cream']"));
    await keyboard.press("Space");
    await visitor.see(3);
    assert.ok(
      await focused("[aria-label='One more: Enamel Mug, Cream']"),
      "focus stays where it is",
    );
    await tabTo(on(1, "[aria-label='Remove Dotted Notebook, Black']"));
    await keyboard.press("Enter");
    await visitor.see(4);
    assert.ok(
      await focused("[aria-label='Remove Enamel Mug, Cream']"),
      "focus goes on at the next line",
    );
    await tabTo(on(2, ".switch"));
    await keyboard.press("Space");
    await visitor.eventually(
      "the laptop is offline",
      async () => (await visitor.devices())[1].state === "offline",
    );
    await visitor.leave();
  });
}
