//! What a request says, parsed once: path, headers and body. Knows no answers but problems.
//!
//! Two faults have one answer, so everything malformed is found before an id or a number is judged:
//! extractors run in the order path, headers, body; the handlers judge values after them.

mod ask;
mod caller;
mod checkout;
mod delivery;
mod form;
mod guest;
mod handshake;
mod languages;
mod listen;
mod merge;
mod path;
mod payload;
mod product;
#[cfg(feature = "properties")]
pub mod properties;
mod said;
mod shop;
mod signed;
mod span;
mod stock;
mod strict;
mod webhook;

pub(crate) use self::ask::{Ask, KEY_MAX, KEY_PATTERN, Repeat};
pub(crate) use self::caller::{By, Follower, PROTOCOL, audit_command, bearer};
pub(crate) use self::checkout::{CheckOut, CompleteCheckout};
pub(crate) use self::delivery::{CHANGES_MAX, StockDelivery};
pub(crate) use self::form::{AddItem, ChangeCurrency, Extend, SetQuantity};
pub(crate) use self::guest::WelcomeGuest;
pub(crate) use self::handshake::Handshake;
pub(crate) use self::languages::Languages;
pub(crate) use self::listen::Listen;
pub(crate) use self::merge::MergeCarts;
pub(crate) use self::path::{
    AfterQuery, AsOfQuery, Asked, CartPath, CheckoutPath, CommandPath, ItemPath, MergePath,
    ProductPath, SchemaPath, Segments, SentQuery, SinceQuery,
};
pub(crate) use self::payload::{Bodiless, Payload, Perhaps, Raw};
pub(crate) use self::product::ProductForm;
pub(crate) use self::said::{Kind as SaidKind, Said, Unread, Wanted};
pub(crate) use self::shop::{Shop, ShopQuery};
pub(crate) use self::signed::Signed;
pub(crate) use self::span::{Order, ProductsQuery, Question, SpanQuery, Step, StepQuery};
pub(crate) use self::stock::AdjustStock;
pub(crate) use self::webhook::{AddWebhook, Recover, SetPreferences, WebhookPath};
