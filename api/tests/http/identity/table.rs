//! Every route and what each role is answered there: the table.

/// Who asks. Ann is the user whose cart it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Nobody,
    Forger,
    Ann,
    Bob,
    AnnOfAcme,
    Acme,
    Shop,
    Service,
}

pub(super) const ROLES: [Role; 8] = [
    Role::Nobody,
    Role::Forger,
    Role::Ann,
    Role::Bob,
    Role::AnnOfAcme,
    Role::Acme,
    Role::Shop,
    Role::Service,
];

/// A route, a request to it, and the answer to each role in their order.
pub(super) struct Row {
    pub(super) method: &'static str,
    pub(super) route: &'static str,
    pub(super) path: &'static str,
    pub(super) body: &'static str,
    pub(super) told: [&'static str; 8],
}

const NOBODY: &str = "401 unauthenticated";
const INVALID: &str = "401 invalid_token";
const NO: &str = "403 forbidden";

/// Whoever may act for the cart is answered so. Another shop's Ann has a cart of her own there.
const fn own(told: &'static str) -> [&'static str; 8] {
    [NOBODY, INVALID, told, NO, told, told, told, told]
}

/// Only the shop may, each for its own carts and its own catalog.
const fn shop(told: &'static str) -> [&'static str; 8] {
    [NOBODY, INVALID, NO, NO, NO, told, told, told]
}

/// Everybody may, whose shop's it is, but not with a token that proves nothing.
const fn anybody(told: &'static str) -> [&'static str; 8] {
    [told, INVALID, told, told, told, told, told, told]
}

/// Everybody may whom the service knows.
const fn known(told: &'static str) -> [&'static str; 8] {
    [NOBODY, INVALID, told, told, told, told, told, told]
}

/// Nobody is asked who they are.
const fn all(told: &'static str) -> [&'static str; 8] {
    [told; 8]
}

macro_rules! rows {
    ($($method:literal $route:literal $path:literal $body:literal $told:expr;)+) => {
        &[$(Row { method: $method, route: $route, path: $path, body: $body, told: $told }),+]
    };
}

/// What the log decides is a checkout refused for an empty cart, and everything else applied.
#[rustfmt::skip]
pub(super) const TABLE: &[Row] = rows! {
    "GET" "/api/cart/{userID}" "/api/cart/ann" "" own("200");
    "GET" "/api/cart/{userID}/state" "/api/cart/ann/state" "" own("200");
    "POST" "/api/cart/{userID}/clear" "/api/cart/ann/clear" "" own("200");
    "POST" "/api/cart/{userID}/restore" "/api/cart/ann/restore" "" own("200");
    "POST" "/api/cart/{userID}/items" "/api/cart/ann/items" r#"{"productID":"p","quantity":1}"# own("200");
    "PUT" "/api/cart/{userID}/items/{itemID}" "/api/cart/ann/items/i_cHJvZF80NTYAbGFyZ2UtcmVk" r#"{"quantity":5}"# own("200");
    "DELETE" "/api/cart/{userID}/items/{itemID}" "/api/cart/ann/items/i_cHJvZF80NTYAbGFyZ2UtcmVk" "" own("200");
    "GET" "/api/cart/{userID}/expiry" "/api/cart/ann/expiry" "" own("200");
    "POST" "/api/cart/{userID}/expiry" "/api/cart/ann/expiry" r#"{"extendSeconds":60}"# own("200");
    "POST" "/api/cart/{userID}/currency" "/api/cart/ann/currency" r#"{"currency":"EUR"}"# own("200");
    "POST" "/api/cart/{userID}/merge" "/api/cart/ann/merge" r#"{"fromUserID":"guest","policy":"most"}"# own("422 invalid_merge");
    "GET" "/api/cart/{userID}/merge/{mergeID}" "/api/cart/ann/merge/x" "" own("404 merge_not_found");
    "POST" "/api/cart/{userID}/merge/{mergeID}/undo" "/api/cart/ann/merge/x/undo" "" own("404 merge_not_found");
    "POST" "/api/cart/{userID}/checkout" "/api/cart/ann/checkout" "" own("422 empty_cart");
    "GET" "/api/cart/{userID}/checkout/{checkoutID}" "/api/cart/ann/checkout/x" "" own("404 checkout_not_found");
    "DELETE" "/api/cart/{userID}/checkout/{checkoutID}" "/api/cart/ann/checkout/x" "" own("404 checkout_not_found");
    "POST" "/api/cart/{userID}/checkout/{checkoutID}/complete" "/api/cart/ann/checkout/x/complete" r#"{"orderID":"o"}"# shop("404 checkout_not_found");
    "GET" "/api/cart/{userID}/events" "/api/cart/ann/events" "" own("200");
    "GET" "/api/cart/{userID}/route" "/api/cart/ann/route" "" own("200");
    "GET" "/api/cart/{userID}/commands/{commandID}" "/api/cart/ann/commands/x" "" own("404 command_not_found");
    "GET" "/api/products" "/api/products" "" anybody("200");
    "GET" "/api/products/{id}" "/api/products/none" "" anybody("404 product_not_found");
    "PUT" "/api/products/{id}" "/api/products/hat" r#"{"name":"Hat","price":1,"stock":1}"# shop("200");
    "POST" "/api/products/{id}/stock" "/api/products/none/stock" r#"{"delta":1}"# shop("404 product_not_found");
    "GET" "/api/products/{id}/recommendations" "/api/products/hat/recommendations" "" anybody("200");
    "GET" "/api/analytics/funnel" "/api/analytics/funnel" "" shop("200");
    "GET" "/api/analytics/abandonment" "/api/analytics/abandonment" "" shop("200");
    "GET" "/api/analytics/timeseries" "/api/analytics/timeseries?step=hour" "" shop("200");
    "GET" "/api/analytics/products" "/api/analytics/products?by=sold&limit=5" "" shop("200");
    "GET" "/api/webhooks" "/api/webhooks" "" shop("200");
    "POST" "/api/webhooks" "/api/webhooks" r#"{"url":"https://mail.shop.example/x"}"# shop("201");
    "DELETE" "/api/webhooks/{webhookID}" "/api/webhooks/x" "" shop("404 webhook_not_found");
    "POST" "/api/webhooks/{webhookID}/replay" "/api/webhooks/x/replay" "" shop("404 webhook_not_found");
    "GET" "/api/cart/{userID}/preferences" "/api/cart/ann/preferences" "" own("200");
    "PUT" "/api/cart/{userID}/preferences" "/api/cart/ann/preferences" r#"{"recoveryConsent":true}"# own("200");
    "POST" "/api/recovery" "/api/recovery" r#"{"token":"a.b"}"# all("404 recovery_not_found");
    "POST" "/hooks/stock" "/hooks/stock" "{}" all("404 not_found");
    "POST" "/api/guests" "/api/guests" "" ["201", INVALID, INVALID, INVALID, INVALID, INVALID, INVALID, INVALID];
    "POST" "/api/tickets" "/api/tickets" "" known("201");
    "GET" "/ws/cart/{userID}" "/ws/cart/ann" "" own("101");
    "GET" "/livez" "/livez" "" all("200");
    "GET" "/readyz" "/readyz" "" all("200");
    "GET" "/metrics" "/metrics" "" all("200");
    "GET" "/openapi.json" "/openapi.json" "" all("200");
    "GET" "/asyncapi.json" "/asyncapi.json" "" all("200");
    "GET" "/schemas/" "/schemas/" "" all("200");
    "GET" "/schemas/{group}/{name}" "/schemas/events/item_added.v1.json" "" all("200");
};
