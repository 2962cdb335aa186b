//! Any text is read as the one value that prints it, or refused; any value is read back from its text.

#![expect(clippy::unwrap_used, reason = "what a strategy makes is valid")]

use std::fmt::{Debug, Display};
use std::str::FromStr;

use cart_schemas::id::{
    CartKey, CommandId, ItemId, MergeId, OrderId, ProductId, ProductKey, SkuKey, TenantId, UserId,
    VariantId,
};
use cart_schemas::money::{Currency, Decimal, Price};
use cart_schemas::quantity::Quantity;
use cart_schemas::timestamp::Timestamp;
use proptest::prelude::*;

/// Reads a text that is a value's only one.
fn only<T: FromStr + Display + Debug + PartialEq>(text: &str) -> Result<(), TestCaseError> {
    let read = text.parse::<T>().ok();
    prop_assert!(read.is_some(), "{text:?} is refused");
    prop_assert_eq!(read.unwrap().to_string(), text);
    Ok(())
}

/// Whether a text is refused, or printed as it was read.
fn printed_or_refused<T: FromStr + Display>(text: &str) -> bool {
    text.parse::<T>().map_or(true, |read| read.to_string() == text)
}

proptest! {
    #[test]
    fn an_id_of_the_alphabet_is_read_as_itself(
        short in "[A-Za-z0-9._:@-]{1,64}",
        long in "[A-Za-z0-9._:@-]{1,128}",
    ) {
        only::<ProductId>(&short)?;
        only::<VariantId>(&short)?;
        only::<OrderId>(&short)?;
        only::<TenantId>(&short)?;
        only::<UserId>(&long)?;
        only::<CartKey>(&long)?;
        only::<CartKey>(&format!("{short}/{long}"))?;
        only::<ProductKey>(&short)?;
        only::<ProductKey>(&format!("{short}/{short}"))?;
    }

    #[test]
    fn an_item_a_merge_and_a_moment_are_read_back(
        product in "[A-Za-z0-9._:@-]{1,64}",
        variant in prop::option::of("[A-Za-z0-9._:@-]{1,64}"),
        tenant in "[A-Za-z0-9._:@-]{1,64}",
        cart in any::<u128>(),
        version in any::<u64>(),
        micros in 0..253_402_300_799_000_000_i64,
    ) {
        let variant = variant.map(|variant| variant.parse().unwrap());
        let item = ItemId::new(product.parse().unwrap(), variant);
        only::<ItemId>(&item.to_string())?;
        only::<SkuKey>(&SkuKey::new(None, item.clone()).to_string())?;
        only::<SkuKey>(&SkuKey::new(tenant.parse().ok(), item).to_string())?;
        let uuid = uuid::Uuid::from_u128(cart);
        only::<MergeId>(&format!("{uuid}:{version}"))?;
        only::<CommandId>(&uuid.to_string())?;
        only::<Timestamp>(&Timestamp::from_micros(micros).to_string())?;
    }

    #[test]
    fn what_two_shops_sell_under_one_id_is_never_one_key(
        first in prop::option::of("[A-Za-z0-9._:@-]{1,64}"),
        second in prop::option::of("[A-Za-z0-9._:@-]{1,64}"),
        product in "[A-Za-z0-9._:@-]{1,64}",
    ) {
        let tenant = |name: &Option<String>| -> Option<TenantId> {
            name.as_ref().map(|name| name.parse().unwrap())
        };
        let product: ProductId = product.parse().unwrap();
        let item = ItemId::new(product.clone(), None);
        let sku = |name| SkuKey::new(tenant(name), item.clone());
        let key = |name| ProductKey::new(tenant(name), product.clone());

        let same = first == second;
        prop_assert_eq!(sku(&first).to_string() == sku(&second).to_string(), same);
        prop_assert_eq!(key(&first).to_string() == key(&second).to_string(), same);
        prop_assert_eq!(sku(&first).product(), key(&first));
        prop_assert!(ProductKey::first(tenant(&first)) <= key(&first));
    }

    #[test]
    fn no_text_is_a_second_spelling(
        text in ".{0,140}",
        id in "([a-z]{0,3}/)?(i_)?[A-Za-z0-9_=/-]{0,40}",
    ) {
        for text in [&text, &id] {
            prop_assert!(printed_or_refused::<UserId>(text));
            prop_assert!(printed_or_refused::<CartKey>(text));
            prop_assert!(printed_or_refused::<ItemId>(text));
            prop_assert!(printed_or_refused::<SkuKey>(text));
            prop_assert!(printed_or_refused::<ProductKey>(text));
            prop_assert!(printed_or_refused::<MergeId>(text));
            prop_assert!(printed_or_refused::<Decimal>(text));
        }
    }

    #[test]
    fn a_number_is_whole_if_its_fraction_is_zero(
        whole in any::<i64>(),
        fraction in "[0-9]{1,6}",
    ) {
        let decimal: Decimal = format!("{whole}.{fraction}").parse().unwrap();

        let is_zero = fraction.bytes().all(|digit| digit == b'0');
        prop_assert_eq!(decimal.whole(), is_zero.then_some(whole));
        prop_assert_eq!(whole.to_string().parse::<Decimal>().unwrap().whole(), Some(whole));
    }

    #[test]
    fn a_price_is_read_as_its_currency_prints_it_and_never_finer(
        minor in 0..=Price::MAX,
        currency in prop::sample::select(vec!["JPY", "USD", "KWD", "CLF"]),
        more in "[0-9]",
    ) {
        let currency: Currency = currency.parse().unwrap();
        let price = Price::from_minor(minor).unwrap();
        let printed = price.decimal(currency).to_string();

        prop_assert_eq!(Price::parse(&printed, currency), Ok(price));
        let point = if printed.contains('.') { "" } else { "." };
        let finer = format!("{printed}{point}{more}");
        prop_assert!(Price::parse(&finer, currency).is_err());
    }

    #[test]
    fn a_quantity_is_one_to_a_million(number in any::<u32>()) {
        let is_one = (1..=Quantity::MAX).contains(&number);
        prop_assert_eq!(Quantity::new(number).map(Quantity::get).ok(), is_one.then_some(number));
    }
}
