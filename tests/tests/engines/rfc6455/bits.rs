//! The bits of a header that have one right value: masks, reserved bits, opcodes (RFC 6455, 5.1 to
//! 5.3).

use super::case::{Case, add, nothing};
use super::frame::{
    CLOSE, Frame, PING, PONG, RSV1, RSV2, RSV3, TEXT, close, fragments, frame, ping, pong, rest,
    text, together,
};
use super::meets::{failure, failure_unanswered, leave, ponged, reply};

pub(super) fn cases() -> Vec<Case> {
    [masks(), unmasked(), reserved_bits(), reserved_opcodes(), after_a_violation()]
        .into_iter()
        .flatten()
        .collect()
}

fn masks() -> Vec<Case> {
    let masks = [[0, 0, 0, 0], [0xff, 0xff, 0xff, 0xff], [0, 0, 0, 1], *b"{\"ty"];
    let mut cases: Vec<_> = masks
        .into_iter()
        .map(|mask| {
            Case::that(format!("a text masked by {mask:?}"))
                .sends([text(nothing("x")).masked_by(mask)])
                .meets(reply("x"))
        })
        .collect();
    let parts = fragments(nothing("x").as_bytes().chunks(9));
    let masked = parts.into_iter().zip([[1, 2, 3, 4], [0, 0, 0, 0], [9, 9, 9, 9]]);
    cases.push(
        Case::that("each fragment has a mask of its own")
            .sends(masked.map(|(part, mask)| part.masked_by(mask)))
            .meets(reply("x")),
    );
    cases.push(
        Case::that("a ping masked by nothing")
            .sends([ping("p").masked_by([0; 4])])
            .meets(ponged("p")),
    );
    cases.push(
        Case::that("a close masked by nothing")
            .sends([close(1000, "").masked_by([0; 4])])
            .meets(leave(&[1000])),
    );
    cases
}

/// Each frame that a client might send.
fn kinds() -> [(&'static str, Frame); 5] {
    [
        ("a text", text(nothing("x"))),
        ("an empty text", text("")),
        ("a ping", ping("p")),
        ("a pong", pong("p")),
        ("a close", close(1000, "")),
    ]
}

fn unmasked() -> Vec<Case> {
    let case = |(name, frame): (&str, Frame)| {
        Case::that(format!("{name} without a mask is a violation"))
            .sends([frame.unmasked()])
            .meets(failure(&[1002]))
    };
    let message = nothing("x");
    let (first, second) = message.split_at(9);
    let last = Case::that("a last fragment without a mask is a violation")
        .sends([text(first).unfinished(), rest(second).unmasked()])
        .meets(failure(&[1002]));
    kinds().map(case).into_iter().chain([last]).collect()
}

fn reserved_bits() -> Vec<Case> {
    let bits = [
        ("RSV1", RSV1),
        ("RSV2", RSV2),
        ("RSV3", RSV3),
        ("all three reserved bits", RSV1 | RSV2 | RSV3),
    ];
    let message = nothing("x");
    let (first, second) = message.split_at(9);
    let mut cases = Vec::new();
    for (bit, value) in bits {
        for (kind, frame) in kinds() {
            cases.push(
                Case::that(format!("{kind} with {bit} is a violation"))
                    .sends([frame.reserved(value)])
                    .meets(failure(&[1002])),
            );
        }
        cases.push(
            Case::that(format!("a last fragment with {bit} is a violation"))
                .sends([text(first).unfinished(), rest(second).reserved(value)])
                .meets(failure(&[1002])),
        );
    }
    cases
}

fn reserved_opcodes() -> Vec<Case> {
    let opcodes = (3..=7).chain(11..=15);
    let with = |opcode| {
        [("", nothing("x")), (", empty,", String::new())].map(|(how, payload)| {
            Case::that(format!("a frame of opcode {opcode}{how} is a violation"))
                .sends([frame(opcode, payload)])
                .meets(failure(&[1002]))
        })
    };
    let mut cases: Vec<_> = opcodes.flat_map(with).collect();
    for opcode in [3, 11] {
        cases.push(
            Case::that(format!("a frame of opcode {opcode} within a message is a violation"))
                .sends([text("{").unfinished(), frame(opcode, "")])
                .meets(failure(&[1002])),
        );
    }
    cases
}

/// Nothing is heard of a client any more that has broken the rules (7.1.7).
fn after_a_violation() -> Vec<Case> {
    let wrong = [
        ("an unmasked ping", ping("").unmasked()),
        ("a reserved bit", frame(TEXT, nothing("x")).reserved(RSV2)),
        ("a reserved opcode", frame(0xB, "")),
        ("a ping that is not whole", frame(PING, "").unfinished()),
        ("half a code", frame(CLOSE, "x")),
        ("a pong that is too long", frame(PONG, "x".repeat(126))),
    ];
    let case = |(name, wrong): (&str, Frame)| {
        Case::that(format!("a command right behind {name} is not carried out"))
            .sends(together([wrong, text(add("a")), ping("p")]))
            .meets(failure(&[1002]))
            .holds(0)
    };
    let mut cases: Vec<_> = wrong.map(case).into_iter().collect();
    cases.push(
        Case::that("a server that failed a connection ends it though nobody answers")
            .sends([ping("").unmasked()])
            .meets(failure_unanswered(&[1002])),
    );
    cases
}
