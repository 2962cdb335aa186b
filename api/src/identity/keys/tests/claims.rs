//! What genuine tokens say, and what of that does not hold.

use super::*;

const EXPECTED: &str = "expected the claims sub and exp, and iss and aud if set";
const UNREAD: &str = "the claims cannot be read: expected at least sub and exp";
const USER: &str = "sub: expected 1 to 128 of A-Z a-z 0-9 . _ : @ -";

fn says(claims: &Value) -> Result<Caller, String> {
    who(&by_secret(), &token(Algorithm::HS256, &secret(), claims))
}

fn says_to(trust: Trust, claims: &Value) -> Result<Caller, String> {
    let trust = Trust { secret: SECRET.parse().ok(), ..trust };
    who(&trust, &token(Algorithm::HS256, &secret(), claims))
}

#[test]
fn a_token_holds_from_its_beginning_to_its_end_and_half_a_minute_around() {
    for (name, from_now, told) in [
        ("exp", -600, Err("the token has expired")),
        ("exp", -32, Err("the token has expired")),
        ("exp", -25, Ok(())),
        ("nbf", -600, Ok(())),
        ("nbf", 25, Ok(())),
        ("nbf", 40, Err("nbf: the token does not hold yet")),
    ] {
        let said = says(&with(name, seconds(from_now).into())).map(|_| ());
        assert_eq!(said, told.map_err(str::to_owned), "{name} {from_now}");
    }
}

#[test]
fn a_token_says_whose_it_is_and_until_when() {
    for claims in [
        json!({"sub": "ann"}),
        json!({"exp": seconds(600)}),
        json!({}),
        json!([]),
        json!("ann"),
        json!(null),
        json!(["ann", seconds(600)]),
        with("sub", json!(7)),
        with("sub", json!(null)),
        with("sub", json!(["ann"])),
        with("exp", json!(null)),
        with("exp", json!("4102444800")),
        with("exp", json!(-1)),
        with("exp", json!(1e300)),
        with("scope", json!(["cart:admin"])),
        with("scope", json!(null)),
        with("tenant", json!(["acme"])),
    ] {
        let told = says(&claims).unwrap_err();
        assert!([EXPECTED, UNREAD].contains(&told.as_str()), "{claims}: {told}");
    }
}

#[test]
fn a_claim_that_is_there_twice_or_is_no_time_refuses_the_token() {
    let header = r#"{"alg":"HS256"}"#;
    for payload in [
        format!(r#"{{"sub":"bob","sub":"ann","exp":{}}}"#, seconds(600)),
        format!(r#"{{"sub":"ann","exp":{},"exp":{}}}"#, seconds(-600), seconds(600)),
        format!(r#"{{"sub":"ann","exp":{0},"scope":"a","scope":"cart:admin"}}"#, seconds(600)),
        r#"{"sub":"ann","exp":1e400}"#.to_owned(),
        r#"{"sub":"ann","exp":NaN}"#.to_owned(),
    ] {
        assert_eq!(who(&by_secret(), &raw(header, &payload)), Err(UNREAD.to_owned()), "{payload}");
    }
    let not_before = says(&with("nbf", json!("later")));
    assert_eq!(not_before, Err("the token cannot be read".to_owned()));
}

#[test]
fn a_token_is_by_the_issuer_that_is_trusted() {
    let to = |claims: &Value| {
        says_to(Trust { issuer: Some("https://id.example".to_owned()), ..Trust::default() }, claims)
    };

    assert_eq!(to(&with("iss", json!("https://id.example"))), Ok(ann()));
    for iss in ["https://id.example/", "https://ID.example", "", "x"] {
        let told = Err("iss: expected the issuer that is trusted".to_owned());
        assert_eq!(to(&with("iss", json!(iss))), told, "{iss}");
    }
    for claims in [claims(), with("iss", json!(7)), with("iss", json!(null))] {
        assert_eq!(to(&claims), Err(EXPECTED.to_owned()), "{claims}");
    }
    assert_eq!(says(&with("iss", json!("anybody"))), Ok(ann()));
}

#[test]
fn a_token_is_for_this_service() {
    let to = |claims: &Value| {
        says_to(Trust { audience: Some("carts".to_owned()), ..Trust::default() }, claims)
    };

    for aud in [json!("carts"), json!(["other", "carts"])] {
        assert_eq!(to(&with("aud", aud)), Ok(ann()));
    }
    for aud in [json!("cart"), json!("Carts"), json!(["other"]), json!([])] {
        let told = Err("aud: expected this service".to_owned());
        assert_eq!(to(&with("aud", aud.clone())), told, "{aud}");
    }
    for claims in [claims(), with("aud", json!(7)), with("aud", json!(null))] {
        assert_eq!(to(&claims), Err(EXPECTED.to_owned()), "{claims}");
    }
    assert_eq!(says(&with("aud", json!("another service"))), Ok(ann()));
}

#[test]
fn a_user_is_of_the_alphabet_of_users() {
    let (longest, longer) = ("x".repeat(128), "x".repeat(129));
    for user in ["a", "u.s_e:r@a-1", &longest] {
        assert_eq!(says(&with("sub", json!(user))), Ok(customer(None, user)));
    }
    for user in
        ["", " ann", "ann ", "a/b", "acme/ann", "a b", "änn", "ann\u{0}", "\u{202e}nna", &longer]
    {
        assert_eq!(says(&with("sub", json!(user))), Err(USER.to_owned()), "{user:?}");
    }
}

#[test]
fn a_shop_is_of_the_alphabet_of_shops() {
    let longest = "x".repeat(64);
    assert_eq!(says(&with("tenant", json!(longest))), Ok(customer(Some(&longest), "ann")));
    assert_eq!(says(&with("tenant", json!(null))), Ok(ann()));
    for shop in ["", "a/b", "acme ", "ac\u{301}me", "acme\n", &"x".repeat(65)] {
        let told = Err("tenant: expected a name of a shop".to_owned());
        assert_eq!(says(&with("tenant", json!(shop))), told, "{shop:?}");
    }
}

#[test]
fn the_scope_of_a_shop_is_one_word_among_others() {
    let shop = Caller::Shop { tenant: None, name: "ann".to_owned() };
    for scope in ["cart:admin", "openid cart:admin email", " cart:admin", "a  cart:admin"] {
        assert_eq!(says(&with("scope", json!(scope))), Ok(shop.clone()), "{scope:?}");
    }
    for scope in [
        "",
        "cart:administrator",
        "xcart:admin",
        "cart:admin:read",
        "CART:ADMIN",
        "cart:admin,openid",
        "openid\tcart:admin",
        "openid\ncart:admin",
        "cart:admin\u{0}",
        "cart: admin",
        "cart:аdmin",
    ] {
        assert_eq!(says(&with("scope", json!(scope))), Ok(ann()), "{scope:?}");
    }
    let of_acme = json!({"sub": "ops@acme", "exp": seconds(600), "tenant": "acme",
        "scope": "cart:admin"});
    let tenant = "acme".parse().ok();
    assert_eq!(says(&of_acme), Ok(Caller::Shop { tenant, name: "ops@acme".to_owned() }));
}
