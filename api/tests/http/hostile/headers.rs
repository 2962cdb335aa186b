//! Headers that say nothing, too much, or two things.

use super::client::Case;

const CLEAR: &str = "POST /api/cart/ann/clear";
const MALFORMED: &str = "400 malformed";

/// What makes a change safe to repeat.
pub(super) fn cases() -> Vec<Case> {
    let long = "k".repeat(256);
    let keys: [(&str, &[&[u8]]); 10] = [
        ("empty", &[b""]),
        ("of blanks", &[b"   "]),
        ("too long", &[long.as_bytes()]),
        ("of two words", &[b"a b"]),
        ("with a tab", &[b"a\tb"]),
        ("of UTF-8", &["schlüssel".as_bytes()]),
        ("of no UTF-8", &[b"a\xff"]),
        ("of Latin-1", &[b"\xe4"]),
        ("there twice", &[b"a", b"b"]),
        ("there twice, the same", &[b"a", b"a"]),
    ];
    keys.into_iter()
        .map(|(name, values)| {
            let case = Case::new(&format!("keys: {name}"), CLEAR);
            let line = |value: &&[u8]| [b"idempotency-key: ", *value].concat();
            let lines = values.iter().map(line);
            lines.fold(case, |case, line| case.header(line)).is(MALFORMED)
        })
        .collect()
}

/// What a change is meant for.
pub(super) fn conditions() -> Vec<Case> {
    let tags: [(&str, &[&str]); 16] = [
        ("empty", &[""]),
        ("a bare number", &["3"]),
        ("weak", &["W/\"3\""]),
        ("a list", &["\"3\", \"4\""]),
        ("a star and a tag", &["*, \"3\""]),
        ("a leading zero", &["\"03\""]),
        ("a sign", &["\"+3\""]),
        ("negative", &["\"-3\""]),
        ("a fraction", &["\"3.0\""]),
        ("a blank inside", &["\" 3\""]),
        ("beyond 64 bits", &["\"18446744073709551616\""]),
        ("no quote at the end", &["\"3"]),
        ("single quotes", &["'3'"]),
        ("nothing in quotes", &["\"\""]),
        ("two", &["\"3\"", "\"4\""]),
        ("two, the same", &["\"3\"", "\"3\""]),
    ];
    let mut cases: Vec<_> = tags
        .into_iter()
        .map(|(name, values)| {
            let case = Case::new(&format!("tags: {name}"), CLEAR);
            let case =
                values.iter().fold(case, |case, value| case.header(format!("if-match: {value}")));
            case.is(MALFORMED)
        })
        .collect();
    cases.push(
        Case::new("tags: no stream goes on after a name", "GET /api/cart/ann/events")
            .header("accept: text/event-stream")
            .header("last-event-id: yesterday")
            .is(MALFORMED),
    );
    cases
}

/// What the HTTP library is there for: none of it reaches a route.
pub(super) fn of_http() -> Vec<Case> {
    let many = (0..200).map(|number| format!("x-{number}: x"));
    let many = many.fold(Case::new("http: 200 headers", CLEAR), Case::header);
    let long = format!("x-long: {}", "x".repeat(1_000_000));
    let case =
        |name: &str, line: &[u8]| Case::new(&format!("http: {name}"), CLEAR).header(line).is("400");
    vec![
        many.is("431"),
        Case::new("http: a header of a megabyte", CLEAR).header(long).is("431"),
        case("a header of no name", b": x"),
        case("a header of no value", b"x-none"),
        case("a blank in a name", b"x none: x"),
        case("a blank after a name", b"authorization : Bearer x"),
        case("a control character in a name", b"x\x01: x"),
        case("a NUL in a value", b"x-nul: a\0b"),
        case("a control character in a value", b"x-bell: a\x07b"),
        case("a DEL in a value", b"x-del: a\x7fb"),
        case("a folded header", b"x-fold: a\r\n b"),
        case("a line that ends in CR alone", b"x-cr: a\rx-other: b"),
    ]
}
