// What can be asked of a cart: each command once, as the socket's message and as the REST request it
// is as well. Sends nothing.

import { minorUnits } from "./exact.js";

const of = (type, method, path, fields, body = fields) => ({ type, method, path, fields, body });
const segment = encodeURIComponent;

/** `product` (name, price, currency) is only what to show of it until the service has answered. */
export function addItem({ productID, quantity = 1, variant, product = null }) {
  // A number has lost its digits already.
  if (product?.price !== undefined) minorUnits(product.price);
  return { ...of("add_item", "POST", "/items", { productID, quantity, variant }), product };
}

export function setQuantity(itemID, quantity) {
  const path = `/items/${segment(itemID)}`;
  return of("set_quantity", "PUT", path, { itemID, quantity }, { quantity });
}

export function removeItem(itemID) {
  return of("remove_item", "DELETE", `/items/${segment(itemID)}`, { itemID }, null);
}

export function clear() {
  return of("clear", "POST", "/clear", {}, null);
}

export function restore() {
  return of("restore", "POST", "/restore", {}, null);
}

export function extend(extendSeconds) {
  return of("extend", "POST", "/expiry", { extendSeconds });
}

/** `fromToken` proves that the other user consents, where users are known. */
export function merge(fromUserID, policy, fromToken) {
  return of("merge", "POST", "/merge", { fromUserID, policy, fromToken });
}

export function checkout(acceptPrices) {
  return of("checkout", "POST", "/checkout", { acceptPrices });
}

export function completeCheckout(checkoutID, orderID) {
  const path = `/checkout/${segment(checkoutID)}/complete`;
  return of("complete_checkout", "POST", path, { checkoutID, orderID }, { orderID });
}

export function cancelCheckout(checkoutID) {
  const path = `/checkout/${segment(checkoutID)}`;
  return of("cancel_checkout", "DELETE", path, { checkoutID }, null);
}

/** A command as the socket's message. */
export function message({ type, fields, ifVersion }, id) {
  return JSON.stringify({ type, id, ...fields, ifVersion });
}

/** A command as what `fetch` takes. */
export function request({ method, body, ifVersion }, id) {
  const headers = { "idempotency-key": id };
  if (body !== null) headers["content-type"] = "application/json";
  if (ifVersion !== undefined) headers["if-match"] = `"${ifVersion}"`;
  return { method, headers, body: body === null ? undefined : JSON.stringify(body) };
}

/** A fresh id. Pages without TLS have no `crypto.randomUUID`. */
export function freshID() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
