//! What can be asked next with what an answer says: so that a reader, and a tool, finds the way from
//! an item to its removal, and from a checkout to its end.

use utoipa::openapi::ResponseBuilder;
use utoipa::openapi::link::{Link, LinkBuilder};

/// An operation that takes what an answer says: its id, and each parameter with where its value is.
type Next = (&'static str, &'static [(&'static str, &'static str)]);

const USER: (&str, &str) = ("userID", "$request.path.userID");
const FIRST_ITEM: (&str, &str) = ("itemID", "$response.body#/items/0/itemID");
const CHECKOUT: (&str, &str) = ("checkoutID", "$response.body#/checkoutID");
const MERGE: (&str, &str) = ("mergeID", "$response.body#/mergeID");
const COMMAND: (&str, &str) = ("commandID", "$response.body#/commandID");
const PRODUCT: (&str, &str) = ("id", "$response.body#/id");

/// After a change of a cart.
pub(super) const OF_CART: &[Next] = &[
    ("getCart", &[USER]),
    ("getCartState", &[USER]),
    ("getExpiry", &[USER]),
    ("getEvents", &[USER]),
    ("setQuantity", &[USER, FIRST_ITEM]),
    ("removeItem", &[USER, FIRST_ITEM]),
    ("clearCart", &[USER]),
    ("checkOut", &[USER]),
];
/// After a checkout was begun, completed or given up.
pub(super) const OF_CHECKOUT: &[Next] = &[
    ("getCheckout", &[USER, CHECKOUT]),
    ("completeCheckout", &[USER, CHECKOUT]),
    ("cancelCheckout", &[USER, CHECKOUT]),
    ("getCartState", &[USER]),
];
/// After a merge.
pub(super) const OF_MERGE: &[Next] = &[
    ("getMerge", &[USER, MERGE]),
    ("undoMerge", &[USER, MERGE]),
    ("getCart", &[USER]),
    ("removeItem", &[USER, FIRST_ITEM]),
];
/// While an outcome is not known.
pub(super) const OF_PENDING: &[Next] = &[("getCommand", &[USER, COMMAND])];
/// After a product was put.
pub(super) const OF_PRODUCT: &[Next] = &[("getProduct", &[PRODUCT]), ("adjustStock", &[PRODUCT])];

fn link(parameters: &[(&str, &str)], operation: &str) -> Link {
    let link = LinkBuilder::new().operation_id(operation);
    parameters.iter().fold(link, |link, (name, place)| link.parameter(*name, *place)).build()
}

/// The same answer, and what can be asked next.
pub(super) fn with(answer: ResponseBuilder, next: &[Next]) -> ResponseBuilder {
    next.iter().fold(answer, |answer, (name, from)| answer.link(*name, link(from, name)))
}
