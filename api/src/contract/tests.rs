//! The schemas against the code that parses and prints what they are of.

use cart_schemas::fault::Faults;
use cart_schemas::id::{
    CartKey, ItemId, OrderId, ProductId, ProductKey, SkuKey, TenantId, UserId, VariantId,
};
use cart_schemas::money::{Currency, Price};
use cart_schemas::product::{Product, ProductWire};
use cart_schemas::quantity::Quantity;
use cart_schemas::stock::Units;

use super::*;
use crate::request::{AddItem, Extend, Said, SetQuantity, StockDelivery};

fn bound(shape: Shape, keyword: &str) -> u64 {
    shape.keywords()[keyword].as_u64().unwrap()
}

fn long(length: u64) -> String {
    "x".repeat(usize::try_from(length).unwrap())
}

/// Whether `parse` takes texts from the shortest to the longest the schema allows, and none beyond.
fn agrees(shape: Shape, parse: impl Fn(&str) -> bool) {
    let (least, most) = (bound(shape, "minLength"), bound(shape, "maxLength"));
    assert!(parse(&long(least)) && parse(&long(most)), "{shape:?}");
    assert!(!parse(&long(least - 1)) && !parse(&long(most + 1)), "{shape:?}");
}

/// Whether `parse` takes numbers from the least to the highest the schema allows, and none beyond.
fn agrees_in_numbers(shape: Shape, parse: impl Fn(i64) -> bool) {
    let bound = |keyword: &str| shape.keywords()[keyword].as_i64().unwrap();
    let (least, most) = (bound("minimum"), bound("maximum"));
    assert!(parse(least) && parse(most), "{shape:?}");
    assert!(!parse(least - 1) && !parse(most + 1), "{shape:?}");
}

#[test]
fn ids_and_names_are_as_long_as_their_schemas_say() {
    agrees(Shape::Tenant, |text| text.parse::<TenantId>().is_ok());
    agrees(Shape::User, |text| text.parse::<UserId>().is_ok());
    agrees(Shape::Product, |text| text.parse::<ProductId>().is_ok());
    agrees(Shape::Variant, |text| text.parse::<VariantId>().is_ok());
    agrees(Shape::Order, |text| text.parse::<OrderId>().is_ok());
    agrees(Shape::Name, |text| Faults::default().check_name("", text.to_owned()).is_some());
    let key = format!("{}/{}", long(64), long(128));
    assert_eq!(bound(Shape::CartKey, "maxLength"), u64::try_from(key.len()).unwrap());
    assert!(key.parse::<CartKey>().is_ok());
    let longest = ItemId::new(long(64).parse().unwrap(), Some(long(64).parse().unwrap()));
    let length = u64::try_from(longest.to_string().len()).unwrap();
    assert_eq!(bound(Shape::Item, "maxLength"), length);
    let sku = format!("{}/{longest}", long(64));
    assert_eq!(bound(Shape::Sku, "maxLength"), u64::try_from(sku.len()).unwrap());
    assert!(sku.parse::<SkuKey>().is_ok());
    let product = format!("{}/{}", long(64), long(64));
    assert_eq!(bound(Shape::ProductKey, "maxLength"), u64::try_from(product.len()).unwrap());
    assert!(product.parse::<ProductKey>().is_ok());
}

#[test]
fn ids_have_the_characters_their_pattern_says() {
    let pattern = Shape::User.keywords()["pattern"].as_str().unwrap().to_owned();
    assert_eq!(pattern, "^[A-Za-z0-9._:@-]+$");
    let in_pattern = |letter: char| letter.is_ascii_alphanumeric() || "._:@-".contains(letter);

    for letter in (0..=u8::MAX).map(char::from) {
        assert_eq!(letter.to_string().parse::<UserId>().is_ok(), in_pattern(letter), "{letter:?}");
    }
}

#[test]
fn names_have_the_characters_their_pattern_says() {
    let pattern = Shape::Name.keywords()["pattern"].as_str().unwrap().to_owned();
    assert_eq!(pattern, "^[^\\u0000-\\u001f\\u007f-\\u009f]*$");

    for letter in (0..=u8::MAX).map(char::from) {
        let named = Faults::default().check_name("", letter.to_string()).is_some();
        let controls = matches!(letter, '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}');
        assert_eq!(named, !controls, "{letter:?}");
    }
}

#[test]
fn numbers_are_as_large_as_their_schemas_say() {
    let unsigned = |number| u32::try_from(number).ok();
    agrees_in_numbers(Shape::Quantity, |number| {
        unsigned(number).and_then(|n| Quantity::new(n).ok()).is_some()
    });
    agrees_in_numbers(Shape::Units, |number| {
        unsigned(number).and_then(|n| Units::new(n).ok()).is_some()
    });
    agrees_in_numbers(Shape::Count, |number| unsigned(number).is_some());
    let yen: Currency = "JPY".parse().unwrap();
    agrees_in_numbers(Shape::Price, |number| Price::parse(&number.to_string(), yen).is_ok());
}

#[test]
fn a_product_has_as_many_variants_as_its_schema_says() {
    let product = |variants| {
        let variant =
            |number| json!({ "id": format!("v{number}"), "name": "V", "price": 1, "stock": 1 });
        let variants: Vec<_> = (0..variants).map(variant).collect();
        let product =
            json!({ "id": "p", "name": "P", "price": 1, "stock": 1, "variants": variants });
        Product::parse(serde_json::from_str::<ProductWire>(&product.to_string()).unwrap()).is_ok()
    };
    let openapi = openapi::described();
    let variants = &openapi["components"]["schemas"]["Product"]["properties"]["variants"];
    let most = variants["maxItems"].as_u64().unwrap();

    assert!(product(most) && !product(most + 1));
}

/// A value each field of a command may have.
fn example(field: &str) -> Value {
    match field {
        "quantity" | "extendSeconds" => 1.into(),
        "itemID" => ItemId::new("p".parse().unwrap(), None).to_string().into(),
        "checkoutID" => "018cbb42-2f31-7000-8000-000000000001".into(),
        _ => "x".into(),
    }
}

#[test]
fn a_command_can_be_said_with_what_its_schema_requires_and_with_no_less() {
    let openapi = openapi::described();
    let mut told = 0;
    for (kind, schema) in sockets::commands(&openapi) {
        let required = schema["required"].as_array().unwrap().iter();
        let required: Vec<_> = required.map(|name| name.as_str().unwrap()).collect();
        let value = |name: &str| if name == "type" { kind.into() } else { example(name) };
        let whole: Map<_, _> =
            required.iter().map(|name| ((*name).to_owned(), value(name))).collect();
        let read = |said: &Map<_, _>| Said::read(&Value::Object(said.clone()).to_string());

        assert_eq!(read(&whole).unwrap().kind(), kind);
        for name in required {
            let mut lacking = whole.clone();
            lacking.remove(name);
            assert!(read(&lacking).is_err(), "{kind} without {name}");
            told += 1;
        }
    }
    assert!(told > 20, "{told}");
}

#[test]
fn an_id_of_a_command_is_as_its_schema_says() {
    let openapi = openapi::described();
    let (_, schema) = sockets::commands(&openapi).next().unwrap();
    let id = &schema["properties"]["id"];
    let read = |id: &str| Said::read(&json!({ "type": "clear", "id": id }).to_string()).is_ok();
    let most = id["maxLength"].as_u64().unwrap();

    assert!(read(&long(1)) && read(&long(most)));
    assert!(!read("") && !read(&long(most + 1)));
    assert_eq!(id["pattern"], "^[!-~]+$");
    for letter in (0..=u8::MAX).map(char::from) {
        assert_eq!(read(&letter.to_string()), ('!'..='~').contains(&letter), "{letter:?}");
    }
}

#[test]
fn numbers_in_bodies_are_as_large_as_their_schemas_say() {
    let openapi = openapi::described();
    let field = |schema: &str, name: &str| {
        openapi["components"]["schemas"][schema]["properties"][name].clone()
    };
    let bounds = |field: &Value| (field["minimum"].as_i64(), field["maximum"].as_i64().unwrap());
    let add = |quantity: i64| {
        let form: AddItem =
            serde_json::from_value(json!({ "productID": "p", "quantity": quantity })).unwrap();
        form.intent(|_| Ok(true)).is_ok()
    };
    let extend = |seconds: i64| {
        let form: Extend = serde_json::from_value(json!({ "extendSeconds": seconds })).unwrap();
        form.intent().is_ok()
    };
    let set = |quantity: i64| {
        let form: SetQuantity = serde_json::from_value(json!({ "quantity": quantity })).unwrap();
        form.intent(|| Ok(ItemId::new("p".parse().unwrap(), None))).is_ok()
    };

    let (least, most) = bounds(&field("AddItem", "quantity"));
    assert!(add(least.unwrap()) && add(most) && !add(least.unwrap() - 1) && !add(most + 1));
    let (least, most) = bounds(&field("Extend", "extendSeconds"));
    assert!(extend(least.unwrap()) && extend(most));
    assert!(!extend(least.unwrap() - 1) && !extend(most + 1));
    let (least, most) = bounds(&field("SetQuantity", "quantity"));
    assert_eq!(least, None);
    assert!(set(-1) && set(most) && !set(most + 1));
}

#[test]
fn a_delivery_has_as_many_changes_as_its_schema_says() {
    let openapi = openapi::described();
    let changes = &openapi["components"]["schemas"]["StockDelivery"]["properties"]["changes"];
    let (least, most) = (&changes["minItems"], &changes["maxItems"]);
    let (least, most) = (least.as_u64().unwrap(), most.as_u64().unwrap());
    let read = |number| {
        let changes: Vec<_> =
            (0..number).map(|_| json!({ "productID": "p", "delta": 1 })).collect();
        let body = json!({ "changes": changes }).to_string();
        StockDelivery::read(body.as_bytes()).unwrap().changes(None, |_| true).is_ok()
    };

    assert!(read(least) && read(most) && !read(least - 1) && !read(most + 1));
}

#[test]
fn every_field_of_every_event_has_a_schema_and_a_meaning() {
    for kind in EventKind::ALL {
        let schema = events::event(kind);
        assert!(!schema["description"].as_str().unwrap().is_empty(), "{kind:?}");
        for (name, field) in schema["properties"].as_object().unwrap() {
            let meaning = field["description"].as_str();
            assert!(meaning.is_some_and(|meaning| !meaning.is_empty()), "{name} of {kind:?}");
        }
    }
}
