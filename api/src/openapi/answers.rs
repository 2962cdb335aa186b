//! The answers routes have in common, described once from the table of problem codes.

use std::collections::BTreeMap;

use utoipa::IntoResponses;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::schema::Type;
use utoipa::openapi::{Content, Header, ObjectBuilder, Ref, RefOr, Response, ResponseBuilder};

use super::links::{self, OF_CART, OF_CHECKOUT, OF_MERGE, OF_PENDING, OF_PRODUCT};
use crate::problem::{Code, PROBLEM_JSON};

type Responses = BTreeMap<String, RefOr<Response>>;

fn text(description: &'static str) -> Header {
    let schema = ObjectBuilder::new().schema_type(Type::String).build();
    HeaderBuilder::new().schema(Some(schema)).description(Some(description)).build()
}

fn content(schema: &str) -> Content {
    Content::new(Some(Ref::from_schema_name(schema)))
}

/// One response per status, whose description names its codes.
fn problems(codes: &[Code]) -> Responses {
    let mut by_status: BTreeMap<u16, Vec<String>> = BTreeMap::new();
    for code in codes {
        let line = format!("`{}`: {}", code.as_str(), code.title());
        by_status.entry(code.status().as_u16()).or_default().push(line);
    }
    let response = |(status, lines): (u16, Vec<String>)| {
        let response = ResponseBuilder::new()
            .description(lines.join("; "))
            .content(PROBLEM_JSON, content("Problem"))
            .build();
        (status.to_string(), response.into())
    };
    by_status.into_iter().map(response).collect()
}

macro_rules! problem_sets {
    ($($(#[$doc:meta])* $name:ident [$($code:ident)+];)+) => {
        $(
            $(#[$doc])*
            pub(crate) struct $name;

            impl IntoResponses for $name {
                fn responses() -> Responses {
                    problems(&[
                        Code::RateLimited, Code::Internal, Code::Overloaded, Code::Unavailable,
                        $(Code::$code),+
                    ])
                }
            }
        )+
    };
}

problem_sets! {
    /// What can be wrong with a read of a cart.
    ReadProblems [Unauthenticated InvalidToken Forbidden Malformed MethodNotAllowed InvalidUserId];
    /// The same, of a cart as it is or was.
    CartProblems [
        Unauthenticated InvalidToken Forbidden Malformed VersionNotFound MethodNotAllowed
        InvalidUserId
    ];
    /// What can be wrong with a read of a command.
    CommandProblems [
        Unauthenticated InvalidToken Forbidden Malformed CommandNotFound MethodNotAllowed
        InvalidUserId
    ];
    /// What can be wrong with a change, the shop's "no" included.
    ChangeProblems [
        Unauthenticated InvalidToken Forbidden Malformed ProductNotFound ItemNotFound
        MethodNotAllowed ProductUnavailable InsufficientStock CurrencyMismatch VersionMismatch
        BodyTooLarge UnsupportedMediaType UnknownVariant InvalidQuantity InvalidUserId InvalidExpiry
        InvalidCurrency CartLimit IdempotencyConflict CartLocked
    ];
    /// What can be wrong with another currency.
    CurrencyProblems [
        Unauthenticated InvalidToken Forbidden Malformed MethodNotAllowed NoPrice VersionMismatch
        BodyTooLarge UnsupportedMediaType InvalidUserId InvalidCurrency EmptyCart
        IdempotencyConflict CartLocked
    ];
    /// What can be wrong with a merge.
    MergeProblems [
        Unauthenticated InvalidToken Forbidden Malformed MethodNotAllowed CurrencyMismatch
        VersionMismatch BodyTooLarge UnsupportedMediaType InvalidUserId InvalidMerge CartLimit
        MergeNotFound IdempotencyConflict CartLocked
    ];
    /// What can be wrong with a question about a merge.
    MergeReadProblems [
        Unauthenticated InvalidToken Forbidden Malformed MergeNotFound MethodNotAllowed
        InvalidUserId
    ];
    /// What can be wrong with undoing a merge.
    UndoProblems [
        Unauthenticated InvalidToken Forbidden Malformed MergeNotFound MethodNotAllowed MergeChanged
        VersionMismatch InvalidUserId IdempotencyConflict CartLocked
    ];
    /// What can be wrong with beginning a checkout.
    CheckoutProblems [
        Unauthenticated InvalidToken Forbidden Malformed MethodNotAllowed ProductUnavailable
        InsufficientStock PriceChanged CheckoutExpired CheckoutCompleted VersionMismatch
        BodyTooLarge UnsupportedMediaType EmptyCart InvalidUserId IdempotencyConflict CartLocked
    ];
    /// What can be wrong with a question about a checkout.
    CheckoutReadProblems [
        Unauthenticated InvalidToken Forbidden Malformed CheckoutNotFound MethodNotAllowed
        InvalidUserId
    ];
    /// What can be wrong with completing a checkout.
    CompleteProblems [
        Unauthenticated InvalidToken Forbidden Malformed CheckoutNotFound MethodNotAllowed
        CheckoutPending CheckoutExpired CheckoutCompleted VersionMismatch BodyTooLarge
        UnsupportedMediaType InvalidUserId InvalidOrderId IdempotencyConflict
    ];
    /// What can be wrong with giving a checkout up.
    CancelProblems [
        Unauthenticated InvalidToken Forbidden Malformed CheckoutNotFound MethodNotAllowed
        CheckoutCompleted VersionMismatch BodyTooLarge InvalidUserId IdempotencyConflict
    ];
    /// What can be wrong with a read of a catalog.
    ListProblems [Unauthenticated InvalidToken Malformed MethodNotAllowed InvalidUserId];
    /// The same, of one product.
    CatalogProblems [
        Unauthenticated InvalidToken Malformed ProductNotFound MethodNotAllowed InvalidUserId
    ];
    /// What can be wrong with a product.
    ProductProblems [
        Unauthenticated InvalidToken Forbidden Malformed MethodNotAllowed BodyTooLarge
        UnsupportedMediaType InvalidPrice InvalidProduct
    ];
    /// What can be wrong with a change of stock.
    StockProblems [
        Unauthenticated InvalidToken Forbidden Malformed ProductNotFound MethodNotAllowed
        BodyTooLarge UnsupportedMediaType UnknownVariant InvalidStock IdempotencyConflict
    ];
    /// What can be wrong with a delivery of stock.
    HookProblems [
        Malformed InvalidSignature NotFound MethodNotAllowed BodyTooLarge InvalidUserId InvalidStock
        IdempotencyConflict
    ];
    /// What can be wrong with following a cart.
    FollowProblems [
        Malformed Unauthenticated InvalidToken InvalidTicket Forbidden ForeignOrigin
        MethodNotAllowed Misdirected InvalidUserId
    ];
    /// What can be wrong with a question for figures.
    FigureProblems [
        Malformed Unauthenticated InvalidToken Forbidden MethodNotAllowed InvalidUserId
        InvalidCurrency
    ];
    /// What can be wrong with a shop's webhooks.
    WebhooksProblems [
        Malformed Unauthenticated InvalidToken Forbidden MethodNotAllowed TooManyWebhooks BodyTooLarge
        UnsupportedMediaType InvalidWebhook
    ];
    /// The same, of one of them.
    WebhookProblems [
        Malformed Unauthenticated InvalidToken Forbidden WebhookNotFound MethodNotAllowed BodyTooLarge
    ];
    /// What can be wrong with what a customer agrees to.
    PreferencesProblems [
        Malformed Unauthenticated InvalidToken Forbidden MethodNotAllowed BodyTooLarge
        UnsupportedMediaType InvalidUserId
    ];
    /// What can be wrong with a recovery link.
    RecoveryProblems [
        Malformed RecoveryNotFound MethodNotAllowed CurrencyMismatch NothingToRestore VersionMismatch
        BodyTooLarge UnsupportedMediaType CartLimit IdempotencyConflict CartLocked
    ];
    /// What can be wrong with letting a guest in.
    GuestProblems [
        Malformed Unauthenticated InvalidToken NotFound MethodNotAllowed BodyTooLarge
        UnsupportedMediaType InvalidUserId
    ];
    /// What can be wrong with asking for a ticket.
    TicketProblems [Unauthenticated InvalidToken MethodNotAllowed BodyTooLarge];
}

/// A cart read.
pub(crate) struct CartAnswer;

impl IntoResponses for CartAnswer {
    fn responses() -> Responses {
        let response = ResponseBuilder::new()
            .description("The cart")
            .content("application/json", content("Cart"))
            .header("ETag", text("The cart's version, quoted; not with `asOf`"));
        BTreeMap::from([("200".to_owned(), response.build().into())])
    }
}

/// A cart changed, or about to be.
pub(crate) struct ChangeAnswer;

impl IntoResponses for ChangeAnswer {
    fn responses() -> Responses {
        change("Cart", links::with(applied(), OF_CART))
    }
}

/// A cart merged, or about to be.
pub(crate) struct MergeAnswer;

impl IntoResponses for MergeAnswer {
    fn responses() -> Responses {
        change("MergedCart", links::with(applied(), OF_MERGE))
    }
}

/// A checkout begun, completed or given up, or about to be.
pub(crate) struct CheckoutAnswer;

impl IntoResponses for CheckoutAnswer {
    fn responses() -> Responses {
        change("Checkout", links::with(applied(), OF_CHECKOUT))
    }
}

/// A product put.
pub(crate) struct ProductAnswer;

impl IntoResponses for ProductAnswer {
    fn responses() -> Responses {
        let response = ResponseBuilder::new()
            .description("The product")
            .content("application/json", content("Product"));
        let response = links::with(response, OF_PRODUCT);
        BTreeMap::from([("200".to_owned(), response.build().into())])
    }
}

/// What a change that was carried out is answered with.
fn applied() -> ResponseBuilder {
    ResponseBuilder::new()
        .description("What it is after the change")
        .header("ETag", text("The cart's version, quoted"))
        .header("Idempotent-Replayed", text("`true` if an earlier request did it"))
        .header("Cart-Applied-Version", text("The version the earlier request brought about"))
}

/// What a change is answered with, as this schema.
fn change(schema: &str, applied: ResponseBuilder) -> Responses {
    let applied = applied.content("application/json", content(schema));
    let pending = ResponseBuilder::new()
        .description("The command is, or may be, in the log; its outcome is not known yet")
        .content("application/json", content("Pending"))
        .header("Location", text("Where its outcome will be told"))
        .header("Retry-After", text("Seconds to wait before asking"))
        .header("Preference-Applied", text("`respond-async` if that was asked for"));
    BTreeMap::from([
        ("200".to_owned(), applied.build().into()),
        ("202".to_owned(), links::with(pending, OF_PENDING).build().into()),
    ])
}
