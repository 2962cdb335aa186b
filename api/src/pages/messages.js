// What the shop says when something did not work: problems (RFC 9457) in a customer's words.
// Knows no cart.

import { CartBusy, CartProblem, CartUnanswered } from "./cartstream/index.js";
import { button, element } from "./dom.js";

/** Messages shown at a time; an older one has been read or never will be. */
const SHOWN_MAX = 3;
/** How long a message stays unless someone is at it, in ms: twice the time it takes to read. */
const STAYS = 9_000;

/** By code, which is what is stable about a problem. */
const WORDS = {
  insufficient_stock: ({ available }) => [
    available > 0 ? `Only ${available} in stock` : "Just sold out",
    "There is not enough of it for that. Your cart stays as it is.",
  ],
  product_unavailable: () => [
    "Sold out",
    "It is not for sale right now. Your cart stays as it is.",
  ],
  currency_mismatch: () => [
    "One cart, one currency",
    "This is sold in another currency than what is in your cart. Empty the cart first, and add it then.",
  ],
  cart_locked: () => [
    "Somebody is paying for this cart",
    "It cannot be changed until that is done or given up.",
  ],
  cart_limit: () => ["That is more than a cart can hold", "Your cart stays as it is."],
  version_mismatch: () => [
    "Another device was faster",
    "The cart changed before this did. Look at it again, and try once more.",
  ],
  item_not_found: () => ["Already gone", "Another device took it out of the cart."],
  product_not_found: () => ["No longer here", "The shop does not have this product any more."],
  unknown_variant: () => ["No longer here", "The shop does not have it in this variant any more."],
  unavailable: () => [
    "The shop cannot take this right now",
    "Nothing was changed. Try again in a moment.",
  ],
};

/** A title and a sentence for anything that went wrong with a change. */
function worded(error) {
  if (error instanceof CartProblem) {
    return WORDS[error.code]?.(error.body) ?? [error.message, error.detail];
  }
  if (error instanceof CartBusy) {
    return ["One moment", "More is on its way than the shop has answered yet."];
  }
  if (error instanceof CartUnanswered) {
    return [
      "No answer from the shop",
      "Whether this went through shows in the cart once it is back.",
    ];
  }
  console.error(error);
  return ["That did not work", "The page met something it does not understand."];
}

/** The corner where messages appear. */
export class Messages {
  #corner;

  constructor(corner) {
    this.#corner = corner;
  }

  /** Says what went wrong. */
  show(error) {
    const [title, text] = worded(error);
    const close = button({ class: "quiet", "aria-label": "Dismiss" }, "×", () => toast.remove());
    const words = [element("strong", {}, title), element("p", {}, text)];
    const toast = element("div", { class: "toast", role: "alert" }, ...words, close);
    this.#corner.append(toast);
    while (this.#corner.childElementCount > SHOWN_MAX) this.#corner.firstElementChild.remove();
    this.#letGo(toast);
  }

  #letGo(toast) {
    const isHeld = () => toast.matches(":hover, :focus-within");
    const leave = () => (isHeld() ? setTimeout(leave, STAYS) : toast.remove());
    setTimeout(leave, STAYS);
  }
}
