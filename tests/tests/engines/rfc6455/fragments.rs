//! Messages in several frames, and what may come between them (RFC 6455, 5.4).

use super::case::{Case, add, nothing, nothing_of};
use super::frame::{
    CLOSE, Frame, PING, PONG, binary, close, fragments, frame, ping, pong, rest, text, together,
};
use super::meets::{Meets, done, failure, leave, nameless, ponged, reply};

pub(super) fn cases() -> Vec<Case> {
    [whole(), empty(), sizes(), out_of_place(), control_frames(), interleaved(), left_within()]
        .into_iter()
        .flatten()
        .collect()
}

/// The message in fragments of so many bytes.
fn in_pieces(message: &str, bytes: usize) -> Vec<Frame> {
    fragments(message.as_bytes().chunks(bytes))
}

fn whole() -> Vec<Case> {
    let mut cases: Vec<_> = [(14, "two"), (9, "three"), (1, "as many fragments as bytes,")]
        .into_iter()
        .map(|(bytes, how)| {
            Case::that(format!("a text in {how} fragments is one message"))
                .sends(together(in_pieces(&nothing("x"), bytes)))
                .meets(reply("x"))
        })
        .collect();
    cases.extend([
        Case::that("a text is one message though its fragments come one by one")
            .sends(in_pieces(&nothing("x"), 9))
            .meets(reply("x")),
        Case::that("two fragmented messages follow each other")
            .sends(together([in_pieces(&nothing("a"), 5), in_pieces(&nothing("b"), 7)].concat()))
            .meets(reply("a"))
            .meets(reply("b")),
        Case::that("a message in one frame follows one in many")
            .sends(together([in_pieces(&nothing("a"), 5), vec![text(nothing("b"))]].concat()))
            .meets(reply("a"))
            .meets(reply("b")),
        Case::that("a command in fragments is carried out once")
            .sends(in_pieces(&add("a"), 20))
            .meets(done("a"))
            .holds(1),
    ]);
    cases
}

fn empty() -> Vec<Case> {
    let message = nothing("x");
    let (first, second) = message.split_at(11);
    let with = |says: &str, payloads: &[&str]| {
        Case::that(format!("{says} is no fault"))
            .sends(together(fragments(payloads)))
            .meets(reply("x"))
    };
    vec![
        with("an empty first fragment", &["", first, second]),
        with("an empty fragment in the middle", &[first, "", second]),
        with("an empty last fragment", &[first, second, ""]),
        with("a message all in its last fragment", &["", "", &message]),
        Case::that("a message of empty fragments alone is empty")
            .sends(together(fragments(["", "", ""])))
            .meets(nameless()),
    ]
}

fn sizes() -> Vec<Case> {
    let of = |bytes, pieces| together(in_pieces(&nothing_of("x", bytes), pieces));
    vec![
        Case::that("4096 bytes in two fragments are not too many")
            .sends(of(4096, 2048))
            .meets(reply("x")),
        Case::that("4096 bytes in as many fragments are not too many")
            .sends(of(4096, 1))
            .meets(reply("x")),
        Case::that("4097 bytes in two fragments are too many")
            .sends(of(4097, 2049))
            .meets(failure(&[1009])),
        Case::that("4097 bytes in as many fragments are too many")
            .sends(of(4097, 1))
            .meets(failure(&[1009])),
        Case::that("a message without end is too big before it ends")
            .sends(together(vec![text("x".repeat(2000)).unfinished(), more(2000), more(2000)]))
            .meets(failure(&[1009])),
    ]
}

/// A fragment that is not the last.
fn more(bytes: usize) -> Frame {
    rest("x".repeat(bytes)).unfinished()
}

fn out_of_place() -> Vec<Case> {
    let begun = || text(r#"{"type":"#).unfinished();
    let wrong = |says: &str, frames: Vec<Frame>| {
        Case::that(format!("{says} is a violation")).sends(together(frames)).meets(failure(&[1002]))
    };
    let mut ended = in_pieces(&nothing("x"), 9);
    ended.push(rest("x"));
    vec![
        wrong("a last fragment of no message", vec![rest(nothing("x"))]),
        wrong("a fragment of no message", vec![rest(nothing("x")).unfinished()]),
        wrong("an empty fragment of no message", vec![rest("")]),
        Case::that("a fragment after the last one is a violation")
            .sends(ended)
            .meets(reply("x"))
            .meets(failure(&[1002])),
        wrong("a new text within a message", vec![begun(), text(nothing("x"))]),
        wrong("the beginning of a text within a message", vec![begun(), begun()]),
        // It is also data of a kind that is not accepted; either may be seen first.
        Case::that("a binary message within a text fails the connection")
            .sends(together([begun(), binary("x")]))
            .meets(failure(&[1002, 1003])),
    ]
}

fn control_frames() -> Vec<Case> {
    let kinds = [("ping", PING), ("pong", PONG), ("close", CLOSE)];
    let mut cases = Vec::new();
    for (name, opcode) in kinds {
        cases.push(
            Case::that(format!("a {name} that is not whole is a violation"))
                .sends([frame(opcode, "").unfinished()])
                .meets(failure(&[1002])),
        );
        cases.push(
            Case::that(format!("a {name} in two fragments is a violation"))
                .sends(together([frame(opcode, "\u{3}").unfinished(), rest("\u{e8}")]))
                .meets(failure(&[1002])),
        );
        cases.push(
            Case::that(format!("a {name} that is not whole, within a message, is a violation"))
                .sends(together([text("{").unfinished(), frame(opcode, "").unfinished()]))
                .meets(failure(&[1002])),
        );
    }
    cases
}

fn interleaved() -> Vec<Case> {
    let message = nothing("x");
    let (first, second) = message.split_at(11);
    let between = (0_u8..).zip(in_pieces(&message, 4));
    let between: Vec<_> = between.flat_map(|(number, part)| [ping([number]), part]).collect();
    let pongs = (0..between.len() / 2).map(|number| vec![u8::try_from(number).unwrap()]);
    let many = Case::that("a ping before each fragment is answered each time or at last")
        .sends(together(between))
        .meets(Meets::Pongs(pongs.collect()))
        .meets(reply("x"));
    vec![
        Case::that("a ping within a message is answered before the message ends")
            .sends([text(first).unfinished(), ping("now")])
            .meets(ponged("now"))
            .sends([rest(second)])
            .meets(reply("x")),
        Case::that("a ping within a message is answered before it in one segment, too")
            .sends(together([text(first).unfinished(), ping("now"), rest(second)]))
            .meets(ponged("now"))
            .meets(reply("x")),
        Case::that("a pong within a message is no part of it")
            .sends(together([text(first).unfinished(), pong("p"), rest(second)]))
            .meets(reply("x")),
        Case::that("a ping before an empty last fragment")
            .sends(together([text(&message).unfinished(), ping(""), rest("")]))
            .meets(ponged(""))
            .meets(reply("x")),
        many,
    ]
}

fn left_within() -> Vec<Case> {
    let message = add("x");
    let (first, second) = message.split_at(11);
    vec![
        Case::that("a close within a message ends both")
            .sends(together([text(first).unfinished(), close(1001, "")]))
            .meets(leave(&[1001])),
        Case::that("what is left of a message after a close is not heard")
            .sends(together([text(first).unfinished(), close(1000, ""), rest(second)]))
            .meets(leave(&[1000]))
            .holds(0),
    ]
}
