// What the client offers, and what the service says. Amounts are texts of exact decimals: "59.90".

/** An exact decimal with its currency's digits, never a number. */
export type Amount = string;
/** A time as in 2024-01-15T10:30:00Z (RFC 3339). */
export type Timestamp = string;

/** One product in one variant. */
export interface CartItem {
  itemID: string;
  productID: string;
  name: string;
  /** What it cost when it was added; null only of a pending line whose product was not told. */
  price: Amount | null;
  quantity: number;
  /** Empty for the bare product. */
  variant: string;
  state: "added" | "updated" | "out_of_stock" | "available";
  /** Absent of a pending line. */
  addedAt?: Timestamp;
  /** Absent of a pending line. */
  lastModified?: Timestamp;
  /** What it costs now, as last heard; null when it is not sold; absent where no event said it. */
  currentPrice?: Amount | null;
  /** Whether it can be bought, as last heard; absent where no event said it. */
  available?: boolean;
  /** A command on its way changes it. */
  pending?: true;
}

/** What is not as it was put in, as last heard. */
export interface CartWarning {
  code: "price_changed" | "out_of_stock" | "insufficient_stock" | "quantity_capped" | "line_limit";
  itemID: string;
  price?: Amount;
  currentPrice?: Amount;
  available?: number;
  requested?: number;
  applied?: number;
}

export interface Cart {
  userID: string;
  cartID: string;
  version: number;
  items: CartItem[];
  /** The sum of the items; null while the price of a pending line is not known. */
  total: Amount | null;
  itemCount: number;
  /** Null for an empty cart. */
  currency: string | null;
  state: "active" | "locked" | "expired";
  locked: boolean;
  lastModified: Timestamp;
  expiresAt: Timestamp;
  warnings: CartWarning[];
}

/** The answer of a merge; `warnings` are what was cut, null once that is forgotten. */
export interface MergedCart extends Omit<Cart, "warnings"> {
  mergeID: string;
  warnings: CartWarning[] | null;
}

export interface Checkout {
  checkoutID: string;
  /** What is sold at the prices charged; null, as `total` and `currency`, once that is forgotten. */
  lines: CartItem[] | null;
  total: Amount | null;
  currency: string | null;
  expiresAt: Timestamp;
  state: "reserving" | "ready" | "completed" | "cancelled" | "refused" | "expired";
  version: number;
  orderID: string | null;
}

/** One event of a cart, as it came; each type's further fields are in the service's events.md. */
export interface CartEvent {
  type: string;
  eventID: string;
  cartID: string;
  userID: string;
  /** The version it brought about; it is the `n`-th, from 0, of the `of` events of that version. */
  version: number;
  n: number;
  of: number;
  timestamp: Timestamp;
  expiresAt: Timestamp;
  currency: string | null;
  total: Amount;
  itemCount: number;
  itemID?: string;
  productID?: string;
  quantity?: number;
  item?: CartItem;
  items?: CartItem[];
  [field: string]: unknown;
}

/** Whole versions in order; ask on after `next` until it is null. */
export interface EventPage {
  events: CartEvent[];
  next: number | null;
  /** There only when earlier versions are not kept any more: the first that may be. */
  from?: number;
}

/** A command, as listeners are told of it. */
export interface PendingCommand {
  type: string;
  /** Its Idempotency-Key. */
  key: string;
  [field: string]: unknown;
}

export type Connection = "offline" | "connecting" | "live" | "reconnecting";

/** What a listener is told; `cart` is the cart to show, null while none is known. */
export type CartChange = { cart: Cart | null } & (
  | { type: "cart" }
  /** `text` is its JSON as it came, to be kept or passed on digit for digit. */
  | { type: "event"; event: CartEvent; text: string }
  | { type: "pending"; command: PendingCommand }
  | { type: "applied"; command: PendingCommand; version: number }
  | { type: "rejected"; command: PendingCommand; error: CartProblem }
  | { type: "unanswered"; command: PendingCommand; error: Error }
  /**
   * `error` is why the last one ended or did not open, where that is known: of a socket only that its
   * token could not be had. With "offline" it is the `CartProblem` by which the service denied the cart.
   */
  | { type: "connection"; connection: Connection; via: "socket" | "stream" | null; error?: Error }
);

/**
 * Proves who asks. A function is asked for each request and each connection, so that it may answer a
 * fresh one, and once more after a 401; if it fails, that is as if the network did. Null is nobody.
 */
export type TokenSource = string | null | (() => string | null | Promise<string | null>);

export interface ClientOptions {
  /** Whose cart. */
  user: string;
  /** Where the service is; the page's own origin if absent. */
  url?: string;
  /** Opens sockets; the global one if absent. Without any the client follows over plain HTTP. */
  WebSocket?: (new (url: string, protocols?: string[]) => unknown) | null;
  /** Makes requests; the global one if absent. A gateway's own headers may be added here. */
  fetch?: typeof globalThis.fetch;
  /**
   * Sent with each request and each socket, also to another host than `url` where the service says that
   * a cart's connections are there.
   */
  token?: TokenSource;
}

export interface GuestOptions {
  /** Where the service is; the page's own origin if absent. */
  url?: string;
  fetch?: typeof globalThis.fetch;
  /** Which shop's guest; the default one's if absent. */
  tenant?: string;
  /** A guest's token that has not ended: the same guest gets a fresh one. */
  token?: TokenSource;
}

/** Somebody without an account: `user` and `token` of their client. */
export interface Guest {
  userID: string;
  token: string;
  /** When the token ends. */
  expiresAt: Timestamp;
}

export interface CommandOptions {
  /** Refuses the command with 412 if the cart has another version. */
  ifVersion?: number;
  /** The Idempotency-Key, 1 to 255 visible ASCII; a fresh one if absent. */
  key?: string;
}

/** What to put in. `product` is only shown until the service has answered. */
export interface NewItem {
  productID: string;
  /** 1 if absent. */
  quantity?: number;
  variant?: string;
  product?: { name?: string; price?: Amount; currency?: string };
}

export declare class CartClient {
  constructor(options: ClientOptions);
  /** Lets a guest in, or gives one a fresh token. */
  static guest(options?: GuestOptions): Promise<Guest>;
  /** The cart with what is on its way; null while none is known. */
  readonly cart: Cart | null;
  /** The cart as the service told it; null while none is known. */
  readonly confirmed: Cart | null;
  /** How many commands are not confirmed yet. */
  readonly pending: number;
  readonly connection: Connection;

  /** Has `listener` told of every change, without connecting. Answers how to stop that. */
  subscribe(listener: (change: CartChange) => void): () => void;
  /** The same, and connects. The last one to stop ends the connection. */
  follow(listener?: (change: CartChange) => void): () => void;
  /** Ends everything for good. */
  close(): void;

  get(options?: { asOf?: number | Timestamp }): Promise<Cart>;
  events(options?: { after?: number }): Promise<EventPage>;

  addItem(item: NewItem, options?: CommandOptions): Promise<Cart>;
  /** 0 takes it out. */
  setQuantity(itemID: string, quantity: number, options?: CommandOptions): Promise<Cart>;
  removeItem(itemID: string, options?: CommandOptions): Promise<Cart>;
  clear(options?: CommandOptions): Promise<Cart>;
  extend(extendSeconds: number, options?: CommandOptions): Promise<Cart>;
  restore(options?: CommandOptions): Promise<Cart>;
  merge(
    fromUserID: string,
    options?: CommandOptions & {
      policy?: "sum" | "max" | "keepUser" | "keepGuest";
      /** A token of the other cart's user, where users are known: their consent. */
      fromToken?: string;
    },
  ): Promise<MergedCart>;
  checkout(options?: CommandOptions & { acceptPrices?: boolean }): Promise<Checkout>;
  completeCheckout(
    checkoutID: string,
    orderID: string,
    options?: CommandOptions,
  ): Promise<Checkout>;
  cancelCheckout(checkoutID: string, options?: CommandOptions): Promise<Checkout>;
}

/** The service said no, and that is definite. */
export declare class CartProblem extends Error {
  readonly status: number;
  /** The stable code to branch on. */
  readonly code: string;
  /** For developers. */
  readonly detail: string;
  /** The whole problem (RFC 9457). */
  readonly body: { [field: string]: unknown };
}

/**
 * Nobody said what became of it; the same with the same `key` may be asked again. `cause` is what went
 * wrong last, if that is known.
 */
export declare class CartUnanswered extends Error {}
/** Too many commands wait; nothing was sent. */
export declare class CartBusy extends Error {}
/** The client was closed; what was under way may have been carried out. */
export declare class CartClosed extends Error {}

/** An amount for a reader, with exactly its digits. */
export declare function formatMoney(amount: Amount, currency: string, locale?: string): string;
/** An amount as whole minor units: "59.90" is 5990n and 2. */
export declare function minorUnits(amount: Amount): { units: bigint; digits: number };
/** Parses JSON of the service, such as its products, with each amount as an `Amount`. */
export declare function parse(text: string): unknown;
