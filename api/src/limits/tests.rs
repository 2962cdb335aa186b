//! Who is counted, and for what.

use std::time::Instant;

use super::*;
use crate::problem::Code;

fn customer(tenant: Option<&str>, user: &str) -> Caller {
    let tenant = tenant.map(|name| name.parse().unwrap());
    Caller::Customer { tenant, user: user.parse().unwrap() }
}

fn one_each() -> Limits {
    let one = Limit::of(1, 1);
    Limits::new(&Allowances {
        reads: one,
        writes: one,
        sockets: one,
        address: one,
        ..Allowances::NONE
    })
}

fn may(limits: &Limits, caller: &Caller, kind: Kind) -> bool {
    limits.spend(caller, kind).is_none_or(|standing| standing.refusal().is_ok())
}

#[test]
fn reads_writes_and_sockets_are_spent_apart_and_by_each_user_of_each_shop() {
    let limits = one_each();
    let callers = [customer(None, "ann"), customer(None, "bob"), customer(Some("acme"), "ann")];

    for caller in &callers {
        for kind in [Kind::Read, Kind::Write, Kind::Socket] {
            assert!(may(&limits, caller, kind), "{caller:?} {kind:?}");
            assert!(!may(&limits, caller, kind), "{caller:?} {kind:?}");
        }
    }
}

#[test]
fn a_shop_itself_and_one_that_asks_nobody_are_not_counted() {
    let limits = one_each();
    let shop = Caller::Shop { tenant: None, name: "backend".to_owned() };

    for caller in [shop, Caller::Anyone] {
        assert_eq!([0; 3].map(|_| limits.spend(&caller, Kind::Write)), [None; 3], "{caller:?}");
    }
}

#[test]
fn an_address_is_counted_and_this_machine_is_not() {
    let limits = one_each();
    let arrive = |text: &str| limits.arrive(text.parse().unwrap(), &HeaderMap::new());
    let may = |text| arrive(text).is_none_or(|standing| standing.refusal().is_ok());

    assert_eq!(["1.1.1.1", "1.1.1.1", "1.1.1.2"].map(may), [true, false, true]);
    assert_eq!(["127.0.0.1"; 3].map(arrive), [None; 3]);
}

#[test]
fn a_refusal_says_what_is_expected_and_when_to_come_back() {
    let limits = one_each();
    let ann = customer(None, "ann");
    limits.spend(&ann, Kind::Write);

    let refused = limits.spend(&ann, Kind::Write).unwrap().refusal().unwrap_err();

    assert_eq!(refused.code(), Code::RateLimited);
    let text = String::from_utf8(refused.body()).unwrap();
    assert!(text.contains("writes: expected at most 1 a second, 1 at once"), "{text}");
}

#[test]
fn what_is_off_is_never_refused() {
    let limits = Limits::new(&Allowances::NONE);

    assert_eq!(limits.spend(&customer(None, "ann"), Kind::Read), None);
    assert_eq!(limits.arrive("1.1.1.1".parse().unwrap(), &HeaderMap::new()), None);
}

/// What one request costs, printed with `--nocapture`; the bound only notices a change of kind.
#[test]
fn a_request_is_counted_in_microseconds() {
    let limits = Limits::new(&Allowances::default());
    let callers: Vec<_> = (0..10_000).map(|n| customer(None, &format!("user{n}"))).collect();
    let peer = "1.1.1.1".parse().unwrap();
    let mut headers = HeaderMap::new();
    let began = Instant::now();

    for caller in callers.iter().cycle().take(100_000) {
        limits.arrive(peer, &headers);
        if let Some(standing) = limits.spend(caller, Kind::Write) {
            standing.tell(&mut headers);
        }
    }

    let each = began.elapsed() / 100_000;
    println!("address and caller counted, both fields told: {each:?}");
    assert!(each.as_micros() < 100, "{each:?}");
}
