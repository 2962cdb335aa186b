//! The description of the API, generated from the routes themselves.

mod answers;
mod bounds;

use bytes::Bytes;
use serde_json::Value;
use utoipa::openapi::ObjectBuilder;
use utoipa::openapi::schema::{Object, SchemaType, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

pub(crate) use self::answers::{
    CancelProblems, CartAnswer, CartProblems, CatalogProblems, ChangeAnswer, ChangeProblems,
    CheckoutAnswer, CheckoutProblems, CheckoutReadProblems, CommandProblems, CompleteProblems,
    CurrencyProblems, FollowProblems, GuestProblems, HookProblems, MergeAnswer, MergeProblems,
    MergeReadProblems, ProductProblems, ReadProblems, StockProblems, TicketProblems, Unavailable,
    UndoProblems,
};
use crate::contract;
use crate::problem::{Code, FieldError, ProblemView};
use crate::routes;
use crate::view::{CartView, CheckoutView, MergedView, PendingView};

/// What the routes' answers refer to without naming it in their own macros.
#[derive(OpenApi)]
#[openapi(
    info(title = "Cartstream", description = "Shopping carts over REST and WebSocket"),
    components(schemas(CartView<'_>, MergedView<'_>, CheckoutView<'_>, PendingView, ProblemView<'_>, FieldError, Code)),
    tags(
        (name = "cart", description = "A user's cart"),
        (name = "checkout", description = "Paying for a cart"),
        (name = "catalog", description = "The products on offer"),
        (name = "identity", description = "Guests, and tickets for sockets"),
        (name = "operations", description = "Health, metrics and the contract")
    ),
    modifiers(&Bearer),
    security((), ("bearer" = []))
)]
struct Base;

/// How a caller says who they are; where nobody is asked, they need not.
struct Bearer;

impl Modify for Bearer {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let description = "A JSON Web Token of a customer, a guest or staff, or an API key";
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer);
        let scheme = SecurityScheme::Http(bearer.description(Some(description)).build());
        document.components.get_or_insert_default().add_security_scheme("bearer", scheme);
    }
}

/// The description as JSON. It is the same for every instance.
#[must_use]
pub fn document() -> Bytes {
    contract::document("openapi.json").unwrap_or_default()
}

/// The description of the routes, with the bounds of what they take.
pub(crate) fn described() -> Value {
    let document = Base::openapi().merge_from(routes::all().into_openapi());
    // The description is plain data with string keys, which has no way not to be JSON.
    let mut document = serde_json::to_value(document).unwrap_or_default();
    bounds::bind(&mut document);
    document
}

/// An exact decimal as a JSON number.
pub(crate) fn money() -> Object {
    decimal(Type::Number.into())
}

/// The same, or null.
pub(crate) fn optional_money() -> Object {
    decimal(SchemaType::from_iter([Type::Number, Type::Null]))
}

fn decimal(kind: SchemaType) -> Object {
    let exact = "An exact decimal with as many places as its currency has";
    ObjectBuilder::new().schema_type(kind).description(Some(exact)).build()
}

#[cfg(test)]
mod tests {
    fn document() -> serde_json::Value {
        serde_json::from_slice(&super::document()).unwrap()
    }

    #[test]
    fn every_route_is_described_with_its_problems() {
        let document = document();
        let routes = [
            ("/api/cart/{userID}", "get"),
            ("/api/cart/{userID}/items", "post"),
            ("/api/cart/{userID}/items/{itemID}", "put"),
            ("/api/cart/{userID}/items/{itemID}", "delete"),
            ("/api/cart/{userID}/clear", "post"),
            ("/api/cart/{userID}/restore", "post"),
            ("/api/cart/{userID}/state", "get"),
            ("/api/cart/{userID}/expiry", "get"),
            ("/api/cart/{userID}/expiry", "post"),
            ("/api/cart/{userID}/currency", "post"),
            ("/api/cart/{userID}/commands/{commandID}", "get"),
            ("/api/cart/{userID}/merge", "post"),
            ("/api/cart/{userID}/merge/{mergeID}", "get"),
            ("/api/cart/{userID}/merge/{mergeID}/undo", "post"),
            ("/api/cart/{userID}/checkout", "post"),
            ("/api/cart/{userID}/checkout/{checkoutID}", "get"),
            ("/api/cart/{userID}/checkout/{checkoutID}", "delete"),
            ("/api/cart/{userID}/checkout/{checkoutID}/complete", "post"),
            ("/api/cart/{userID}/events", "get"),
            ("/api/products", "get"),
            ("/api/products/{id}", "get"),
            ("/api/products/{id}", "put"),
            ("/api/products/{id}/stock", "post"),
            ("/hooks/stock", "post"),
            ("/api/guests", "post"),
            ("/api/tickets", "post"),
            ("/ws/cart/{userID}", "get"),
        ];

        for (path, method) in routes {
            let responses = &document["paths"][path][method]["responses"];
            let problem = &responses["503"]["content"]["application/problem+json"]["schema"];
            assert_eq!(problem["$ref"], "#/components/schemas/Problem", "{method} {path}");
        }
        let documents = ["/openapi.json", "/asyncapi.json", "/schemas/", "/schemas/{group}/{name}"];
        for path in ["/livez", "/readyz", "/metrics"].into_iter().chain(documents) {
            assert!(document["paths"][path]["get"]["responses"]["200"].is_object(), "{path}");
        }
    }

    #[test]
    fn every_schema_referred_to_is_there() {
        let text = String::from_utf8(super::document().to_vec()).unwrap();
        let document = document();

        let references = text.split("#/components/schemas/").skip(1);
        let names = references.filter_map(|rest| rest.split('"').next());
        for name in names {
            assert!(document["components"]["schemas"][name].is_object(), "{name}");
        }
    }

    #[test]
    fn what_may_be_null_is_still_always_there() {
        let schemas = &document()["components"]["schemas"];
        let required = |schema: &str, name: &str| {
            let names = schemas[schema]["required"].as_array().unwrap();
            names.iter().any(|required| required == name)
        };

        assert!(required("Cart", "currency"));
        assert!(required("CartItem", "currentPrice"));
        assert!(required("CartStatus", "lockedBy") && required("CartStatus", "lockedUntil"));
        assert!(required("Deadlines", "expiry") && required("Deadlines", "lease"));
        assert!(required("Checkout", "orderID") && required("Checkout", "lines"));
    }

    /// Every name of a property somewhere in a document.
    fn properties(part: &serde_json::Value, found: &mut Vec<String>) {
        if let Some(fields) = part["properties"].as_object() {
            found.extend(fields.keys().cloned());
        }
        let inner = part.as_object().into_iter().flat_map(|fields| fields.values());
        let inner = inner.chain(part.as_array().into_iter().flatten());
        inner.for_each(|part| properties(part, found));
    }

    #[test]
    fn fields_are_named_as_they_are_written() {
        let mut found = Vec::new();
        properties(&document()["components"]["schemas"], &mut found);

        assert!(found.len() > 100, "{found:?}");
        // The derive does not hear of `rename_all_fields`.
        assert!(found.iter().all(|name| !name.contains('_')), "{found:?}");
    }

    #[test]
    fn money_is_a_number() {
        let schemas = &document()["components"]["schemas"];

        assert_eq!(schemas["Cart"]["properties"]["total"]["type"], "number");
        assert_eq!(schemas["CartItem"]["properties"]["price"]["type"], "number");
        assert_eq!(schemas["Product"]["properties"]["price"]["type"], "number");
    }
}
