//! What a request says, parsed once: path, headers and body. Knows no answers but problems.
//!
//! Two faults have one answer, so everything malformed is found before an id or a number is judged:
//! extractors run in the order path, headers, body; the handlers judge values after them.

mod ask;
mod form;
mod path;
mod payload;
mod product;
mod strict;

pub(crate) use self::ask::{Ask, traceparent};
pub(crate) use self::form::{AddItem, Extend, SetQuantity};
pub(crate) use self::path::{
    Asked, CartPath, CommandPath, ItemPath, ProductPath, Segments, SentQuery,
};
pub(crate) use self::payload::{Bodiless, Payload};
pub(crate) use self::product::ProductForm;
