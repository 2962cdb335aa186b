//! The description of the API, generated from the routes themselves.

mod answers;
mod bodies;
mod bounds;
mod links;

use bytes::Bytes;
use cart_schemas::money::Price;
use serde_json::Value;
use utoipa::openapi::ObjectBuilder;
use utoipa::openapi::schema::{Object, Schema, SchemaType, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

pub(crate) use self::answers::{
    CancelProblems, CartAnswer, CartProblems, CatalogProblems, ChangeAnswer, ChangeProblems,
    CheckoutAnswer, CheckoutProblems, CheckoutReadProblems, CommandProblems, CompleteProblems,
    CurrencyProblems, FigureProblems, FollowProblems, GuestProblems, HookProblems, ListProblems,
    MergeAnswer, MergeProblems, MergeReadProblems, PreferencesProblems, ProductAnswer,
    ProductProblems, ReadProblems, RecoveryProblems, StockProblems, TicketProblems, UndoProblems,
    WebhookProblems, WebhooksProblems,
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
        (name = "analytics", description = "What becomes of carts, and who is told"),
        (name = "identity", description = "Guests, and tickets for sockets"),
        (name = "operations", description = "Health, metrics and the contract")
    ),
    modifiers(&Bearer),
    security(("bearer" = []))
)]
struct Base;

/// How a caller says who they are.
struct Bearer;

impl Modify for Bearer {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let description = "A JSON Web Token of a customer, a guest or staff, or an API key. Where \
            the shop asks nobody who they are (--insecure-no-auth), it may be left out.";
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
    let mut document = Base::openapi().merge_from(routes::all().into_openapi());
    bodies::leave_out(&mut document);
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
    amount(kind).build()
}

/// What one piece costs in other currencies, by their codes.
pub(crate) fn prices() -> Object {
    let exact =
        "Exact decimals with as many places as their currencies have, by the codes of these";
    ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([Type::Object, Type::Null]))
        .additional_properties(Some(Schema::Object(price())))
        .description(Some(exact))
        .build()
}

/// What a thing is called in other languages, by their tags.
pub(crate) fn names() -> Object {
    ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([Type::Object, Type::Null]))
        .additional_properties(Some(Schema::Object(
            ObjectBuilder::new().schema_type(Type::String).build(),
        )))
        .description(Some("Names by language tags, such as `de` or `fr-CA`"))
        .build()
}

/// What one piece is to cost.
pub(crate) fn price() -> Object {
    amount(Type::Number.into()).maximum(Some(Price::MAX)).build()
}

fn amount(kind: SchemaType) -> ObjectBuilder {
    let exact = "An exact decimal with as many places as its currency has";
    ObjectBuilder::new().schema_type(kind).minimum(Some(0)).description(Some(exact))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    fn document() -> Value {
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
            ("/api/products/{id}/recommendations", "get"),
            ("/api/analytics/funnel", "get"),
            ("/api/analytics/abandonment", "get"),
            ("/api/analytics/timeseries", "get"),
            ("/api/analytics/products", "get"),
            ("/api/webhooks", "get"),
            ("/api/webhooks", "post"),
            ("/api/webhooks/{webhookID}", "delete"),
            ("/api/webhooks/{webhookID}/replay", "post"),
            ("/api/cart/{userID}/preferences", "get"),
            ("/api/cart/{userID}/preferences", "put"),
            ("/api/recovery", "post"),
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

    /// Every operation: its path, its method and itself.
    fn operations(document: &Value) -> Vec<(&str, &str, &Value)> {
        let paths = document["paths"].as_object().unwrap().iter();
        paths
            .flat_map(|(path, methods)| {
                let methods = methods.as_object().unwrap().iter();
                methods.map(move |(method, operation)| (path.as_str(), method.as_str(), operation))
            })
            .collect()
    }

    #[test]
    fn a_link_leads_to_an_operation_and_gives_it_parameters_it_has() {
        let document = document();
        let operations = operations(&document);
        let named = |id: &Value| operations.iter().find(|(.., one)| one["operationId"] == *id);
        let mut followed = 0;

        for (path, _, operation) in &operations {
            let responses = operation["responses"].as_object().unwrap().values();
            let links = responses.filter_map(|response| response["links"].as_object());
            for (name, link) in links.flatten() {
                let (to, _, next) = named(&link["operationId"]).unwrap();
                assert_eq!(name.as_str(), link["operationId"]);
                let takes = next["parameters"].as_array().unwrap();
                for parameter in link["parameters"].as_object().unwrap().keys() {
                    assert!(takes.iter().any(|one| one["name"] == **parameter), "{path} {to}");
                }
                followed += 1;
            }
        }
        assert!(followed > 50, "{followed}");
    }

    #[test]
    fn who_asks_is_required_wherever_it_is_asked() {
        let document = document();
        assert_eq!(document["security"], json!([{ "bearer": [] }]));

        let free = |(path, method, operation): &(&str, &str, &Value)| {
            let ways = operation["security"].as_array();
            let nobody = ways.is_some_and(|ways| ways.first().is_none_or(|way| *way == json!({})));
            nobody.then(|| format!("{method} {path}"))
        };
        let free: Vec<String> = operations(&document).iter().filter_map(free).collect();
        assert_eq!(
            free,
            [
                "post /api/guests",
                "get /api/products",
                "get /api/products/{id}",
                "get /api/products/{id}/recommendations",
                "post /api/recovery",
                "get /asyncapi.json",
                "post /hooks/stock",
                "get /livez",
                "get /metrics",
                "get /openapi.json",
                "get /readyz",
                "get /schemas/",
                "get /schemas/{group}/{name}",
                "get /ws/cart/{userID}",
            ]
        );
    }

    #[test]
    fn every_property_is_called_as_it_is_written() {
        fn check(value: &Value) {
            if let Some(properties) = value["properties"].as_object() {
                assert!(properties.keys().all(|name| !name.contains('_')), "{properties:?}");
            }
            let members = value.as_object().into_iter().flat_map(|object| object.values());
            members.chain(value.as_array().into_iter().flatten()).for_each(check);
        }
        check(&document()["components"]["schemas"]);
    }

    #[test]
    fn a_body_that_may_be_left_out_is_not_null() {
        let document = document();
        let bodies = operations(&document).into_iter().filter_map(|(path, _, operation)| {
            let body = operation.get("requestBody")?;
            let schema = &body["content"]["application/json"]["schema"];
            assert!(schema["$ref"].is_string(), "{path}: {schema}");
            (body["required"] != true).then_some(path)
        });
        let optional: Vec<&str> = bodies.collect();
        assert_eq!(optional, ["/api/cart/{userID}/checkout", "/api/guests"]);
    }

    #[test]
    fn every_text_of_a_path_says_what_it_may_be() {
        let document = document();
        for (path, _, operation) in operations(&document) {
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            for parameter in parameters.filter(|parameter| parameter["in"] == "path") {
                let schema = &parameter["schema"];
                assert!(schema["pattern"].is_string() || schema["format"] == "uuid", "{path}");
            }
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
    fn properties(part: &Value, found: &mut Vec<String>) {
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
