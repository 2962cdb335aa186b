//! Every problem code, what it is answered as and what that means: the one table, of which
//! `docs/errors.md` is rendered. Knows no request.

use axum::http::StatusCode;
use cart_schemas::rejection::RejectionCode;
use serde::Serialize;
use utoipa::ToSchema;

/// What a code is answered as, and what it means to whoever gets it.
struct Row {
    code: &'static str,
    status: StatusCode,
    title: &'static str,
    when: &'static str,
    retry: Retry,
    advice: &'static str,
}

/// Whether the request that got a problem may be sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// Unchanged, and under the same `Idempotency-Key`.
    Unchanged,
    /// Unchanged, but only once something else has changed.
    Later,
    /// Not as it is: another request may get another answer.
    Corrected,
}

// The comment of a variant is also the reference's sentence on when it happens, so that none can
// be added without one.
macro_rules! codes {
    ($($(#[doc = $when:literal])+ $name:ident $code:literal $status:ident $title:literal
        $retry:ident $advice:literal;)+) => {
        /// The stable code of a problem, which is what a client branches on.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        #[schema(as = ProblemCode)]
        pub enum Code {
            $($(#[doc = $when])+ $name,)+
        }

        impl Code {
            /// Every code, by status.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            const fn row(self) -> Row {
                match self {
                    $(Self::$name => Row {
                        code: $code,
                        status: StatusCode::$status,
                        title: $title,
                        when: concat!($($when),+),
                        retry: Retry::$retry,
                        advice: $advice,
                    },)+
                }
            }
        }
    };
}

codes! {
    /// The path, the query, a header or the body cannot be read.
    Malformed "malformed" BAD_REQUEST "The request is malformed"
        Corrected "A defect of the caller; `detail` says what was expected.";
    /// The `webhook-signature` of a delivery is not one of its body by the secret that is set, or its
    /// `webhook-timestamp` is more than five minutes away from now.
    InvalidSignature "invalid_signature" UNAUTHORIZED "The signature does not hold"
        Corrected "Set the same secret on both sides, and the sender's clock.";
    /// No credentials came where they are asked for, or not as `Authorization: Bearer`.
    Unauthenticated "unauthenticated" UNAUTHORIZED "Who asks is not known"
        Corrected "Send the customer's token, a guest's, or an API key.";
    /// The token has expired, is signed with no key that is trusted, or says nothing of a user.
    InvalidToken "invalid_token" UNAUTHORIZED "The token does not hold"
        Corrected "Have a new one issued; `detail` says what is wrong with this one.";
    /// The ticket was shown before, more than 30 s ago, or never given.
    InvalidTicket "invalid_ticket" UNAUTHORIZED "The ticket does not hold"
        Corrected "Ask for another, and open the socket at once.";
    /// The cart is another user's, or only the shop itself may do it.
    Forbidden "forbidden" FORBIDDEN "The caller may not do this"
        Corrected "A defect of the caller: ask for the cart of the token's own user.";
    /// A page of another site asks for a socket, and the shop has not named that site.
    ForeignOrigin "foreign_origin" FORBIDDEN "Pages of this origin may open no socket"
        Corrected "Set `--cors-origin` to the origin of the storefront.";
    /// No route has this path.
    NotFound "not_found" NOT_FOUND "There is nothing here"
        Corrected "A defect of the caller; `/openapi.json` has every route.";
    /// The catalog has no product of this `productID`.
    ProductNotFound "product_not_found" NOT_FOUND "There is no such product"
        Later "Take the product out of the page; it is sold no more, or not yet.";
    /// The cart never had what `asOf` names, or it lies before what is kept of it, or more than 10000
    /// events after that.
    VersionNotFound "version_not_found" NOT_FOUND "The cart is not known as of then"
        Corrected "Ask for a later version; `…/events` says what is kept.";
    /// The cart has no item of this `itemID`, perhaps because another device took it out.
    ItemNotFound "item_not_found" NOT_FOUND "The cart has no such item"
        Corrected "Read the cart and show it as it is.";
    /// No command of this id was ever sent, or it is older than what the cart remembers: its last
    /// 72 decisions.
    CommandNotFound "command_not_found" NOT_FOUND "Nobody knows this command"
        Corrected "It does not mean that nothing was applied. Read the cart and ask the customer.";
    /// The cart knows no such merge: its lines never came, went back at once, or so many merges came
    /// after it that it is forgotten.
    MergeNotFound "merge_not_found" NOT_FOUND "There is no such merge"
        Corrected "Read the cart and show it as it is.";
    /// The cart never had such a checkout, or so many came after it that it is forgotten: a cart
    /// remembers the last 8.
    CheckoutNotFound "checkout_not_found" NOT_FOUND "There is no such checkout"
        Corrected "Read the cart and show it as it is.";
    /// The shop has no webhook of this id, or has taken it away.
    WebhookNotFound "webhook_not_found" NOT_FOUND "There is no such webhook"
        Corrected "List the webhooks of the shop.";
    /// The token of a recovery link is none of this shop's or older than seven days, or the cart it led to
    /// is no more.
    RecoveryNotFound "recovery_not_found" NOT_FOUND "The link leads nowhere"
        Corrected "Say that the link has expired, and show the customer their cart as it is.";
    /// The path has no such method; `Allow` names those it has.
    MethodNotAllowed "method_not_allowed" METHOD_NOT_ALLOWED "The method is not allowed here"
        Corrected "A defect of the caller.";
    /// The catalog lists the product as unavailable, or no longer lists that of a line that was
    /// to grow. Of a checkout: some product of the cart is not for sale, or not in its currency.
    ProductUnavailable "product_unavailable" CONFLICT "The product is not for sale"
        Later "Say so and offer something else. A line may always shrink or be removed.";
    /// The line would hold more than there is in stock; `available` says how many there are. Of a
    /// checkout: `lines` names what could not be reserved, with what is `available`.
    InsufficientStock "insufficient_stock" CONFLICT "There is not enough in stock"
        Later "Offer `available` pieces; what the line already holds counts among them.";
    /// Items were added so long ago, 24 hours if the shop says nothing else, that their price is not
    /// kept any more, and they cost something else by now; `lines` names them with both prices.
    PriceChanged "price_changed" CONFLICT "Prices have changed"
        Corrected "Show both prices. If the customer agrees, ask again with `acceptPrices`.";
    /// The checkout cannot be completed yet: not everything is reserved.
    CheckoutPending "checkout_pending" CONFLICT "The checkout is not ready yet"
        Later "Read the checkout until it is `ready`, then complete it. Charge nothing before.";
    /// The checkout ended without a sale: it was cancelled, its stock was short, or nobody completed
    /// it in time.
    CheckoutExpired "checkout_expired" CONFLICT "The checkout has ended without a sale"
        Corrected "Give back what was paid. The customer may check out again.";
    /// The checkout was completed, with another order or before it was to be cancelled.
    CheckoutCompleted "checkout_completed" CONFLICT "The checkout is completed already"
        Corrected "Read the checkout: `orderID` names the order. Give back what was paid twice.";
    /// The product, or the cart that was to be merged or restored, is in another currency than the
    /// lines of the cart.
    CurrencyMismatch "currency_mismatch" CONFLICT "The cart is in another currency"
        Later "Have the customer buy or clear the cart first: a cart has one currency.";
    /// Not every item of the cart has a price in the currency; `lines` names those that have none.
    NoPrice "no_price" CONFLICT "Not everything is sold in this currency"
        Later "Say which items are not, and offer to keep the currency or to remove them.";
    /// A shop has 8 webhooks at most, and an installation 64: each has a reader of its own.
    TooManyWebhooks "too_many_webhooks" CONFLICT "There are too many webhooks"
        Later "Take one away. Who needs more reads `cart.analytics` and passes it on.";
    /// The cart has no items that an expiry took out, or that was too long ago.
    NothingToRestore "nothing_to_restore" CONFLICT "There is nothing to restore"
        Corrected "Read the cart and show it as it is.";
    /// A merge can be undone for an hour, while every item it changed is as it left it and the four
    /// merges after it have not come.
    MergeChanged "merge_changed" CONFLICT "The merge cannot be undone any more"
        Corrected "Take the undo away. The customer can still remove what came.";
    /// An import met a cart that somebody had changed before. Only imports get it, by a command's
    /// status.
    CartExists "cart_exists" CONFLICT "The cart has been changed before"
        Corrected "Keep the cart as it is.";
    /// `If-Match` names another version than the cart has; `currentVersion` and `ETag` tell which.
    VersionMismatch "version_mismatch" PRECONDITION_FAILED "The cart has another version"
        Corrected "Read the cart, show what changed, and ask again with its `ETag`.";
    /// The body is longer than the route takes; `detail` says how long it may be.
    BodyTooLarge "body_too_large" PAYLOAD_TOO_LARGE "The body is too large"
        Corrected "A defect of the caller.";
    /// `Content-Type` is not `application/json`.
    UnsupportedMediaType "unsupported_media_type" UNSUPPORTED_MEDIA_TYPE "The body is not JSON"
        Corrected "A defect of the caller.";
    /// Another instance has the sockets and streams of this cart.
    Misdirected "misdirected" MISDIRECTED_REQUEST "The cart's sockets are elsewhere"
        Corrected "Ask `…/route` where they are, and open the socket there.";
    /// There is nothing in the cart that could be bought.
    EmptyCart "empty_cart" UNPROCESSABLE_ENTITY "The cart is empty"
        Corrected "Read the cart and show it as it is.";
    /// The product has no variant of this id.
    UnknownVariant "unknown_variant" UNPROCESSABLE_ENTITY "The product has no such variant"
        Later "Read the product and have the customer choose among its variants.";
    /// The user's id is not 1 to 128 characters of `A-Z a-z 0-9 . _ : @ -`.
    InvalidUserId "invalid_user_id" UNPROCESSABLE_ENTITY "The userID is invalid"
        Corrected "A defect of the caller: name carts by ids of this alphabet.";
    /// The order's id is not 1 to 64 characters of `A-Z a-z 0-9 . _ : @ -`.
    InvalidOrderId "invalid_order_id" UNPROCESSABLE_ENTITY "The orderID is invalid"
        Corrected "A defect of the caller: name orders by ids of this alphabet.";
    /// The quantity is not a whole number from 1 to 1000000. Setting 0 or less is no problem: it
    /// takes the item out.
    InvalidQuantity "invalid_quantity" UNPROCESSABLE_ENTITY "The quantity is invalid"
        Corrected "Show `errors` beside the field.";
    /// A price of the product is no plain decimal, is out of range, or has more decimals than its
    /// currency.
    InvalidPrice "invalid_price" UNPROCESSABLE_ENTITY "A price is invalid"
        Corrected "Mend the catalog's source; `errors` names every field that is wrong.";
    /// A field of the product other than a price is wrong.
    InvalidProduct "invalid_product" UNPROCESSABLE_ENTITY "The product is invalid"
        Corrected "Mend the catalog's source; `errors` names every field that is wrong.";
    /// `delta` is not a whole number, or there would be fewer than 0 pieces on hand, or more than
    /// 1000000000. Of a delivery of stock: it has no changes or more than 100, or `errors` says what
    /// is wrong with which.
    InvalidStock "invalid_stock" UNPROCESSABLE_ENTITY "The stock cannot be changed so"
        Corrected "Count again: a `delta` of 0 tells how many there are.";
    /// The currency is not the code of one that ISO 4217 gives decimals to.
    InvalidCurrency "invalid_currency" UNPROCESSABLE_ENTITY "The currency is invalid"
        Corrected "A defect of the caller: name currencies by codes such as `EUR`.";
    /// The webhook's URL is none, or of a host that may not be reached, or another field is out of bounds;
    /// `errors` says which.
    InvalidWebhook "invalid_webhook" UNPROCESSABLE_ENTITY "The webhook is invalid"
        Corrected "A defect of the caller; `--webhooks-allow-private` lets private hosts be named.";
    /// `extendSeconds` is not a whole number of at least 1, the new end would lie too far ahead,
    /// or the cart has expired.
    InvalidExpiry "invalid_expiry" UNPROCESSABLE_ENTITY "The expiry cannot be extended so"
        Corrected "Read the expiry and extend by less. An expired cart begins anew with an add.";
    /// `fromUserID` is the cart's own, `policy` is none, or the lines had left their cart too long
    /// ago when they came, and went back.
    InvalidMerge "invalid_merge" UNPROCESSABLE_ENTITY "The carts cannot be merged so"
        Corrected "A defect of the caller, or an outage of days: read both carts.";
    /// The cart would have more items, or more pieces of one, than the shop allows, or more merges
    /// than it can remember.
    CartLimit "cart_limit" UNPROCESSABLE_ENTITY "The cart would hold too much"
        Corrected "Say so, and keep what is in the cart.";
    /// The `Idempotency-Key` was used for another request to this cart, or a `webhook-id` for another
    /// delivery.
    IdempotencyConflict "idempotency_conflict" UNPROCESSABLE_ENTITY
        "The Idempotency-Key belongs to another request"
        Corrected "A defect of the caller: one key for one request, a fresh one for the next.";
    /// Somebody is paying for the cart, until `lockedUntil` at the latest.
    CartLocked "cart_locked" LOCKED "The cart is locked for a checkout"
        Later "Show that a payment is under way, and offer to cancel the checkout.";
    /// The user, the guest or the address has asked more than it may; `RateLimit` says of which budget
    /// and `detail` how much that is. Nothing was done.
    RateLimited "rate_limited" TOO_MANY_REQUESTS "Too much is asked by one caller"
        Unchanged "Wait for `Retry-After`. A storefront that meets it has a loop: find that.";
    /// The service is broken. As the outcome of a command it changed nothing; otherwise a change
    /// may have been applied.
    Internal "internal" INTERNAL_SERVER_ERROR "The service failed"
        Later "Read the cart before anything else. Report the answer's `x-request-id`.";
    /// More is asked of the service than it can do now, and whoever came on top of that would wait for
    /// too long. Nothing was done.
    Overloaded "overloaded" SERVICE_UNAVAILABLE "The service has too much to do now"
        Unchanged "Show the cart as last read. Wait for `Retry-After`, longer each time.";
    /// The log, the store or the catalog does not answer now, or too many sockets are open. No
    /// change of a cart was appended; a product that was put may be in the catalog, and of a delivery
    /// of stock some changes may be done.
    Unavailable "unavailable" SERVICE_UNAVAILABLE "The service is not available now"
        Unchanged "Show the cart as last read. Wait for `Retry-After`, longer each time.";
}

impl Code {
    /// The code as text.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.row().code
    }

    /// The status it is answered with.
    #[must_use]
    pub const fn status(self) -> StatusCode {
        self.row().status
    }

    /// What it means, whatever the occurrence.
    #[must_use]
    pub const fn title(self) -> &'static str {
        self.row().title
    }

    /// When it is answered, in Markdown.
    #[must_use]
    pub const fn when(self) -> &'static str {
        self.row().when.trim_ascii_start()
    }

    /// Whether asking again helps.
    #[must_use]
    pub const fn retry(self) -> Retry {
        self.row().retry
    }

    /// What a storefront does about it, in Markdown.
    #[must_use]
    pub const fn advice(self) -> &'static str {
        self.row().advice
    }
}

impl From<RejectionCode> for Code {
    fn from(code: RejectionCode) -> Self {
        match code {
            RejectionCode::ProductNotFound => Self::ProductNotFound,
            RejectionCode::UnknownVariant => Self::UnknownVariant,
            RejectionCode::IdempotencyConflict => Self::IdempotencyConflict,
            RejectionCode::CartLocked => Self::CartLocked,
            RejectionCode::VersionMismatch => Self::VersionMismatch,
            RejectionCode::CartExists => Self::CartExists,
            RejectionCode::ItemNotFound => Self::ItemNotFound,
            RejectionCode::CheckoutNotFound => Self::CheckoutNotFound,
            RejectionCode::EmptyCart => Self::EmptyCart,
            RejectionCode::CheckoutPending => Self::CheckoutPending,
            RejectionCode::CheckoutExpired => Self::CheckoutExpired,
            RejectionCode::CheckoutCompleted => Self::CheckoutCompleted,
            RejectionCode::InvalidExpiry => Self::InvalidExpiry,
            RejectionCode::NothingToRestore => Self::NothingToRestore,
            RejectionCode::InvalidMerge => Self::InvalidMerge,
            RejectionCode::MergeNotFound => Self::MergeNotFound,
            RejectionCode::MergeChanged => Self::MergeChanged,
            RejectionCode::ProductUnavailable => Self::ProductUnavailable,
            RejectionCode::CurrencyMismatch => Self::CurrencyMismatch,
            RejectionCode::NoPrice => Self::NoPrice,
            RejectionCode::CartLimit => Self::CartLimit,
            RejectionCode::PriceChanged => Self::PriceChanged,
            RejectionCode::InsufficientStock => Self::InsufficientStock,
            RejectionCode::Internal => Self::Internal,
        }
    }
}

#[cfg(test)]
mod tests;
