//! JSON from outside, read strictly: an object, each key once at every depth. Knows no fields.
//!
//! The last of two equal keys wins in one parser and the first in another; a text that means two
//! things is refused.

use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeOwned, Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize as _, Deserializer, de};
use serde_json::value::RawValue;

/// No text of ours nests deeper than 3; the bound keeps a hostile one from costing its square.
const DEPTH_MAX: usize = 32;

/// Reads an object whose fields `T` names; unknown fields are passed over.
///
/// # Errors
/// The text is not one JSON object, has a key twice, nests too deeply, or is not shaped as `T`.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, serde_json::Error> {
    let text: &RawValue = serde_json::from_slice(bytes)?;
    check(text.get(), DEPTH_MAX)?;
    object(text.get())
}

/// Reads an object. A derived struct alone would take an array of its fields, too.
fn object<T: DeserializeOwned>(text: &str) -> Result<T, serde_json::Error> {
    if !text.trim_start().starts_with('{') {
        return Err(serde_json::Error::custom("expected an object"));
    }
    serde_json::from_str(text)
}

/// A list of objects, or null; for `#[serde(deserialize_with)]`.
///
/// # Errors
/// It is no list, or one of it is no object of this shape.
pub fn objects<'de, T: DeserializeOwned, D: Deserializer<'de>>(
    from: D,
) -> Result<Option<Vec<T>>, D::Error> {
    let texts: Option<Vec<Box<RawValue>>> = Option::deserialize(from)?;
    let read = |text: Box<RawValue>| object(text.get()).map_err(de::Error::custom);
    texts.map(|texts| texts.into_iter().map(read).collect()).transpose()
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

    #[derive(Debug, Deserialize)]
    struct All {
        #[serde(deserialize_with = "objects")]
        all: Option<Vec<Named>>,
    }

    fn read(text: &str) -> Result<String, String> {
        let named = parse::<Named>(text.as_bytes()).map(|named| named.name);
        named.map_err(|error| error.to_string())
    }

    #[test]
    fn unknown_fields_are_passed_over() {
        assert_eq!(read(r#" {"x": [1e999, {"y": null}], "name": "a"} "#), Ok("a".to_owned()));
    }

    #[test]
    fn the_same_key_twice_is_refused_at_any_depth_and_however_it_is_written() {
        for text in [
            r#"{"name":"a","name":"a"}"#,
            r#"{"name":"a","x":1,"x":2}"#,
            r#"{"name":"a","x":[{"y":{"z":1,"z":1}}]}"#,
            r#"{"name":"a","\u006eame":"b"}"#,
        ] {
            assert!(read(text).unwrap_err().contains("twice"), "{text}");
        }
    }

    #[test]
    fn what_is_not_one_json_object_is_refused() {
        for text in
            ["", "{", "[\"a\"]", "\"a\"", "null", "{\"name\":\"a\"} x", "{\"name\":1}", "{}"]
        {
            assert!(read(text).is_err(), "{text}");
        }
        assert!(parse::<Named>(b"{\"name\":\"\xff\"}").is_err());
    }

    #[test]
    fn a_list_holds_objects_and_never_arrays_of_their_fields() {
        let read =
            |text: &str| parse::<All>(text.as_bytes()).map(|read| read.all.map(|all| all.len()));

        assert_eq!(read(r#"{"all":[{"name":"a"},{"name":"b"}]}"#).unwrap(), Some(2));
        assert_eq!(read(r#"{"all":null}"#).unwrap(), None);
        assert!(read(r#"{"all":[["a"]]}"#).is_err());
    }

    #[test]
    fn deep_nesting_is_refused_before_it_costs_anything() {
        let deep = format!("{{\"name\":\"a\",\"x\":{}{}}}", "[".repeat(7_000), "]".repeat(7_000));

        assert!(read(&deep).unwrap_err().contains("nested too deeply"));
    }
}
