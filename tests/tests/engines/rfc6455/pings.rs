//! Pings and pongs (RFC 6455, 5.5.2 and 5.5.3).

use super::case::{Case, nothing};
use super::frame::{Frame, ping, pong, text, together};
use super::meets::{Meets, failure, or_failure, ponged, reply};

pub(super) fn cases() -> Vec<Case> {
    answered().into_iter().chain(wrong()).chain(pongs()).collect()
}

fn answered() -> Vec<Case> {
    let longest = "x".repeat(125);
    let ten: Vec<_> = (0..10_u8).map(|number| vec![number]).collect();
    vec![
        Case::that("an empty ping gets an empty pong").sends([ping("")]).meets(ponged("")),
        Case::that("a pong has the payload of its ping")
            .sends([ping("Hello, world!")])
            .meets(ponged("Hello, world!")),
        Case::that("the longest ping has 125 bytes")
            .sends([ping(&longest)])
            .meets(ponged(&longest)),
        Case::that("a ping of any bytes is given back")
            .sends([ping(b"\x00\xff\xfe\xfd\xfc\xfb\x00\xff")])
            .meets(ponged(b"\x00\xff\xfe\xfd\xfc\xfb\x00\xff")),
        Case::that("a ping that says its length in two bytes is read, or is a violation")
            .sends([ping("p").length_in_two_bytes()])
            .meets(or_failure(ponged("p"), &[1002])),
        Case::that("ten pings in one segment get ten pongs in order, or the last one")
            .sends(together(ten.iter().map(ping)))
            .meets(Meets::Pongs(ten.clone())),
        Case::that("ten pings one after the other get ten pongs in order, or the last one")
            .sends(ten.iter().map(ping))
            .meets(Meets::Pongs(ten)),
        Case::that("a ping behind a message is answered, and so is the message")
            .sends(together([text(nothing("x")), ping("p")]))
            .meets(Meets::InAnyOrder(vec![reply("x"), ponged("p")])),
    ]
}

fn wrong() -> Vec<Case> {
    let kinds = [("ping", ping as fn(String) -> Frame), ("pong", pong)];
    let mut cases = Vec::new();
    for (name, of) in kinds {
        for bytes in [126, 127, 4096, 70_000] {
            cases.push(
                Case::that(format!("a {name} of {bytes} bytes is a violation"))
                    .sends([of("x".repeat(bytes))])
                    // Where it is also a frame that is too big, that may be seen first.
                    .meets(failure(if bytes > 4096 { &[1002, 1009] } else { &[1002] })),
            );
        }
    }
    cases
}

fn pongs() -> Vec<Case> {
    vec![
        Case::that("a pong nobody asked for is ignored").sends([pong("")]),
        Case::that("a pong with a payload nobody asked for is ignored").sends([pong("unasked")]),
        Case::that("pongs nobody asked for are ignored between pings")
            .sends(together([pong("a"), ping("b"), pong("c"), ping("d"), pong("e")]))
            .meets(Meets::Pongs(vec![b"b".to_vec(), b"d".to_vec()])),
        Case::that("the longest pong nobody asked for is ignored").sends([pong("x".repeat(125))]),
    ]
}
