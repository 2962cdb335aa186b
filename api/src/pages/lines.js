// The lines of a cart as a list that keeps its elements, so that focus stays where it is while
// events come in. Knows no socket and sends nothing itself.

import { add, remove, setQuantity } from "./commands.js";
import { button, drawing, element, say } from "./dom.js";
import { look } from "./dress.js";
import { money } from "./readable.js";

/** How long a changed line is pointed at, in ms: a glance from the other device. */
const GLANCE = 1_100;

/** The lines of one device. */
export class Lines {
  #list;
  #act;
  #variantName;
  #rows = new Map();
  #cart = null;

  /** `act(itemID, what, command)` carries a change out. */
  constructor(list, variantName, act) {
    this.#list = list;
    this.#act = act;
    this.#variantName = variantName;
  }

  /** Shows a cart; the line of `fresh` is pointed at. */
  show(cart, fresh) {
    this.#cart = cart;
    const kept = new Set(cart.items.map(({ itemID }) => itemID));
    for (const [itemID, row] of this.#rows) {
      if (!kept.has(itemID)) this.#drop(itemID, row);
    }
    for (const item of cart.items) {
      const row = this.#rows.get(item.itemID) ?? this.#make(item);
      fill(row, item, cart.currency);
      if (item.itemID === fresh) pointAt(row.line);
      if (this.#list.children[cart.items.indexOf(item)] !== row.line) this.#list.append(row.line);
    }
  }

  /** Marks lines whose change is on its way, and all while nothing can be sent. */
  mark(busy, isOffline) {
    for (const [itemID, { line, less, more, gone, count }] of this.#rows) {
      const isBusy = busy.has(itemID);
      say(line, "aria-busy", isBusy);
      for (const one of [more, gone]) say(one, "aria-disabled", isBusy || isOffline);
      say(less, "aria-disabled", isBusy || isOffline || count.value === "1");
    }
  }

  #make(item) {
    const { itemID, productID, variant, name } = item;
    const kind = this.#variantName(productID, variant);
    const full = kind ? `${name}, ${kind}` : name;
    const { art, colour } = look(productID, variant);
    const act = (what, command) => this.#act(itemID, what, command);
    // One more is one more, whatever another device does; one fewer is meant for what is seen here.
    const less = button({ "aria-label": `One fewer: ${full}` }, "−", () =>
      act(
        `${name} changed`,
        setQuantity(itemID, this.#item(itemID).quantity - 1, this.#cart.version),
      ),
    );
    const more = button({ "aria-label": `One more: ${full}` }, "+", () =>
      act(`${name} added`, add(productID, variant, 1)),
    );
    const gone = button({ class: "remove quiet", "aria-label": `Remove ${full}` }, "×", () =>
      act(`${name} removed`, remove(itemID)),
    );
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
    const line = element(
      "li",
      { class: "line", "data-item": itemID },
      picture,
      words,
      gone,
      row,
      remark,
    );
    const made = { line, less, more, gone, count, price, remark };
    this.#rows.set(itemID, made);
    this.#list.append(line);
    return made;
  }

  #item(wanted) {
    return this.#cart.items.find(({ itemID }) => itemID === wanted);
  }

  /** Whoever was at the line goes on at the next one, or at the list. */
  #drop(itemID, { line }) {
    const hadFocus = line.contains(document.activeElement);
    const neighbour = line.nextElementSibling ?? line.previousElementSibling;
    line.remove();
    this.#rows.delete(itemID);
    if (hadFocus) (neighbour?.querySelector(".remove") ?? this.#list).focus();
  }
}

function fill({ count, price, remark }, item, currency) {
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
