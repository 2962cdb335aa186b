// Pictures of the shop for the README: a cart on two devices and its events, by day and by night, and
// the shop and the cart on a phone.

import { writeFile } from "node:fs/promises";

import { Visitor, on } from "./visitor.js";
import { open } from "./world.js";

const DOCS = new URL("../../docs/", import.meta.url).pathname;
const DESKTOP = { width: 1440, height: 1000 };
const PHONE = { width: 390, height: 844, deviceScaleFactor: 2, isMobile: true, hasTouch: true };

/** Fills the cart as a customer does, and answers the version that makes. */
async function fill(visitor) {
  const changes = [
    () => visitor.add("prod_15", "l-moss"),
    () => visitor.add("prod_13", "forest"),
    () => visitor.press(on(1, ".line:nth-child(2) [aria-label^='One more']")),
    () => visitor.add("prod_1", "large-red"),
    () => visitor.add("prod_16", "rust"),
    () => visitor.add("prod_12", "tan"),
    () => visitor.press(on(2, ".line:nth-child(4) .remove")),
  ];
  for (const [done, change] of changes.entries()) {
    await change();
    await visitor.see(done + 1);
  }
  return changes.length;
}

/** A picture with nothing hovered, focused or on its way; of the window, or of the whole page. */
async function take(visitor, name, fullPage = false) {
  await visitor.page.mouse.move(0, 0);
  await visitor.page.evaluate(async () => {
    document.activeElement.blur();
    await Promise.all(document.getAnimations().map(({ finished }) => finished));
  });
  await writeFile(`${DOCS}${name}.png`, await visitor.page.screenshot({ fullPage }));
}

const world = await open();
const desktop = await Visitor.visit(world, "/?user=ada", DESKTOP);
const version = await fill(desktop);
await desktop.press("#events summary");
await take(desktop, "shop", true);
await desktop.page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: "dark" }]);
await take(desktop, "shop-dark", true);
await desktop.leave();

const phone = await Visitor.visit(world, "/?user=ada", PHONE);
await phone.see(version);
await take(phone, "shop-phone");
// A page that glides there would still be on its way.
await phone.page.emulateMediaFeatures([{ name: "prefers-reduced-motion", value: "reduce" }]);
await phone.press("#bar");
await take(phone, "shop-phone-cart");
await phone.leave();
await world.close();
