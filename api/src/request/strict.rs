//! A body that cannot be read is a malformed request. How JSON is read is the contract's.

use serde::de::DeserializeOwned;

use crate::problem::Problem;

/// Reads a body, an object whose fields `T` names; see [`cart_schemas::strict`].
pub(crate) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let read = cart_schemas::strict::parse(bytes);
    read.map_err(|error| Problem::malformed(format!("the body cannot be read: {error}")))
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::problem::Code;

    #[derive(Debug, Deserialize)]
    struct Named {
        name: String,
    }

    #[test]
    fn a_body_that_means_two_things_or_nothing_is_malformed() {
        assert_eq!(parse::<Named>(br#"{"name":"a","x":1}"#).unwrap().name, "a");
        for text in [r#"{"name":"a","name":"a"}"#, r#"["a"]"#, "{", ""] {
            assert_eq!(parse::<Named>(text.as_bytes()).unwrap_err().code(), Code::Malformed);
        }
    }
}
