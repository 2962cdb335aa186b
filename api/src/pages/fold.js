// The consumer rule and the fold: what a client makes of a cart's events. Knows no socket, no page
// and no clock.

/** Everything up to a whole cart of this version was told. */
export function toldBy(cart) {
  return { version: cart.version, next: null };
}

/** Everything up to this event was told; `next` is the event of its version that is still to come. */
export function toldUpTo({ version, n, of }) {
  return { version, next: n + 1 < of ? n + 1 : null };
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

/** The items after an event; null if this client does not know what the event does to them. */
function itemsAfter(items, event) {
  switch (event.type) {
    case "item_added":
    case "item_updated":
    case "item_out_of_stock":
    case "item_available": {
      const known = items.some(({ itemID }) => itemID === event.itemID);
      const changed = (item) => (item.itemID === event.itemID ? { ...item, ...event.item } : item);
      return known ? items.map(changed) : [...items, event.item];
    }
    case "price_changed":
      return items.map((item) =>
        item.itemID === event.itemID ? { ...item, currentPrice: event.currentPrice } : item,
      );
    case "item_removed":
      return items.filter(({ itemID }) => itemID !== event.itemID);
    case "cart_cleared":
    case "cart_expired":
      return [];
    case "checkout_started": {
      // Its items are as they are charged.
      const charged = new Map(event.items.map((item) => [item.itemID, item]));
      return items.map((item) => ({ ...item, ...charged.get(item.itemID) }));
    }
    case "cart_converted": {
      // What came back from another cart meanwhile was not sold.
      const sold = new Map(event.items.map(({ itemID, quantity }) => [itemID, quantity]));
      const left = ({ itemID, quantity }) => quantity - (sold.get(itemID) ?? 0);
      return items.map((item) => ({ ...item, quantity: left(item) })).filter((item) => item.quantity > 0);
    }
    case "expiry_extended":
    case "checkout_ready":
    case "checkout_cancelled":
      return items;
    default:
      return null;
  }
}

/** What an event says of whether the cart is open to changes. */
function openness({ type }) {
  switch (type) {
    case "checkout_started":
      return { locked: true, state: "locked" };
    case "checkout_cancelled":
    case "cart_converted":
      return { locked: false, state: "active" };
    default:
      return {};
  }
}

/** The cart after an event; null if it has to be read again. Totals are the event's own. */
export function evolve(cart, event) {
  const items = itemsAfter(cart.items, event);
  if (items === null) return null;
  const { total, itemCount, version, expiresAt } = event;
  // A cart drops its currency when it is empty.
  const currency = items.length > 0 ? event.currency : null;
  const changed = { items, total, itemCount, version, expiresAt, currency };
  return { ...cart, ...changed, ...openness(event) };
}
