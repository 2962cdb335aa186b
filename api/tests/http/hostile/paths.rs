//! Paths that are another to some, and methods that are none.

use super::client::Case;

const NOT_FOUND: &str = "404 not_found";
const MALFORMED: &str = "400 malformed";
const NO_USER: &str = "422 invalid_user_id";

/// Where each goes, and what is answered.
const PATHS: [(&str, &str, &str); 35] = [
    ("dots", "GET /api/cart/../cart/ann", NOT_FOUND),
    ("dots to another", "GET /api/cart/ann/../bob", NOT_FOUND),
    ("encoded dots", "GET /api/cart/%2e%2e/ann", NOT_FOUND),
    ("encoded dots as a user", "GET /api/cart/%2e%2e%2fann", NO_USER),
    ("an encoded slash", "GET /api/cart/ann%2Fstate", NO_USER),
    ("an encoded slash in the route", "GET /api%2Fcart/ann", NOT_FOUND),
    ("an encoded letter of the route", "GET /api/c%61rt/ann", NOT_FOUND),
    ("an encoding of an encoding", "GET /api/cart/%2561nn", NO_USER),
    ("an encoded encoding of a slash", "GET /api/cart/acme%252Fann", NO_USER),
    ("a parameter of the segment", "GET /api/cart/ann;bob", NO_USER),
    ("a parameter of the route", "GET /api/cart;v=1/ann", NOT_FOUND),
    ("a session in the path", "GET /api/cart/ann;jsessionid=1/state", NO_USER),
    ("two slashes", "GET /api//cart/ann", NOT_FOUND),
    ("two slashes in front", "GET //api/cart/ann", NOT_FOUND),
    ("two slashes at the end", "GET /api/cart/ann//", NOT_FOUND),
    ("a slash at the end", "GET /api/cart/ann/", NOT_FOUND),
    ("no user", "GET /api/cart/", NOT_FOUND),
    ("no user of a state", "GET /api/cart//state", NO_USER),
    ("another case", "GET /API/cart/ann", NOT_FOUND),
    ("a backslash", "GET /api\\cart\\ann", NOT_FOUND),
    ("a file", "GET /../../etc/passwd", NOT_FOUND),
    ("a file, encoded", "GET /shop/%2e%2e%2f%2e%2e%2fetc%2fpasswd", NOT_FOUND),
    ("a percent alone", "GET /api/cart/ann%", MALFORMED),
    ("half an encoding", "GET /api/cart/ann%2", MALFORMED),
    ("an encoding of no digits", "GET /api/cart/%zz", MALFORMED),
    ("an encoding of a sign", "GET /api/cart/%+1", MALFORMED),
    ("an encoding of UTF-16", "GET /api/cart/%u0061nn", MALFORMED),
    ("an encoding of no UTF-8", "GET /api/cart/%ff", MALFORMED),
    ("an overlong slash", "GET /api/cart/acme%c0%afann", MALFORMED),
    ("an encoded surrogate", "GET /api/cart/%ed%a0%80", MALFORMED),
    ("a broken encoding of nowhere", "GET /nowhere%", MALFORMED),
    ("a fragment", "GET /api/cart/ann#bob/state", "200"),
    ("a full URL of another host", "GET http://other.example/nowhere", NOT_FOUND),
    ("no path", "GET nowhere", NOT_FOUND),
    ("a blank in the path", "GET /api/cart/a nn", "400"),
];

pub(super) fn cases() -> Vec<Case> {
    let case = |(name, asks, told): (&str, &str, &str)| {
        Case::new(&format!("paths: {name}"), asks).is(told)
    };
    let (segments, long) = ("x/".repeat(4_000), "x".repeat(70_000));
    let others = [
        Case::new("paths: 4000 segments", &format!("GET /{segments}")).is(NOT_FOUND),
        Case::new("paths: a raw NUL", "GET /api/cart/a\0nn").is("400"),
        Case::new("paths: raw UTF-8", "GET /api/cart/änn").is(NO_USER),
        Case::new("paths: too long for any", &format!("GET /{long}")).is("414"),
    ];
    PATHS.into_iter().map(case).chain(others).collect()
}

pub(super) fn methods() -> Vec<Case> {
    const NOT_ALLOWED: &str = "405 method_not_allowed";
    [
        ("a PATCH of a cart", "PATCH /api/cart/ann", NOT_ALLOWED),
        ("a POST of a cart", "POST /api/cart/ann", NOT_ALLOWED),
        ("a DELETE of a cart", "DELETE /api/cart/ann", NOT_ALLOWED),
        ("a PUT of all products", "PUT /api/products", NOT_ALLOWED),
        ("a GET that clears", "GET /api/cart/ann/clear", NOT_ALLOWED),
        ("a GET that completes", "GET /api/cart/ann/checkout/x/complete", NOT_ALLOWED),
        ("OPTIONS", "OPTIONS /api/cart/ann", NOT_ALLOWED),
        ("TRACE", "TRACE /api/cart/ann", NOT_ALLOWED),
        ("CONNECT of a path", "CONNECT /api/cart/ann", NOT_ALLOWED),
        ("another case", "get /api/cart/ann", NOT_ALLOWED),
        ("one nobody knows", "BREW /api/cart/ann", NOT_ALLOWED),
        ("one of WebDAV", "PROPFIND /api/cart/ann", NOT_ALLOWED),
        ("a GET of guests", "GET /api/guests", NOT_ALLOWED),
        ("a GET of tickets", "GET /api/tickets", NOT_ALLOWED),
        ("a socket that is none", "GET /ws/cart/ann", MALFORMED),
        ("none at all", " /api/cart/ann", "400"),
        ("one of brackets", "GE(T /api/cart/ann", "400"),
    ]
    .map(|(name, asks, told)| Case::new(&format!("methods: {name}"), asks).is(told))
    .into_iter()
    .chain([
        Case::new("methods: GET, said to be DELETE", "POST /api/cart/ann")
            .header("x-http-method-override: DELETE")
            .is(NOT_ALLOWED),
        Case::new("methods: a socket of another site", "GET /ws/cart/ann")
            .header("origin: https://other.example")
            .is("403 foreign_origin"),
    ])
    .collect()
}
