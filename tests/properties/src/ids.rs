//! Ids and values that are one text: of a path, a query, a header or a key.

use std::fmt::{Debug, Display};
use std::str::FromStr;

use cart_schemas::generation::Generation;
use cart_schemas::id::{
    CartKey, CheckoutId, CommandId, ItemId, MergeId, OrderId, ProductId, ProductKey, SkuKey,
    TenantId, UserId, VariantId,
};
use cart_schemas::money::{Amount, Currency, Decimal, Price};
use cart_schemas::policies::Policies;
use cart_schemas::policy::Policy;
use cart_schemas::strict;
use cart_schemas::timestamp::Timestamp;

/// Whatever text is read as a value is the text it is printed as, or prints as one that is.
pub(crate) fn texts(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    for canonical in [
        read::<CartKey>(text),
        read::<ItemId>(text),
        read::<MergeId>(text),
        read::<OrderId>(text),
        read::<ProductId>(text),
        read::<ProductKey>(text),
        read::<SkuKey>(text),
        read::<TenantId>(text),
        read::<UserId>(text),
        read::<VariantId>(text),
        read::<Decimal>(text),
    ]
    .into_iter()
    .flatten()
    {
        assert_eq!(canonical, text, "a second spelling");
    }
    read::<CheckoutId>(text);
    read::<CommandId>(text);
    read::<Generation>(text);
    read::<Timestamp>(text);
    money(text);
    let read: Result<serde_json::Value, _> = strict::parse(bytes);
    assert!(read.is_err() || serde_json::from_slice::<serde_json::Value>(bytes).is_ok());
    let policies = Policies::read(bytes, Policy::default());
    assert!(policies.is_ok() || policies.is_err_and(|error| !error.to_string().is_empty()));
}

/// What a text is printed as once it is read; read again, it is the same value.
fn read<T: FromStr + Display + PartialEq + Debug>(text: &str) -> Option<String> {
    let value: T = text.parse().ok()?;
    let printed = value.to_string();
    assert_eq!(printed.parse().ok().as_ref(), Some(&value), "{text:?} printed as {printed:?}");
    Some(printed)
}

/// Prices and sums print as they are read, in a currency of each number of decimals.
fn money(text: &str) {
    for code in ["JPY", "USD", "KWD", "CLF"] {
        let currency: Result<Currency, _> = code.parse();
        let Ok(currency) = currency else { continue };
        if let Ok(price) = Price::parse(text, currency) {
            let printed = price.decimal(currency);
            assert_eq!(Price::parse(printed.as_str(), currency), Ok(price));
        }
        if let Ok(sum) = Amount::parse(text, Some(currency)) {
            let printed = sum.decimal(Some(currency));
            assert_eq!(Amount::parse(printed.as_str(), Some(currency)), Ok(sum));
        }
    }
}
