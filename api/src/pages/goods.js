// The products: the catalog as cards, each with its variants and a way into the cart. Knows no cart.

import { parse } from "./cartstream/index.js";
import { drawing, element, say } from "./dom.js";
import { look } from "./dress.js";
import { money } from "./readable.js";

/** Cards shown while the catalog is awaited. */
const AWAITED = 6;
/** The pause before the catalog is asked for again, in ms: a starting server reads it in a second. */
const PAUSE = 1_000;
/** Pieces from which on a customer is told how few there are. */
const FEW = 5;

/** The catalog, by product. */
export class Goods {
  #list;
  #take;
  #products = new Map();

  /** `take(what, item)` puts an item into the cart and resolves when that is done with, either way. */
  constructor(list, take) {
    this.#list = list;
    this.#take = take;
    list.append(...Array.from({ length: AWAITED }, () => element("li", { class: "awaited" })));
  }

  /** Reads the catalog of a shop, or of the default one, however long that takes, and shows it. */
  async load(tenant) {
    const products = await catalog(tenant);
    this.#products = new Map(products.map((product) => [product.id, product]));
    this.#list.replaceChildren(...products.map((product) => this.#card(product)));
    say(this.#list, "aria-busy", false);
  }

  /** The name of a variant; its id if the catalog does not have it. */
  variantName(productID, variantID) {
    const variants = this.#products.get(productID)?.variants ?? [];
    return variants.find(({ id }) => id === variantID)?.name ?? variantID;
  }

  #card(product) {
    const offers =
      product.variants.length > 0
        ? product.variants
        : [{ ...product, id: "", name: "One size" }];
    const { art, words } = look(product.id, "");
    const badge = element("span", { class: "badge", hidden: true });
    const price = element("p", { class: "price" });
    const choice = chooser(product, offers);
    const buy = element("button", { class: "add" }, "Add");
    buy.setAttribute("aria-label", `Add ${product.name} to the cart`);
    buy.disabled = !product.available;
    const form = element("form", {}, choice, buy);
    const picture = element("div", { class: "art" }, drawing(art), badge);
    const title = element("div", { class: "title" }, element("h2", {}, product.name), price);
    const about = element("p", { class: "words" }, words);
    const card = element(
      "li",
      { class: "card dyed", "data-product": product.id },
      picture,
      title,
      about,
      form,
    );
    const chosen = () => offers[choice.selectedIndex ?? 0];
    const show = () => showOffer({ card, badge, price }, product, chosen());
    choice.addEventListener("change", show);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#buy(buy, product, chosen());
    });
    show();
    return card;
  }

  async #buy(buy, { id: productID, name, currency }, { id: variant, price }) {
    say(buy, "aria-busy", true);
    const product = { name, price, currency };
    await this.#take(`${name} added`, { productID, variant, product });
    say(buy, "aria-busy", false);
  }
}

/** A select where there is something to choose, else the one thing there is. */
function chooser(product, offers) {
  if (offers.length === 1) return element("p", { class: "only" }, offers[0].name);
  const options = offers.map(({ id, name }) => element("option", { value: id }, name));
  return element("select", { "aria-label": `Variant of ${product.name}` }, ...options);
}

function showOffer({ card, badge, price }, product, offer) {
  const { colour } = look(product.id, offer.id);
  if (colour) card.dataset.colour = colour;
  price.textContent = money(offer.price, product.currency);
  const left = product.available ? (offer.level?.available ?? offer.stock) : 0;
  badge.textContent = left > 0 ? `Only ${left} left` : "Sold out";
  badge.dataset.kind = left > 0 ? "few" : "out";
  badge.hidden = left > FEW;
  card.dataset.sold = left > 0 ? "" : "out";
}

async function catalog(tenant) {
  const named = tenant === undefined ? "" : `?tenant=${encodeURIComponent(tenant)}`;
  for (;;) {
    const answer = await fetch(`/api/products${named}`, { cache: "no-cache" }).catch(() => null);
    if (answer?.ok) return parse(await answer.text());
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
}
