//! Frames: how long they are, how they say it, and how they arrive (RFC 6455, 5.2).

use super::case::{Case, add, nothing, nothing_of};
use super::frame::{apart, cut, ping, text, together};
use super::meets::{Meets, done, failure, nameless, or_failure, ponged, reply};

/// The longest message a client may send.
const BYTES_MAX: usize = 4096;

pub(super) fn cases() -> Vec<Case> {
    [lengths(), encodings(), arrivals(), cuts()].into_iter().flatten().collect()
}

fn lengths() -> Vec<Case> {
    let mut cases = vec![
        Case::that("an empty text is a message").sends([text("")]).meets(nameless()),
        Case::that("a text of one byte is a message").sends([text("x")]).meets(nameless()),
    ];
    for bytes in [125, 126, 127, 128, 1024, BYTES_MAX - 1, BYTES_MAX] {
        let case = Case::that(format!("a text of {bytes} bytes is a message"));
        cases.push(case.sends([text(nothing_of("x", bytes))]).meets(reply("x")));
    }
    for bytes in [BYTES_MAX + 1, 65_535, 65_536, 1_000_000] {
        let case = Case::that(format!("a text of {bytes} bytes is too big"));
        cases.push(case.sends([text(nothing_of("x", bytes))]).meets(failure(&[1009])));
    }
    cases
}

fn encodings() -> Vec<Case> {
    // The sender must use the fewest bytes (5.2); what becomes of others is the receiver's choice.
    let lenient = || or_failure(reply("x"), &[1002]);
    vec![
        Case::that("a short length in two bytes is read or is a violation")
            .sends([text(nothing("x")).length_in_two_bytes()])
            .meets(lenient()),
        Case::that("a short length in eight bytes is read or is a violation")
            .sends([text(nothing("x")).length_in_eight_bytes()])
            .meets(lenient()),
        Case::that("a middle length in eight bytes is read or is a violation")
            .sends([text(nothing_of("x", 300)).length_in_eight_bytes()])
            .meets(lenient()),
        // The highest bit must be 0 (5.2); such a length is a violation, and too big.
        Case::that("a length with the highest bit is refused, though no payload follows")
            .sends([text("").claims(1 << 63)])
            .meets(failure(&[1002, 1009])),
        Case::that("a length of all bits is refused, though no payload follows")
            .sends([text("").claims(u64::MAX)])
            .meets(failure(&[1002, 1009])),
        Case::that("the largest length there is is too big, though no payload follows")
            .sends([text("").claims(u64::MAX >> 1)])
            .meets(failure(&[1009])),
        Case::that("a length of one byte too many is too big, though no payload follows")
            .sends([text("").claims(BYTES_MAX as u64 + 1)])
            .meets(failure(&[1009])),
    ]
}

fn arrivals() -> Vec<Case> {
    let five = ["a", "b", "c", "d", "e"];
    let mut all = Case::that("five messages in one segment are answered in order")
        .sends(together(five.map(|id| text(nothing(id)))));
    for id in five {
        all = all.meets(reply(id));
    }
    let [begin, end] = cut(text(nothing("b")), 9);
    vec![
        all,
        Case::that("a text is read byte by byte")
            .sends(apart(text(nothing("x"))))
            .meets(reply("x")),
        Case::that("a ping is read byte by byte").sends(apart(ping("slow"))).meets(ponged("slow")),
        Case::that("a segment ends within the second of its messages")
            .sends(together([text(nothing("a")).into(), begin]))
            .meets(reply("a"))
            .sends([end])
            .meets(reply("b")),
        Case::that("a command, a ping and another command in one segment")
            .sends(together([text(add("a")), ping("p"), text(add("b"))]))
            .meets(Meets::InAnyOrder(vec![done("a"), ponged("p"), done("b")]))
            .holds(2),
        Case::that("commands of one segment are carried out once each")
            .sends(together([text(add("a")), text(add("b")), text(add("a"))]))
            .meets(done("a"))
            .meets(done("b"))
            .meets(done("a"))
            .holds(2),
    ]
}

/// The longest header of a message that is not too big has eight bytes.
fn cuts() -> Vec<Case> {
    let case = |at| {
        Case::that(format!("a segment ends after byte {at} of a header"))
            .sends(cut(text(nothing_of("x", 200)), at))
            .meets(reply("x"))
    };
    let long = |at| {
        Case::that(format!("a segment ends after byte {at} of a header that is too big"))
            .sends(cut(text(nothing_of("x", 70_000)), at))
            .meets(failure(&[1009]))
    };
    (1..=8).map(case).chain([1, 5, 9, 13].map(long)).collect()
}
