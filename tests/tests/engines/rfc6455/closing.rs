//! Taking leave (RFC 6455, 5.5.1 and 7).

use super::case::{Case, add, nothing};
use super::frame::{CLOSE, Frame, close, frame, ping, text, together};
use super::meets::{NO_CODE, done, failure, leave, perhaps_then_leave, reply};

pub(super) fn cases() -> Vec<Case> {
    [codes(), wrong_codes(), bodies(), reasons(), afterwards()].into_iter().flatten().collect()
}

/// Codes a client may send, those of 7.4.1 and each end of the ranges of 7.4.2.
const CODES: [&[u16]; 14] = [
    &[1000],
    &[1001],
    &[1002],
    &[1003],
    &[1007],
    &[1008],
    &[1009],
    &[1010],
    &[1011],
    &[3000],
    &[3999],
    &[4000],
    &[4500],
    &[4999],
];

/// Registered since (1012 to 1014): given back, or not known.
const LATER_CODES: [&[u16]; 3] = [&[1012, 1002], &[1013, 1002], &[1014, 1002]];

/// Codes nobody may send: out of every range, without a meaning, or never on the wire.
const WRONG_CODES: [u16; 14] =
    [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 10_000, 65_535];

fn codes() -> Vec<Case> {
    let given_back = CODES.into_iter().map(|codes| {
        Case::that(format!("a close with {} gets it back", codes[0]))
            .sends([close(codes[0], "")])
            .meets(leave(codes))
    });
    let later = LATER_CODES.into_iter().map(|codes| {
        Case::that(format!("a close with {} gets it back, or is a violation", codes[0]))
            .sends([close(codes[0], "")])
            .meets(leave(codes))
    });
    given_back.chain(later).collect()
}

fn wrong_codes() -> Vec<Case> {
    let wrong = |code| {
        Case::that(format!("a close with {code} is a violation"))
            .sends([close(code, "")])
            .meets(leave(&[1002]))
    };
    let with_reason = Case::that("a close with 1006 and a reason is a violation")
        .sends([close(1006, "gone")])
        .meets(leave(&[1002]));
    WRONG_CODES.into_iter().map(wrong).chain([with_reason]).collect()
}

fn bodies() -> Vec<Case> {
    vec![
        // A server may answer no code with none, or say that all is well.
        Case::that("a close without a code is answered")
            .sends([frame(CLOSE, "")])
            .meets(leave(&[NO_CODE, 1000])),
        Case::that("a close with half a code is a violation")
            .sends([frame(CLOSE, "x")])
            .meets(leave(&[1002])),
        Case::that("the longest close has 125 bytes")
            .sends([close(1000, "x".repeat(123))])
            .meets(leave(&[1000])),
        Case::that("a close of 126 bytes is a violation")
            .sends([close(1000, "x".repeat(124))])
            .meets(leave(&[1002])),
        Case::that("a close of 4096 bytes is a violation")
            .sends([close(1000, "x".repeat(4094))])
            .meets(leave(&[1002])),
    ]
}

fn reasons() -> Vec<Case> {
    let wrong = |(name, reason): (&str, &[u8])| {
        Case::that(format!("a close whose reason {name} fails the connection"))
            .sends([close(1000, reason)])
            .meets(leave(&[1007, 1002]))
    };
    let wrongs: [(&str, &[u8]); 4] = [
        ("is not UTF-8", b"bye\xff"),
        ("is a surrogate", b"\xed\xa0\x80"),
        ("is cut off", b"bye \xe2\x82"),
        ("is too long for its character", b"\xc0\xaf"),
    ];
    let right = ["bye", "κόσμε 💩", "\0"].map(|reason| {
        Case::that(format!("a close with the reason {reason:?}"))
            .sends([close(1000, reason)])
            .meets(leave(&[1000]))
    });
    let whole = Case::that("the longest reason may be of four-byte characters")
        .sends([close(4000, format!("{}abc", "💩".repeat(30)))])
        .meets(leave(&[4000]));
    wrongs.map(wrong).into_iter().chain(right).chain([whole]).collect()
}

/// Nothing is heard of a client any more that has taken leave (5.5.1, 1.4).
fn afterwards() -> Vec<Case> {
    let after = |(name, frame): (&str, Frame)| {
        Case::that(format!("{name} after a close is not heard"))
            .sends(together([close(1000, ""), frame]))
            .meets(leave(&[1000]))
            .holds(0)
    };
    let ignored = [
        ("a command", text(add("x"))),
        ("a ping", ping("p")),
        ("another close", close(1001, "")),
        ("a violation", frame(0xB, "")),
    ];
    let mut cases: Vec<_> = ignored.map(after).into_iter().collect();
    cases.extend([
        Case::that("a command after a close, in a segment of its own, is not heard")
            .sends([close(1000, ""), text(add("x"))])
            .meets(leave(&[1000]))
            .holds(0),
        Case::that("what was answered before a close stays answered")
            .sends([text(add("a"))])
            .meets(done("a"))
            .sends([close(1000, "")])
            .meets(leave(&[1000]))
            .holds(1),
        // A client that leaves at once does not wait for its answers.
        Case::that("a message right before a close is answered or is not")
            .sends(together([text(nothing("x")), close(1000, "")]))
            .meets(perhaps_then_leave(reply("x"), &[1000])),
        Case::that("a client that knows its answer takes leave")
            .sends([text(nothing("x"))])
            .meets(reply("x"))
            .sends([close(4000, "done")])
            .meets(leave(&[4000])),
        Case::that("a violation after an answer fails the connection")
            .sends([text(nothing("x"))])
            .meets(reply("x"))
            .sends([frame(0x3, "")])
            .meets(failure(&[1002])),
    ]);
    cases
}
