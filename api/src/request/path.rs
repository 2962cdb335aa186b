//! The variable segments of a path, and its query. Malformed ones are refused here; ids are judged
//! by the handler that asks for them, after the body.

use axum::extract::{FromRequestParts, Path, Query};
use axum::http::request::Parts;
use cart_analytics::history::When;
use cart_schemas::id::{CartKey, CheckoutId, CommandId, ItemId, MergeId, ProductId, UserId};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use utoipa::IntoParams;
use utoipa::openapi::ObjectBuilder;
use utoipa::openapi::schema::{KnownFormat, OneOfBuilder, Schema, SchemaFormat, Type};

use crate::identity::Caller;
use crate::problem::{Code, Problem};

/// The segments of the matched route, percent-decoded.
pub(crate) struct Segments<T>(pub(crate) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Segments<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::<T>::from_request_parts(parts, state).await;
        path.map(|Path(segments)| Self(segments))
            .map_err(|_| Problem::malformed("the path cannot be read"))
    }
}

/// The query of the matched route.
pub(crate) struct Asked<T>(pub(crate) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let query = Query::<T>::from_request_parts(parts, state).await;
        query
            .map(|Query(asked)| Self(asked))
            .map_err(|_| Problem::malformed("the query cannot be read"))
    }
}

/// `?sent=`
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct SentQuery {
    /// When the command was sent, in seconds since 1970, as the `Location` of its 202 says; without
    /// it an id made from an Idempotency-Key may be told to be unknown while it is on its way.
    #[param(format = "uint64", maximum = 18_446_744_073_709_551_615_u64)]
    pub(crate) sent: Option<u64>,
    /// Of a merge: whose cart the items leave, as the `Location` of its 202 says.
    #[param(pattern = "^[A-Za-z0-9._:@-]{1,128}$")]
    from: Option<String>,
}

impl SentQuery {
    /// The cart the items of a merge into `into` leave; `None` of any other command. What became of one
    /// whoever may act for `into` may know.
    pub(crate) fn from(&self, into: &CartKey) -> Result<Option<CartKey>, Problem> {
        let from = self.from.as_deref().map(user).transpose()?;
        Ok(from.map(|from| CartKey::new(into.tenant().cloned(), from)))
    }
}

/// `?asOf=`
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct AsOfQuery {
    /// The cart as it was: a whole number is a version, an RFC 3339 time is a time by the cart's own
    /// clock (encode its `+`). Prices and availability of today are shown beside it as ever.
    #[serde(rename = "asOf")]
    #[param(rename = "asOf", schema_with = moment)]
    as_of: Option<String>,
}

/// A version or a time.
fn moment() -> Schema {
    let version =
        ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0)).maximum(Some(u64::MAX));
    let time = ObjectBuilder::new()
        .schema_type(Type::String)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)));
    OneOfBuilder::new().item(version).item(time).build().into()
}

impl AsOfQuery {
    /// Which moment; `None` is the present.
    pub(crate) fn when(&self) -> Result<Option<When>, Problem> {
        let Some(text) = &self.as_of else { return Ok(None) };
        let version = text.parse().map(When::Version).ok();
        let when = version.or_else(|| text.parse().map(When::Time).ok());
        let expected = "asOf: expected a version or a time as in 2024-01-15T10:30:00Z (RFC 3339)";
        when.ok_or_else(|| Problem::malformed(expected)).map(Some)
    }
}

/// `?after=`
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct AfterQuery {
    /// The version whose events, and those before it, are known already; 0 without it.
    #[param(format = "uint64", maximum = 18_446_744_073_709_551_615_u64)]
    pub(crate) after: Option<u64>,
}

/// `?since=`
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct SinceQuery {
    /// The version the client has, whole. What it missed since comes as events; where not all of that is
    /// known any more (a cart remembers its last 8 decisions), the whole cart comes with
    /// `"recovered":false`.
    #[param(format = "uint64", maximum = 18_446_744_073_709_551_615_u64)]
    pub(crate) since: Option<u64>,
    /// A ticket of `POST /api/tickets`, in place of a token.
    pub(crate) ticket: Option<String>,
}

/// `/api/cart/{userID}`
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct CartPath {
    /// Whose cart: 1 to 128 characters of `A-Z a-z 0-9 . _ : @ -`.
    #[serde(rename = "userID")]
    #[param(pattern = "^[A-Za-z0-9._:@-]{1,128}$", example = "user123")]
    user: String,
}

/// `/api/cart/{userID}/items/{itemID}`
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct ItemPath {
    /// Whose cart.
    #[serde(rename = "userID")]
    #[param(pattern = "^[A-Za-z0-9._:@-]{1,128}$", example = "user123")]
    user: String,
    /// The item, as the cart names it.
    #[serde(rename = "itemID")]
    #[param(pattern = "^i_[A-Za-z0-9_-]+$")]
    item: String,
}

/// `/api/cart/{userID}/commands/{commandID}`
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct CommandPath {
    /// Whose cart.
    #[serde(rename = "userID")]
    #[param(pattern = "^[A-Za-z0-9._:@-]{1,128}$", example = "user123")]
    user: String,
    /// The command, as the `Location` of a 202 names it.
    #[serde(rename = "commandID")]
    #[param(format = "uuid")]
    command: String,
}

/// `/api/cart/{userID}/merge/{mergeID}`
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct MergePath {
    /// Whose cart the items came to; while they are on their way also whose they left.
    #[serde(rename = "userID")]
    #[param(pattern = "^[A-Za-z0-9._:@-]{1,128}$", example = "user123")]
    user: String,
    /// The merge, as its answer names it.
    #[serde(rename = "mergeID")]
    #[param(pattern = "^[0-9a-f-]{36}:[0-9]+$")]
    merge: String,
}

/// `/api/cart/{userID}/checkout/{checkoutID}`
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct CheckoutPath {
    /// Whose cart.
    #[serde(rename = "userID")]
    #[param(pattern = "^[A-Za-z0-9._:@-]{1,128}$", example = "user123")]
    user: String,
    /// The checkout, as its answer names it.
    #[serde(rename = "checkoutID")]
    #[param(format = "uuid")]
    checkout: String,
}

/// `/api/products/{id}`
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct ProductPath {
    /// The product: 1 to 64 characters of `A-Z a-z 0-9 . _ : @ -`.
    #[param(pattern = "^[A-Za-z0-9._:@-]{1,64}$", example = "prod_456")]
    pub(crate) id: String,
}

/// `/schemas/{group}/{name}`
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct SchemaPath {
    /// `events`, `records`, `frames`, `commands`, `api` or `common`.
    #[param(pattern = "^[a-z]+$", example = "events")]
    group: String,
    /// The schema and its version, as in `item_added.v1.json`.
    #[param(pattern = r"^[A-Za-z0-9_]+\.v[0-9]+\.json$", example = "item_added.v1.json")]
    name: String,
}

impl SchemaPath {
    /// The document named, if there is one.
    pub(crate) fn document(&self) -> String {
        format!("schemas/{}/{}", self.group, self.name)
    }
}

fn user(text: &str) -> Result<UserId, Problem> {
    text.parse().map_err(|error| Problem::new(Code::InvalidUserId, format!("userID: {error}")))
}

/// An item. No cart can hold one whose id this service did not make.
pub(super) fn item(text: &str) -> Result<ItemId, Problem> {
    let unknown = |error| Problem::new(Code::ItemNotFound, format!("itemID: {error}"));
    text.parse().map_err(unknown)
}

/// A checkout. None has an id that is no UUID.
pub(super) fn checkout(text: &str) -> Result<CheckoutId, Problem> {
    let unknown = |_| Problem::new(Code::CheckoutNotFound, "checkoutID: expected a UUID");
    text.parse().map_err(unknown)
}

impl CartPath {
    /// The cart named, if it is the caller's to act for.
    pub(crate) fn cart(&self, caller: &Caller) -> Result<CartKey, Problem> {
        caller.cart(user(&self.user)?)
    }
}

impl ItemPath {
    /// The cart named, if it is the caller's to act for.
    pub(crate) fn cart(&self, caller: &Caller) -> Result<CartKey, Problem> {
        caller.cart(user(&self.user)?)
    }

    /// The item named.
    pub(crate) fn item(&self) -> Result<ItemId, Problem> {
        item(&self.item)
    }
}

impl CommandPath {
    /// The cart named, if it is the caller's to act for.
    pub(crate) fn cart(&self, caller: &Caller) -> Result<CartKey, Problem> {
        caller.cart(user(&self.user)?)
    }

    /// The command named. No command has an id that is no UUID.
    pub(crate) fn command(&self) -> Result<CommandId, Problem> {
        let unknown = |_| Problem::new(Code::CommandNotFound, "commandID: expected a UUID");
        self.command.parse().map_err(unknown)
    }
}

impl MergePath {
    /// The cart named, if it is the caller's to act for.
    pub(crate) fn cart(&self, caller: &Caller) -> Result<CartKey, Problem> {
        caller.cart(user(&self.user)?)
    }

    /// The merge named.
    pub(crate) fn merge(&self) -> Result<MergeId, Problem> {
        let unknown = |error| Problem::new(Code::MergeNotFound, format!("mergeID: {error}"));
        self.merge.parse().map_err(unknown)
    }
}

impl CheckoutPath {
    /// The cart named, if it is the caller's to act for.
    pub(crate) fn cart(&self, caller: &Caller) -> Result<CartKey, Problem> {
        caller.cart(user(&self.user)?)
    }

    /// The checkout named.
    pub(crate) fn checkout(&self) -> Result<CheckoutId, Problem> {
        checkout(&self.checkout)
    }
}

impl ProductPath {
    /// The product named. No catalog can hold one whose id is none.
    pub(crate) fn product(&self) -> Result<ProductId, Problem> {
        let unknown = |error| Problem::new(Code::ProductNotFound, format!("productID: {error}"));
        self.id.parse().map_err(unknown)
    }
}

#[cfg(test)]
mod tests {
    use cart_schemas::timestamp::Timestamp;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_user_outside_the_alphabet_is_invalid() {
        for user in ["", "a/b", "a b", "%ZZ", &"x".repeat(129)] {
            let problem = CartPath { user: user.to_owned() }.cart(&Caller::Anyone).unwrap_err();
            assert_eq!(problem.code(), Code::InvalidUserId, "{user:?}");
        }
        assert!(CartPath { user: "u.s_e:r@a-1".to_owned() }.cart(&Caller::Anyone).is_ok());
    }

    #[test]
    fn a_moment_is_a_version_or_a_time() {
        let when = |text: &str| AsOfQuery { as_of: Some(text.to_owned()) }.when();

        assert_eq!(AsOfQuery { as_of: None }.when().unwrap(), None);
        assert_eq!(when("7").unwrap(), Some(When::Version(7)));
        let noon = "2024-01-15T12:00:00Z".parse().unwrap();
        assert_eq!(when("2024-01-15T13:00:00+01:00").unwrap(), Some(When::Time(noon)));
        for text in ["", "-1", "1.5", "yesterday", "2024-01-15"] {
            assert_eq!(when(text).unwrap_err().code(), Code::Malformed, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn every_version_and_every_time_is_a_moment(
            version in any::<u64>(),
            micros in 0..253_402_300_799_000_000_i64,
        ) {
            let when = |text: String| AsOfQuery { as_of: Some(text) }.when().ok().flatten();
            let time = Timestamp::from_micros(micros);

            prop_assert_eq!(when(version.to_string()), Some(When::Version(version)));
            prop_assert_eq!(when(time.to_string()), Some(When::Time(time)));
        }
    }

    #[test]
    fn an_item_command_or_checkout_id_nobody_made_is_found_nowhere() {
        let path = ItemPath { user: "u".to_owned(), item: "item_789".to_owned() };
        assert_eq!(path.item().unwrap_err().code(), Code::ItemNotFound);

        let path = CommandPath { user: "u".to_owned(), command: "7".to_owned() };
        assert_eq!(path.command().unwrap_err().code(), Code::CommandNotFound);

        let path = CheckoutPath { user: "u".to_owned(), checkout: "7".to_owned() };
        assert_eq!(path.checkout().unwrap_err().code(), Code::CheckoutNotFound);
    }
}
