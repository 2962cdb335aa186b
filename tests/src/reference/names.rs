//! What serde calls the parts of a type: the fields of a struct, the variants of an enum. They are
//! the derive's own lists, so none is missing. Reads no data.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde::forward_to_deserialize_any;

/// The names of `T`'s fields or variants as they stand in JSON, in the order of their declaration.
/// Nothing for a type that has neither.
pub(super) fn names<'de, T: Deserialize<'de>>() -> &'static [&'static str] {
    T::deserialize(Question).err().map_or(&[], |Answer(names)| names)
}

/// Asks a type for its names, in place of giving it data.
struct Question;

/// The names, which leave by the way of errors.
#[derive(Debug)]
struct Answer(&'static [&'static str]);

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

impl std::error::Error for Answer {}

impl Error for Answer {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self(&[])
    }
}

impl<'de> Deserializer<'de> for Question {
    type Error = Answer;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Answer> {
        Err(Answer(&[]))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Answer> {
        Err(Answer(fields))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Answer> {
        Err(Answer(variants))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use cart_schemas::cart::{CartState, Lifespan};

    use super::*;

    #[test]
    fn a_type_is_asked_for_its_fields_or_variants() {
        assert_eq!(names::<CartState>(), ["active", "expired"]);
        assert_eq!(names::<Lifespan>(), ["last_modified", "expires_at"]);
        assert!(names::<u64>().is_empty());
    }
}
