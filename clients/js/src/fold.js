// The consumer rule and the fold: what a client makes of a cart's events. Knows no connection and no
// clock.

/** Everything up to a whole cart of this version was told. */
export function toldBy(cart) {
  return { version: cart.version, next: null };
}

/** Everything up to this event was told; `next` is the event of its version that is still to come. */
export function toldUpTo({ version, n, of }) {
  return { version, next: n + 1 < of ? n + 1 : null };
}

/** The last version that was told to its end: what to go on after. */
export function wholeVersion({ version, next }) {
  return next === null ? version : version - 1;
}

/** Whether this version was told to its end. */
export function isTold(told, version) {
  return wholeVersion(told) >= version;
}

/**
 * What to do with an event after `told`: at or before the last one, "drop"; the next one, "take";
 * anything else, "resync": read the cart again.
 */
export function judge(told, { version, n }) {
  if (version < told.version) return "drop";
  if (version === told.version) {
    if (told.next === null || n < told.next) return "drop";
    return n === told.next ? "take" : "resync";
  }
  const follows = told.next === null && version === told.version + 1 && n === 0;
  return follows ? "take" : "resync";
}

/** These lines are as they are told, in their places or behind the others. */
function joined(items, lines) {
  const told = new Map(lines.map((line) => [line.itemID, line]));
  const held = items.map((item) => ({ ...item, ...told.get(item.itemID) }));
  const known = new Set(items.map(({ itemID }) => itemID));
  return [...held, ...lines.filter(({ itemID }) => !known.has(itemID))];
}

/** What was sold is gone; what came back from another cart meanwhile was not sold. */
function withoutSold(items, sold) {
  const quantities = new Map(sold.map(({ itemID, quantity }) => [itemID, quantity]));
  const left = ({ itemID, quantity }) => quantity - (quantities.get(itemID) ?? 0);
  return items.map((item) => ({ ...item, quantity: left(item) })).filter((item) => item.quantity > 0);
}

/** The items after an event; null if this client does not know what the event does to them. */
function itemsAfter(items, event) {
  const { itemID, item, currentPrice } = event;
  switch (event.type) {
    case "item_added":
    case "item_updated":
      return joined(items, [item]);
    case "item_out_of_stock":
      return joined(items, [{ ...item, currentPrice, available: false }]);
    case "item_available":
      return joined(items, [{ ...item, currentPrice, available: true }]);
    case "price_changed":
      return items.map((held) => (held.itemID === itemID ? { ...held, currentPrice } : held));
    case "item_removed":
      return items.filter((held) => held.itemID !== itemID);
    case "cart_cleared":
    case "cart_expired":
    case "cart_merged_out":
      return [];
    case "cart_restored":
    case "cart_merged_in":
    case "checkout_started":
      return joined(items, event.items);
    case "currency_changed":
      // What was known of today's prices was in the other currency; these are today's.
      return joined(items, event.items.map((line) => ({ ...line, currentPrice: line.price })));
    case "merge_returned":
      // In another currency than the cart they are aside of it, where a restore finds them.
      return event.restorableCurrency ? items : joined(items, event.items);
    case "merge_undone":
      return joined(items, event.items).filter((held) => !event.removed.includes(held.itemID));
    case "cart_converted":
      return withoutSold(items, event.items);
    case "expiry_extended":
    case "expiry_warned":
    case "cart_abandoned":
    case "cart_recovered":
    case "checkout_ready":
    case "checkout_cancelled":
      return items;
    default:
      return null;
  }
}

/** Whether somebody did it; the rest comes by itself and leaves `lastModified` and the state alone. */
function isByPerson({ type, reason, restorableCurrency }) {
  switch (type) {
    case "merge_returned":
      return reason === "undone" && !restorableCurrency;
    case "checkout_cancelled":
      return reason === "requested";
    case "cart_expired":
    case "expiry_warned":
    case "cart_abandoned":
    case "cart_recovered":
    case "checkout_ready":
    case "item_out_of_stock":
    case "item_available":
    case "price_changed":
      return false;
    default:
      return true;
  }
}

/** What an event says of whether the cart is open to changes. */
function openness(cart, event) {
  switch (event.type) {
    case "checkout_started":
      return { locked: true, state: "locked" };
    case "checkout_cancelled":
    case "cart_converted":
      return { locked: false, state: "active" };
    case "cart_expired":
      return { locked: false, state: "expired" };
    default:
      return isByPerson(event) && !cart.locked ? { state: "active" } : {};
  }
}

/** Warnings are today's catalog's: those of a line that changed are not known any more. */
function warningsAfter(warnings, items, event) {
  if (event.type === "checkout_started") return [];
  if (event.type === "currency_changed") return warnings.filter(({ code }) => code !== "price_changed");
  const { itemID, currentPrice } = event;
  const held = new Map(items.map((item) => [item.itemID, item]));
  const kept = warnings.filter((warning) => held.has(warning.itemID) && warning.itemID !== itemID);
  const price = held.get(itemID)?.price;
  if (event.type === "item_out_of_stock") return [...kept, { code: "out_of_stock", itemID }];
  if (event.type === "price_changed" && price !== undefined && price !== currentPrice) {
    return [...kept, { code: "price_changed", itemID, price, currentPrice }];
  }
  return kept;
}

/** The cart after an event; null if it has to be read again. Totals are the event's own. */
export function evolve(cart, event) {
  const items = itemsAfter(cart.items, event);
  if (items === null) return null;
  const { itemCount, version, expiresAt } = event;
  // A cart drops its currency when it is empty.
  const currency = items.length > 0 ? event.currency : null;
  const total = items.length > 0 ? event.total : "0";
  const warnings = warningsAfter(cart.warnings ?? [], items, event);
  const lastModified = isByPerson(event) ? event.timestamp : cart.lastModified;
  const changed = { items, total, itemCount, version, expiresAt, currency, warnings, lastModified };
  return { ...cart, ...changed, ...openness(cart, event) };
}
