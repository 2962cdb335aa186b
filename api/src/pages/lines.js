// The lines of a cart as a list that keeps its elements, so that focus stays where it is while
// events come in. Knows no connection and sends nothing itself.

import { button, drawing, element, say } from "./dom.js";
import { look } from "./dress.js";
import { money } from "./readable.js";

/** How long a changed line is pointed at, in ms: a glance from the other device. */
const GLANCE = 1_100;

/** What a line is of; its itemID is not known before its first command is answered. */
const keyOf = ({ productID, variant }) => `${productID} ${variant}`;

/** The lines of one device. */
export class Lines {
  #list;
  #act;
  #variantName;
  #rows = new Map();
  #cart = null;

  /** `act(what, change)` carries out what `change` does with a client. */
  constructor(list, variantName, act) {
    this.#list = list;
    this.#act = act;
    this.#variantName = variantName;
  }

  /** Shows a cart; the line of the item `fresh` is pointed at. */
  show(cart, fresh) {
    this.#cart = cart;
    const kept = new Set(cart.items.map(keyOf));
    for (const [key, row] of this.#rows) {
      if (!kept.has(key)) this.#drop(key, row);
    }
    for (const [place, item] of cart.items.entries()) {
      const row = this.#rows.get(keyOf(item)) ?? this.#make(item);
      fill(row, item, cart.currency);
      if (fresh && keyOf(fresh) === keyOf(item)) pointAt(row.line);
      if (this.#list.children[place] !== row.line) this.#list.append(row.line);
    }
  }

  /** Marks what may not be pressed: one fewer is meant for a version, a removal for a line there is. */
  mark(isOffline, isBusy) {
    for (const { line, less, more, gone, count } of this.#rows.values()) {
      const isPending = line.ariaBusy === "true";
      say(more, "aria-disabled", isOffline);
      say(gone, "aria-disabled", isOffline || isPending);
      say(less, "aria-disabled", isOffline || isBusy || count.value === "1");
    }
  }

  #make(item) {
    const { productID, variant, name } = item;
    const kind = this.#variantName(productID, variant);
    const full = kind ? `${name}, ${kind}` : name;
    const { art, colour } = look(productID, variant);
    const key = keyOf(item);
    const held = () => this.#cart.items.find((one) => keyOf(one) === key);
    // One more is one more, whatever another device does; one fewer is meant for what is seen here.
    const less = button({ "aria-label": `One fewer: ${full}` }, "−", () => {
      const [{ itemID, quantity }, ifVersion] = [held(), this.#cart.version];
      this.#act(`${name} changed`, (client) =>
        client.setQuantity(itemID, quantity - 1, { ifVersion }),
      );
    });
    const more = button({ "aria-label": `One more: ${full}` }, "+", () => {
      // Another device may take the line out meanwhile, and this makes it anew.
      const product = { name, price: held().price, currency: this.#cart.currency };
      this.#act(`${name} added`, (client) => client.addItem({ productID, variant, product }));
    });
    const gone = button({ class: "remove quiet", "aria-label": `Remove ${full}` }, "×", () => {
      const { itemID } = held();
      this.#act(`${name} removed`, (client) => client.removeItem(itemID));
    });
    const count = element("output", { "aria-label": "Quantity" });
    const price = element("span", { class: "price" });
    const remark = element("p", { class: "remark", hidden: true });
    const stepper = element(
      "div",
      { class: "stepper", role: "group", "aria-label": `Quantity of ${full}` },
      less,
      count,
      more,
    );
    const words = element(
      "div",
      {},
      element("p", { class: "name" }, name),
      element("p", { class: "kind" }, kind),
    );
    const picture = drawing(art, { class: "thumb dyed", "data-colour": colour });
    const row = element("div", { class: "row" }, stepper, price);
    const line = element("li", { class: "line" }, picture, words, gone, row, remark);
    const made = { line, less, more, gone, count, price, remark };
    this.#rows.set(key, made);
    this.#list.append(line);
    return made;
  }

  /** Whoever was at the line goes on at the next one, or at the list. */
  #drop(key, { line }) {
    const hadFocus = line.contains(document.activeElement);
    const neighbour = line.nextElementSibling ?? line.previousElementSibling;
    line.remove();
    this.#rows.delete(key);
    if (hadFocus) (neighbour?.querySelector(".remove") ?? this.#list).focus();
  }
}

function fill({ line, count, price, remark }, item, currency) {
  say(line, "aria-busy", item.pending === true);
  count.value = String(item.quantity);
  const each = item.quantity > 1 ? [" ", element("small", {}, "each")] : [];
  price.replaceChildren(money(item.price, currency), ...each);
  const remarks = remarksOn(item, currency);
  remark.textContent = remarks;
  remark.hidden = remarks === "";
}

/** What changed in the catalog since the item was added. */
function remarksOn({ state, available, price, currentPrice }, currency) {
  if (state === "out_of_stock") return "Out of stock";
  if (available === false) return "No longer for sale";
  const changed = currentPrice !== undefined && currentPrice !== null && currentPrice !== price;
  const remarks = state === "available" ? ["Available again"] : [];
  if (changed) remarks.push(`Now ${money(currentPrice, currency)}`);
  return remarks.join(" · ");
}

function pointAt(line) {
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  line.animate({ backgroundColor: ["var(--fresh)", "var(--fresh)", "transparent"] }, GLANCE);
}
