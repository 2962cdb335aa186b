//! Names outside their alphabets: in paths, percent-encoded, and in bodies.

use super::client::Case;

/// Users of another alphabet, as a path has them.
const USERS: [(&str, &str); 28] = [
    ("a blank", "a%20b"),
    ("a plus", "a+b"),
    ("a confusable a", "%D0%B0nn"),
    ("a fullwidth a", "%EF%BD%81nn"),
    ("a combining mark", "ann%CC%81"),
    ("a composed letter", "%C3%A4nn"),
    ("a right-to-left override", "%E2%80%AEnna"),
    ("a right-to-left mark", "ann%E2%80%8F"),
    ("a zero-width space", "a%E2%80%8Bnn"),
    ("a soft hyphen", "an%C2%ADn"),
    ("a byte order mark", "%EF%BB%BFann"),
    ("a no-break space", "ann%C2%A0"),
    ("a tag of Unicode", "ann%F3%A0%81%81"),
    ("an emoji", "%F0%9F%9B%92"),
    ("a private character", "%EE%80%80"),
    ("a NUL", "ann%00"),
    ("a newline", "ann%0A"),
    ("a carriage return", "ann%0D%0Aset-cookie:a"),
    ("a DEL", "ann%7F"),
    ("a tab", "%09ann"),
    ("a slash", "acme%2Fann"),
    ("a backslash", "acme%5Cann"),
    ("a quote", "ann%22"),
    ("SQL", "ann'--"),
    ("a template", "$%7B7*7%7D"),
    ("markup", "%3Cscript%3E"),
    ("a star", "*"),
    ("a comma", "ann,bob"),
];

pub(super) fn cases() -> Vec<Case> {
    let long = "x".repeat(129);
    let longer = "x".repeat(8_000);
    let user = |(name, user): (&str, &str)| {
        Case::new(&format!("users: {name}"), &format!("GET /api/cart/{user}"))
            .is("422 invalid_user_id")
    };
    let overlong = [("129 characters", long.as_str()), ("8000 characters", &longer)];
    let mut cases: Vec<_> = USERS.into_iter().chain(overlong).map(user).collect();
    cases.extend(of_paths());
    cases.extend(of_shops());
    cases.extend(of_bodies());
    cases
}

fn of_paths() -> Vec<Case> {
    [
        ("an item nobody made", "DELETE /api/cart/ann/items/item_789", "404 item_not_found"),
        ("an item of no Base64", "DELETE /api/cart/ann/items/i_!!", "404 item_not_found"),
        ("an item that is empty", "DELETE /api/cart/ann/items/i_", "404 item_not_found"),
        ("an item with a path", "DELETE /api/cart/ann/items/..%2F..%2Fbob", "404 item_not_found"),
        ("an item with padding", "DELETE /api/cart/ann/items/i_cHJvZF80NTY=", "404 item_not_found"),
        ("a command of no UUID", "GET /api/cart/ann/commands/7", "404 command_not_found"),
        ("a command with a NUL", "GET /api/cart/ann/commands/%00", "404 command_not_found"),
        (
            "a time of no number",
            "GET /api/cart/ann/commands/018cbb42-2f31-7000-8000-000000000001?sent=x",
            "400 malformed",
        ),
        (
            "a command of a path",
            "GET /api/cart/ann/commands/018cbb42-2f31-7000-8000-000000000001?from=a%2Fb",
            "422 invalid_user_id",
        ),
        ("a checkout of no UUID", "GET /api/cart/ann/checkout/7", "404 checkout_not_found"),
        ("a checkout of braces", "DELETE /api/cart/ann/checkout/%7B%7D", "404 checkout_not_found"),
        ("a merge nobody made", "GET /api/cart/ann/merge/%E2%80%AE", "404 merge_not_found"),
        ("a version of no number", "GET /api/cart/ann?asOf=yesterday", "400 malformed"),
        ("a version below none", "GET /api/cart/ann?asOf=-1", "400 malformed"),
        ("two versions", "GET /api/cart/ann?asOf=1&asOf=2", "400 malformed"),
        ("a version of no UTF-8", "GET /api/cart/ann?asOf=%FF", "400 malformed"),
        ("events after no number", "GET /api/cart/ann/events?after=1e3", "400 malformed"),
        (
            "events after too much",
            "GET /api/cart/ann/events?after=18446744073709551616",
            "400 malformed",
        ),
        ("a product of no alphabet", "GET /api/products/%E2%80%AE", "404 product_not_found"),
        (
            "a product of 65",
            "GET /api/products/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
            "404 product_not_found",
        ),
    ]
    .map(|(name, asks, told)| Case::new(&format!("ids: {name}"), asks).is(told))
    .into()
}

/// Shops, as a query names them.
fn of_shops() -> Vec<Case> {
    let long = "x".repeat(65);
    let wrong = [
        ("an empty one", ""),
        ("a path", "../x"),
        ("an encoded path", "%2E%2E%2Fx"),
        ("a key of it", "acme%2Fann"),
        ("a confusable a", "%D0%B0cme"),
        ("a NUL", "acme%00"),
        ("a newline", "acme%0A"),
        ("two in one", "acme,beta"),
        ("a blank", "a%20b"),
        ("no UTF-8", "%FF"),
        ("65 characters", long.as_str()),
    ];
    let routes = ["GET /api/products", "GET /api/products/prod_456", "POST /hooks/stock"];
    let named = wrong.into_iter().flat_map(|(name, tenant)| {
        routes.map(|route| {
            let asks = format!("{route}?tenant={tenant}");
            Case::new(&format!("shops: {name}, {route}"), &asks).is("422 invalid_user_id")
        })
    });
    let twice = routes.map(|route| {
        let asks = format!("{route}?tenant=acme&tenant=beta");
        Case::new(&format!("shops: two, {route}"), &asks).is("400 malformed")
    });
    named.chain(twice).collect()
}

fn of_bodies() -> Vec<Case> {
    let long = "x".repeat(65);
    [
        ("an empty product", "", ""),
        ("a product with a blank", "a b", ""),
        ("a confusable product", "рrod_456", ""),
        ("a product with a mark", "prod_456\u{200f}", ""),
        ("a product with an escaped NUL", r"p\u0000", ""),
        ("a product with a slash", "../p", ""),
        ("an overlong product", &long, ""),
        ("a product nobody lists, in a variant that is none", "p", "a b"),
    ]
    .map(|(name, product, variant)| {
        let json = format!(r#"{{"productID":"{product}","quantity":1,"variant":"{variant}"}}"#);
        let case = Case::new(&format!("ids: {name}"), "POST /api/cart/ann/items");
        case.json(json).is("404 product_not_found")
    })
    .into()
}
