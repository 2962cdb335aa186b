// The shop: who shops, and who tells whom. Everything else is in the module it is named after.

import { Client } from "./client.js";
import { send } from "./commands.js";
import { button, element, say } from "./dom.js";
import { Device } from "./device.js";
import { Events } from "./events.js";
import { money } from "./readable.js";
import { Goods } from "./goods.js";
import { Messages } from "./messages.js";

const KEPT_AS = "cartstream.user";
const DEVICES = ["Phone", "Laptop"];

const at = (id) => document.getElementById(id);

/** Who shops: `?user=`, else who shopped here before, else a guest; remembered either way. */
function customer() {
  const asked = new URLSearchParams(location.search).get("user");
  const valid = /^[A-Za-z0-9._:@-]{1,128}$/;
  const fresh = () => `guest-${crypto.getRandomValues(new Uint32Array(1))[0].toString(36)}`;
  const user =
    [asked, localStorage.getItem(KEPT_AS)].find((name) => valid.test(name ?? "")) ?? fresh();
  localStorage.setItem(KEPT_AS, user);
  return user;
}

const user = customer();
at("user").value = user;
const messages = new Messages(at("toasts"));
const goods = new Goods(at("goods"), perform);
const variantName = (productID, variantID) => goods.variantName(productID, variantID);
const devices = DEVICES.map(
  (name) => new Device(name, at("device"), { user, variantName, perform }),
);

/** Sends a change, shows how long it took until it was answered and seen, and tells a refusal. */
async function perform(what, command) {
  const began = performance.now();
  try {
    const { version, took } = await send(user, command);
    const live = devices.filter(({ client }) => client.state === "live");
    await Promise.all(live.map(({ client }) => client.reached(version)));
    showTook(what, took, live.length, performance.now() - began);
  } catch (error) {
    messages.show(error);
  }
}

function showTook(what, answered, live, seen) {
  const time = (ms) => element("strong", {}, `${Math.max(1, Math.round(ms))} ms`);
  const which = live === devices.length ? "both devices" : "one device";
  const onDevices = live > 0 ? [`, on ${which} after `, time(seen)] : [];
  at("took").replaceChildren(`${what}: answered in `, time(answered), ...onDevices);
}

/** The page's own client: the events below, the bar on a phone, and the news for who listens. */
function watch() {
  const events = new Events(at("events"), at("events-count"));
  const page = new Client(user, {
    event: (...arrived) => events.add(...arrived),
    cart: (cart, event, before) => {
      if (!event && before) events.gap(cart.version);
      showBar(cart);
      if (event) at("news").textContent = `Cart: ${summary(cart)}`;
    },
  });
  page.connect();
}

function summary({ itemCount, total, currency }) {
  const count = itemCount === 1 ? "1 item" : `${itemCount} items`;
  return currency ? `${count}, ${money(total, currency)}` : "empty";
}

function showBar({ itemCount, total, currency }) {
  at("bar").hidden = itemCount === 0;
  at("bar-count").textContent = itemCount === 1 ? "1 item" : `${itemCount} items`;
  at("bar-total").textContent = currency ? money(total, currency) : "";
}

/** The way to the cart is of no use to who is there. */
function watchTheWay() {
  const seen = ([{ isIntersecting }]) => at("bar").toggleAttribute("data-there", isIntersecting);
  new IntersectionObserver(seen, { rootMargin: "0px 0px -20%" }).observe(at("cart"));
}

/** On a phone there is room for one device at a time. */
function choose(shown) {
  devices.forEach(({ element: device }) => device.toggleAttribute("data-shown", device === shown));
  for (const [index, choice] of [...at("choice").children].entries()) {
    say(choice, "aria-pressed", devices[index].element === shown);
  }
}

at("choice").append(
  ...devices.map(({ element: device }, index) => button({}, DEVICES[index], () => choose(device))),
);
at("devices").append(...devices.map(({ element: device }) => device));
choose(devices[0].element);
watchTheWay();
// Sockets are taken once the catalog is there, and lines are named by it.
await goods.load();
devices.forEach(({ client }) => client.connect());
watch();
