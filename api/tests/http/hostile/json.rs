//! Bodies that are no JSON, or not the JSON that is asked for.

use super::client::Case;

const ADD: &str = "POST /api/cart/ann/items";
const MALFORMED: &str = "400 malformed";
const QUANTITY: &str = "422 invalid_quantity";

/// Texts that mean nothing, or two things.
#[rustfmt::skip]
const TEXTS: [(&str, &[u8]); 39] = [
    ("nothing", b""),
    ("blanks", b" \r\n\t "),
    ("a brace", b"{"),
    ("a cut key", br#"{"productID"#),
    ("a cut value", br#"{"productID":"p"#),
    ("a cut object", br#"{"productID":"p","quantity":1"#),
    ("a comma too many", br#"{"productID":"p","quantity":1,}"#),
    ("two objects", br#"{"productID":"p","quantity":1}{}"#),
    ("text after it", br#"{"productID":"p","quantity":1} x"#),
    ("a comment", br#"{"productID":"p","quantity":1/**/}"#),
    ("single quotes", br#"{'productID':'p','quantity':1}"#),
    ("bare keys", br#"{productID:"p",quantity:1}"#),
    ("a key twice", br#"{"productID":"p","quantity":1,"quantity":2}"#),
    ("a key twice, escaped", br#"{"productID":"p","quantity":1,"\u0071uantity":2}"#),
    ("an unknown key twice", br#"{"productID":"p","quantity":1,"x":1,"x":2}"#),
    ("a key twice inside", br#"{"productID":"p","quantity":1,"x":{"y":1,"y":2}}"#),
    ("NaN", br#"{"productID":"p","quantity":NaN}"#),
    ("infinity", br#"{"productID":"p","quantity":Infinity}"#),
    ("a hexadecimal", br#"{"productID":"p","quantity":0x10}"#),
    ("a leading zero", br#"{"productID":"p","quantity":01}"#),
    ("a plus sign", br#"{"productID":"p","quantity":+1}"#),
    ("a bare point", br#"{"productID":"p","quantity":.5}"#),
    ("a point at the end", br#"{"productID":"p","quantity":1.}"#),
    ("an empty exponent", br#"{"productID":"p","quantity":1e}"#),
    ("a lone surrogate", br#"{"productID":"\ud800","quantity":1}"#),
    ("surrogates the wrong way", br#"{"productID":"\udc00\ud800","quantity":1}"#),
    ("a bad escape", br#"{"productID":"\x41","quantity":1}"#),
    ("a cut escape", br#"{"productID":"\u00","quantity":1}"#),
    ("a raw NUL in a text", b"{\"productID\":\"p\0\",\"quantity\":1}"),
    ("a raw newline in a text", b"{\"productID\":\"p\n\",\"quantity\":1}"),
    ("a NUL before it", b"\0{\"productID\":\"p\",\"quantity\":1}"),
    ("a NUL after it", b"{\"productID\":\"p\",\"quantity\":1}\0"),
    ("a byte order mark", b"\xef\xbb\xbf{\"productID\":\"p\",\"quantity\":1}"),
    ("Latin-1", b"{\"productID\":\"\xfc\",\"quantity\":1}"),
    ("an overlong slash", b"{\"productID\":\"\xc0\xaf\",\"quantity\":1}"),
    ("a surrogate in UTF-8", b"{\"productID\":\"\xed\xa0\x80\",\"quantity\":1}"),
    ("a byte beyond Unicode", b"{\"productID\":\"\xf5\x80\x80\x80\",\"quantity\":1}"),
    ("a form", b"productID=p&quantity=1"),
    ("XML", b"<!DOCTYPE x [<!ENTITY y SYSTEM \"file:///etc/passwd\">]><x>&y;</x>"),
];

pub(super) fn cases() -> Vec<Case> {
    let nested = |open: &str, close: &str, times: usize| {
        let (open, close) = (open.repeat(times), close.repeat(times));
        format!(r#"{{"productID":"p","quantity":1,"x":{open}1{close}}}"#).into_bytes()
    };
    let made = [
        ("33 arrays deep", nested("[", "]", 33)),
        ("1000 arrays deep", nested("[", "]", 1_000)),
        ("7000 arrays deep", nested("[", "]", 7_000)),
        ("2000 objects deep", nested(r#"{"a":"#, "}", 2_000)),
        ("arrays never closed", "[".repeat(16_000).into()),
        ("objects never closed", r#"{"a":"#.repeat(3_000).into()),
        ("UTF-16, little end", utf16(u16::to_le_bytes)),
        ("UTF-16, big end", utf16(u16::to_be_bytes)),
        ("a blank that is none of JSON", "\u{a0}{\"productID\":\"p\",\"quantity\":1}".into()),
    ];
    let case = |(name, body): (&str, Vec<u8>)| {
        Case::new(&format!("JSON: {name}"), ADD).json(body).is(MALFORMED)
    };
    let texts = TEXTS.into_iter().map(|(name, text)| (name, text.to_vec()));
    texts.chain(made).map(case).collect()
}

fn utf16(bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    let text = "\u{feff}{\"productID\":\"p\",\"quantity\":1}";
    text.encode_utf16().flat_map(bytes).collect()
}

/// JSON with fields of the wrong type, or values out of range.
#[rustfmt::skip]
const FIELDS: [(&str, &str, &str); 31] = [
    ("an array in place of it", "[]", MALFORMED),
    ("an array of its fields", r#"["p",1]"#, MALFORMED),
    ("a text in place of it", r#""p""#, MALFORMED),
    ("a number in place of it", "1", MALFORMED),
    ("null in place of it", "null", MALFORMED),
    ("no field", "{}", MALFORMED),
    ("no quantity", r#"{"productID":"p"}"#, MALFORMED),
    ("no product", r#"{"quantity":1}"#, MALFORMED),
    ("another case of the key", r#"{"productId":"p","quantity":1}"#, MALFORMED),
    ("a number as the product", r#"{"productID":1,"quantity":1}"#, MALFORMED),
    ("null as the product", r#"{"productID":null,"quantity":1}"#, MALFORMED),
    ("a list as the product", r#"{"productID":["p"],"quantity":1}"#, MALFORMED),
    ("an object as the product", r#"{"productID":{"$ne":""},"quantity":1}"#, MALFORMED),
    ("a text as the quantity", r#"{"productID":"p","quantity":"1"}"#, MALFORMED),
    ("null as the quantity", r#"{"productID":"p","quantity":null}"#, MALFORMED),
    ("true as the quantity", r#"{"productID":"p","quantity":true}"#, MALFORMED),
    ("a list as the quantity", r#"{"productID":"p","quantity":[1]}"#, MALFORMED),
    ("a number as the variant", r#"{"productID":"p","quantity":1,"variant":1}"#, MALFORMED),
    ("a list as the variant", r#"{"productID":"p","quantity":1,"variant":[]}"#, MALFORMED),
    ("no pieces", r#"{"productID":"p","quantity":0}"#, QUANTITY),
    ("minus one piece", r#"{"productID":"p","quantity":-1}"#, QUANTITY),
    ("half a piece", r#"{"productID":"p","quantity":0.5}"#, QUANTITY),
    ("almost one piece", r#"{"productID":"p","quantity":0.99999999999999999999}"#, QUANTITY),
    ("too many pieces", r#"{"productID":"p","quantity":1000001}"#, QUANTITY),
    ("2 to the 32nd", r#"{"productID":"p","quantity":4294967297}"#, QUANTITY),
    ("2 to the 64th", r#"{"productID":"p","quantity":18446744073709551617}"#, QUANTITY),
    ("minus 2 to the 63rd", r#"{"productID":"p","quantity":-9223372036854775809}"#, QUANTITY),
    ("1e400", r#"{"productID":"p","quantity":1e400}"#, QUANTITY),
    ("1e-400", r#"{"productID":"p","quantity":1e-400}"#, QUANTITY),
    ("1e999999999999", r#"{"productID":"p","quantity":1e999999999999}"#, QUANTITY),
    ("a quantity before a product", r#"{"productID":"a b","quantity":0}"#, QUANTITY),
];

pub(super) fn fields() -> Vec<Case> {
    let case = |(name, json, told): (&str, &str, &str)| {
        Case::new(&format!("fields: {name}"), ADD).json(json).is(told)
    };
    FIELDS.into_iter().map(case).chain([many_digits(), of_a_line()]).collect()
}

fn many_digits() -> Case {
    let json = format!(r#"{{"productID":"p","quantity":{}}}"#, "9".repeat(10_000));
    Case::new("fields: 10000 digits", ADD).json(json).is(QUANTITY)
}

fn of_a_line() -> Case {
    let line = "PUT /api/cart/ann/items/i_cHJvZF80NTYAbGFyZ2UtcmVk";
    Case::new("fields: a line of too many", line).json(r#"{"quantity":1e7}"#).is(QUANTITY)
}
