//! Guests' tokens among the others: told by the key they name, and worth no more than a guest.

use super::super::super::TOKEN_MAX;
use super::*;

const KID: &str = "cartstream-guest";
const UNSIGNED: &str = "no key has signed it";

fn by_both() -> Trust {
    Trust { guest_secret: GUESTS.parse().ok(), ..by_secret() }
}

fn guests_key() -> EncodingKey {
    EncodingKey::from_secret(GUESTS.as_bytes())
}

fn admin() -> Value {
    with("scope", json!("cart:admin"))
}

#[test]
fn a_guest_is_known_again_by_the_token_they_got() {
    let keys = Keys::new(&by_both()).unwrap();
    let (guest, acme) = ("guest_1".parse().unwrap(), "acme".parse().unwrap());
    for tenant in [None, Some(&acme)] {
        let pass = keys.guests().unwrap().pass(&guest, tenant, clock::now()).unwrap();

        let known = keys.check(&pass.token).unwrap();
        let tenant_name = tenant.map(TenantId::as_str);
        assert_eq!(known.caller, customer(tenant_name, "guest_1"));
        let until = pass.until.micros() / 1_000_000 + 30;
        assert_eq!(known.until, Some(Timestamp::from_micros(until * 1_000_000)));
        let again = keys.guests().unwrap().again(&pass.token).unwrap();
        assert_eq!(again, (tenant.cloned(), guest.clone()));
    }
}

#[test]
fn the_guests_key_makes_nobody_a_shop() {
    let by_guests = named(KID, (Algorithm::HS256, &guests_key()), &admin());

    assert_eq!(who(&by_both(), &by_guests), Ok(ann()));
    let same = Trust { guest_secret: SECRET.parse().ok(), ..by_secret() };
    let by_one_secret = named(KID, (Algorithm::HS256, &secret()), &admin());
    assert_eq!(who(&same, &by_one_secret), Ok(ann()));
}

#[test]
fn a_token_that_names_the_guests_key_is_signed_with_it() {
    for (algorithm, key) in [(Algorithm::HS256, secret()), (Algorithm::HS512, guests_key())] {
        let token = named(KID, (algorithm, &key), &admin());
        assert!(who(&by_both(), &token).is_err(), "{algorithm:?}");
    }
    let all = Trust { guest_secret: GUESTS.parse().ok(), ..by_public(&[RSA_PUBLIC, ED_PUBLIC]) };
    for (algorithm, key) in [(Algorithm::RS256, rsa()), (Algorithm::EdDSA, ed())] {
        let token = named(KID, (algorithm, &key), &admin());
        assert!(who(&all, &token).is_err(), "{algorithm:?}");
    }
}

#[test]
fn a_token_by_the_guests_key_says_so() {
    let unnamed = token(Algorithm::HS256, &guests_key(), &admin());
    assert_eq!(who(&by_both(), &unnamed), Err(UNSIGNED.to_owned()));
    for kid in ["", "Cartstream-Guest", "cartstream-guest ", "cartstream-guests"] {
        let token = named(kid, (Algorithm::HS256, &guests_key()), &claims());
        assert_eq!(who(&by_both(), &token), Err(UNSIGNED.to_owned()), "{kid:?}");
    }
}

#[test]
fn without_a_secret_of_guests_there_are_none() {
    let token = named(KID, (Algorithm::HS256, &guests_key()), &claims());

    assert_eq!(who(&by_secret(), &token), Err("there are no guests here".to_owned()));
}

#[test]
fn a_guests_token_ends_when_it_is_told_to() {
    for (from_now, holds) in [(-25, true), (-32, false), (-59, false), (-600, false)] {
        let claims = with("exp", seconds(from_now).into());
        let token = named(KID, (Algorithm::HS256, &guests_key()), &claims);
        assert_eq!(who(&by_both(), &token).is_ok(), holds, "{from_now}");
    }
}

#[test]
fn what_a_guests_token_cannot_say_is_refused() {
    for claims in [
        with("sub", json!("a/b")),
        with("sub", json!("")),
        with("tenant", json!("a/b")),
        with("exp", json!(null)),
        json!({"sub": "ann"}),
        json!({"exp": seconds(600)}),
    ] {
        let token = named(KID, (Algorithm::HS256, &guests_key()), &claims);
        assert!(who(&by_both(), &token).is_err(), "{claims}");
    }
}

#[test]
fn only_a_guest_is_renewed_as_one() {
    let keys = Keys::new(&by_both()).unwrap();
    let again = |token: &str| keys.guests().unwrap().again(token).map_err(|told| told.code());
    let of = |claims: &Value| named(KID, (Algorithm::HS256, &guests_key()), claims);

    assert!(again(&of(&claims())).is_ok());
    let long = of(&with("pad", json!("x".repeat(TOKEN_MAX))));
    for token in [
        String::new(),
        "csk_key".to_owned(),
        token(Algorithm::HS256, &secret(), &claims()),
        token(Algorithm::HS256, &guests_key(), &claims()),
        named(KID, (Algorithm::HS256, &secret()), &claims()),
        of(&with("exp", seconds(-600).into())),
        long,
    ] {
        assert_eq!(again(&token), Err(Code::InvalidToken), "{token}");
    }
}
