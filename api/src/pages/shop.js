// The shop: who shops, and who tells whom. Everything else is in the module it is named after.

import { CartClient } from "./cartstream/index.js";
import { button, element, say } from "./dom.js";
import { Device } from "./device.js";
import { Events } from "./events.js";
import { money } from "./readable.js";
import { Goods } from "./goods.js";
import { Messages } from "./messages.js";

const KEPT_AS = "cartstream.user";
const GUEST_KEPT_AS = "cartstream.guest";
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

/** Where callers are asked who they are, whoever comes is a guest of `?tenant=`, or of the default shop, and
 * let in again as the same. */
async function admitted(user) {
  const asked = await fetch(`/api/cart/${encodeURIComponent(user)}/state`);
  if (asked.status !== 401) return { user };
  const tenant = new URLSearchParams(location.search).get("tenant") ?? undefined;
  const keptAs = tenant === undefined ? GUEST_KEPT_AS : `${GUEST_KEPT_AS}.${tenant}`;
  const kept = localStorage.getItem(keptAs) ?? undefined;
  const guest = await CartClient.guest({ token: kept, tenant }).catch(() => CartClient.guest({ tenant }));
  localStorage.setItem(keptAs, guest.token);
  return { user: guest.userID, token: guest.token, tenant };
}

const named = customer();
at("user").value = named;
const who = await admitted(named);
at("user").value = who.user;
const messages = new Messages(at("toasts"));
const page = new CartClient(who);
const goods = new Goods(at("goods"), take);
const variantName = (productID, variantID) => goods.variantName(productID, variantID);
const devices = DEVICES.map(
  (name) => new Device(name, at("device"), { who, variantName, perform }),
);

/** Awaits a change, shows how long it took until it was answered and seen, and tells a refusal. */
async function perform(what, change) {
  const began = performance.now();
  try {
    const { version } = await change;
    const took = performance.now() - began;
    const live = devices.filter(isLive);
    await Promise.all(live.map((device) => device.reached(version)));
    showTook(what, took, live.length, performance.now() - began);
  } catch (error) {
    messages.show(error);
  }
}

function isLive({ client }) {
  return client.connection === "live";
}

/** What is bought is bought on a device that is live, and shows there before it is answered. */
function take(what, item) {
  const { client } = devices.find(isLive) ?? { client: page };
  return perform(what, client.addItem(item));
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
  let before = null;
  page.follow(({ type, cart, event, text }) => {
    if (!cart) return;
    showBar(cart);
    if (type === "cart" && before) events.gap(cart.version);
    if (type === "event") {
      events.add(event, text, before);
      at("news").textContent = `Cart: ${summary(cart)}`;
    }
    before = page.confirmed;
  });
}

function summary({ itemCount, total, currency }) {
  const count = itemCount === 1 ? "1 item" : `${itemCount} items`;
  return currency ? `${count}, ${money(total, currency)}` : "empty";
}

function showBar({ itemCount, total, currency }) {
  at("bar").hidden = itemCount === 0;
  at("bar-count").textContent = itemCount === 1 ? "1 item" : `${itemCount} items`;
  at("bar-total").textContent = money(total, currency);
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
await goods.load(who.tenant);
devices.forEach((device) => device.connect());
watch();
