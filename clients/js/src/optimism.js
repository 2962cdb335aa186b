// The cart as it is confirmed, and with what is on its way. Shows each command at most once: while it
// is not certain whether the confirmed cart has it already, it is not shown beside it. Knows no
// connection.

import { evolve, isTold, judge, toldBy, toldUpTo } from "./fold.js";
import { isRelative, isShown, looksLike, withCommands } from "./overlay.js";
import { CartBusy } from "./problem.js";

/** Commands under way at a time: far more than a person gives, and few enough to show and to resend. */
export const PENDING_MAX = 64;

/**
 * What is known of a cart. A command is shown from `begin` on. Events carry no command's id, so one that
 * looks like it hides it until its answer says which version it was. An answered command is shown until
 * that version is confirmed.
 */
export class Optimism {
  #told = null;
  #pending = [];
  /** The cart as the service told it. */
  confirmed = null;

  /** The cart with what is on its way. */
  get cart() {
    const shown = this.#pending.filter(({ isHidden }) => !isHidden);
    return this.confirmed && withCommands(this.confirmed, shown.map(({ command }) => command));
  }

  /** How many commands are not confirmed yet. */
  get pending() {
    return this.#pending.length;
  }

  /** What was told last; null while no cart is known. */
  get told() {
    return this.#told;
  }

  /** A command is given. */
  begin(command, id) {
    if (this.#pending.length >= PENDING_MAX) throw new CartBusy();
    this.#pending.push({ command, id, isSent: false, isHidden: false, version: null });
  }

  /** It is on its way: from now on it may be carried out. */
  sent(id) {
    const one = this.#find(id);
    if (one) one.isSent = true;
  }

  /** It was carried out, with this version. */
  answered(id, version) {
    const one = this.#find(id);
    if (!one) return;
    Object.assign(one, { version, isHidden: false });
    if (!isShown(one.command) || version === undefined) this.drop(id);
    this.#settle();
  }

  /** It was refused, or nobody knows: it is not shown any more. */
  drop(id) {
    this.#pending = this.#pending.filter((one) => one.id !== id);
  }

  /** The service told the whole cart, as part of its stream. */
  replace(cart) {
    const isOther = this.confirmed?.cartID !== cart.cartID;
    const isNews = isOther || this.#told.next !== null || this.#told.version !== cart.version;
    for (const one of this.#pending) {
      // It may have this one, or not.
      if (isNews && isUnclear(one) && isRelative(one.command)) one.isHidden = true;
    }
    // Versions of a cart that was erased say nothing of the next one's.
    if (isOther) this.#pending = this.#pending.filter(({ version }) => version === null);
    this.confirmed = cart;
    this.#told = toldBy(cart);
    this.#settle();
  }

  /** Somebody read the whole cart beside the stream; what is older than what is known is no news. */
  adopt(cart) {
    const isOlder = this.confirmed?.cartID === cart.cartID && cart.version < this.#told.version;
    if (!isOlder) this.replace(cart);
  }

  /** An event: "take" when it was folded, "drop" when it is a repeat, "resync" when it cannot be. */
  take(event) {
    const isOurs = this.#told !== null && this.confirmed.cartID === event.cartID;
    const verdict = isOurs ? judge(this.#told, event) : "resync";
    if (verdict !== "take") return verdict;
    const cart = evolve(this.confirmed, event);
    if (cart === null) return "resync";
    const likely = this.#likely(event);
    if (likely) likely.isHidden = true;
    this.confirmed = cart;
    this.#told = toldUpTo(event);
    this.#settle();
    return verdict;
  }

  /** The command that may have brought an event about; none where an answer says which it was. */
  #likely(event) {
    const isLike = (one) =>
      isUnclear(one) && !one.isHidden && looksLike(one.command, event, this.confirmed);
    const isKnown = this.#pending.some(({ version }) => version === event.version);
    return isKnown ? undefined : this.#pending.find(isLike);
  }

  #find(id) {
    return this.#pending.find((one) => one.id === id);
  }

  /** What the confirmed cart has is not pending any more. */
  #settle() {
    const isConfirmed = ({ version }) =>
      version !== null && this.#told !== null && isTold(this.#told, version);
    this.#pending = this.#pending.filter((one) => !isConfirmed(one));
  }
}

/** It was sent, and nobody has said what became of it. */
function isUnclear({ isSent, version }) {
  return isSent && version === null;
}
