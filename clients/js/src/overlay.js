// What a cart will look like once commands are carried out, and which events look like theirs. Knows no
// versions and no answers.

import { total } from "./exact.js";

/** Whether a command has an effect that can be shown before it is carried out. */
export function isShown({ type }) {
  return ["add_item", "set_quantity", "remove_item", "clear"].includes(type);
}

/** Whether carrying a command out twice would be another thing than once. */
export function isRelative({ type }) {
  return type === "add_item";
}

const isOf =
  ({ productID, variant }) =>
  (item) =>
    item.productID === productID && item.variant === (variant ?? "");

/** A line nobody has confirmed: what it is named and costs is what the caller said of it, if anything. */
function provisional({ fields, product }) {
  const { productID, quantity, variant } = fields;
  return {
    itemID: `pending:${productID}:${variant ?? ""}`,
    productID,
    variant: variant ?? "",
    name: product?.name ?? productID,
    price: product?.price ?? null,
    quantity,
    state: "added",
    pending: true,
  };
}

function itemsWith(items, command) {
  const { type, fields } = command;
  const each = (isMeant, change) =>
    items.map((item) => (isMeant(item) ? { ...item, ...change(item), pending: true } : item));
  const named = ({ itemID }) => itemID === fields.itemID;
  switch (type) {
    case "add_item":
      return items.some(isOf(fields))
        ? each(isOf(fields), ({ quantity }) => ({ quantity: quantity + fields.quantity }))
        : [...items, provisional(command)];
    case "set_quantity":
      return fields.quantity > 0
        ? each(named, () => ({ quantity: fields.quantity }))
        : items.filter((item) => !named(item));
    case "remove_item":
      return items.filter((item) => !named(item));
    case "clear":
      return [];
    default:
      return items;
  }
}

/** The cart with commands carried out in their order, as far as that can be told beforehand. */
export function withCommands(cart, commands) {
  const shown = commands.filter(isShown);
  if (shown.length === 0) return cart;
  const items = shown.reduce(itemsWith, cart.items);
  const itemCount = items.reduce((sum, { quantity }) => sum + quantity, 0);
  const said = shown.find(({ product }) => product?.currency)?.product.currency;
  const currency = items.length > 0 ? (cart.currency ?? said ?? null) : null;
  return { ...cart, items, itemCount, total: total(items), currency };
}

/** Whether an event looks like what this command brings about in a cart. */
export function looksLike({ type, fields }, event, cart) {
  const sets = event.type === "item_added" || event.type === "item_updated";
  switch (type) {
    case "add_item": {
      const held = cart.items.find(isOf(fields))?.quantity ?? 0;
      return sets && isOf(fields)(event.item) && event.quantity === held + fields.quantity;
    }
    case "set_quantity":
      if (event.itemID !== fields.itemID) return false;
      return fields.quantity > 0
        ? sets && event.quantity === fields.quantity
        : event.type === "item_removed";
    case "remove_item":
      return event.type === "item_removed" && event.itemID === fields.itemID;
    case "clear":
      return event.type === "cart_cleared";
    default:
      return false;
  }
}
