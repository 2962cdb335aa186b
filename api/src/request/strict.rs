//! JSON read strictly: an object, each key once at every depth. Knows no fields.
//!
//! The last of two equal keys wins in one parser and the first in another; a body that means two
//! things is refused.

use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeOwned, Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserializer as _, de};
use serde_json::value::RawValue;

use crate::problem::Problem;

/// No body of ours nests deeper than 3; the bound keeps a hostile one from costing its square.
const DEPTH_MAX: usize = 32;

/// Reads a value whose fields `T` names; unknown fields are passed over.
pub(crate) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let malformed = |error| Problem::malformed(format!("the body cannot be read: {error}"));
    let text: &RawValue = serde_json::from_slice(bytes).map_err(malformed)?;
    check(text.get(), DEPTH_MAX).map_err(malformed)?;
    object(text.get()).map_err(malformed)
}

/// Reads an object. A derived struct alone would take an array of its fields, too.
pub(crate) fn object<T: DeserializeOwned>(text: &str) -> Result<T, serde_json::Error> {
    if !text.trim_start().starts_with('{') {
        return Err(serde_json::Error::custom("expected an object"));
    }
    serde_json::from_str(text)
}

/// Whether each key of each object in a valid JSON text is there once.
fn check(text: &str, depth: usize) -> Result<(), serde_json::Error> {
    let first = text.trim_start().bytes().next();
    if !matches!(first, Some(b'{' | b'[')) {
        return Ok(());
    }
    let Some(depth) = depth.checked_sub(1) else {
        return Err(serde_json::Error::custom("nested too deeply"));
    };
    serde_json::Deserializer::from_str(text).deserialize_any(Once { depth })
}

/// Visits the members of one object or array.
struct Once {
    depth: usize,
}

impl<'de> Visitor<'de> for Once {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or an array")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let mut seen = HashSet::new();
        while let Some((key, value)) = members.next_entry::<String, &RawValue>()? {
            check(value.get(), self.depth).map_err(de::Error::custom)?;
            if let Some(key) = seen.replace(key) {
                return Err(de::Error::custom(format_args!("the key {key:?} is there twice")));
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        while let Some(value) = elements.next_element::<&RawValue>()? {
            check(value.get(), self.depth).map_err(de::Error::custom)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    struct Named {
        name: String,
    }

    fn read(text: &str) -> Result<String, String> {
        let named = parse::<Named>(text.as_bytes()).map(|named| named.name);
        named.map_err(|problem| serde_json::to_string(&problem.view()).unwrap())
    }

    #[test]
    fn unknown_fields_are_passed_over() {
        assert_eq!(read(r#" {"x": [1e999, {"y": null}], "name": "a"} "#), Ok("a".to_owned()));
    }

    #[test]
    fn the_same_key_twice_is_malformed_at_any_depth_and_however_it_is_written() {
        for text in [
            r#"{"name":"a","name":"a"}"#,
            r#"{"name":"a","x":1,"x":2}"#,
            r#"{"name":"a","x":[{"y":{"z":1,"z":1}}]}"#,
            r#"{"name":"a","\u006eame":"b"}"#,
        ] {
            let problem = read(text).unwrap_err();
            assert!(problem.contains("malformed") && problem.contains("twice"), "{text}");
        }
    }

    #[test]
    fn what_is_not_one_json_object_is_malformed() {
        for text in
            ["", "{", "[\"a\"]", "\"a\"", "null", "{\"name\":\"a\"} x", "{\"name\":1}", "{}"]
        {
            assert!(read(text).unwrap_err().contains("malformed"), "{text}");
        }
        assert!(parse::<Named>(b"{\"name\":\"\xff\"}").is_err());
    }

    #[test]
    fn deep_nesting_is_refused_before_it_costs_anything() {
        let deep = format!("{{\"name\":\"a\",\"x\":{}{}}}", "[".repeat(7_000), "]".repeat(7_000));

        assert!(read(&deep).unwrap_err().contains("nested too deeply"));
    }
}
