//! What a message may hold: UTF-8 in any pieces, and nothing binary (RFC 6455, 5.6 and 8.1).

use super::case::{Case, noted, nothing};
use super::frame::{BINARY, Frame, binary, fragments, frame, rest, text, together};
use super::meets::{failure, nameless, reply};

/// Bytes that are not UTF-8 wherever they stand (RFC 3629, 3).
const WRONG: [(&str, &[u8]); 17] = [
    ("a byte of no character, FE,", b"\xfe"),
    ("a byte of no character, FF,", b"\xff"),
    ("a second byte without a first", b"\x80"),
    ("the last second byte without a first", b"\xbf"),
    ("a first byte of two before ASCII", b"\xc3\x28"),
    ("two bytes of three before ASCII", b"\xe2\x82\x28"),
    ("three bytes of four before ASCII", b"\xf0\x9f\x92\x28"),
    ("a zero in two bytes", b"\xc0\x80"),
    ("a slash in two bytes", b"\xc0\xaf"),
    ("a slash in three bytes", b"\xe0\x80\xaf"),
    ("a slash in four bytes", b"\xf0\x80\x80\xaf"),
    ("the first surrogate", b"\xed\xa0\x80"),
    ("the last surrogate", b"\xed\xbf\xbf"),
    ("a character as a pair of surrogates", b"\xed\xa0\xbd\xed\xb2\xa9"),
    ("a character after the last one", b"\xf4\x90\x80\x80"),
    ("a character of five bytes", b"\xf8\x88\x80\x80\x80"),
    ("a character of six bytes", b"\xfc\x84\x80\x80\x80\x80"),
];

pub(super) fn cases() -> Vec<Case> {
    [valid(), borders(), invalid(), cut_off(), binaries()].into_iter().flatten().collect()
}

fn valid() -> Vec<Case> {
    let notes = [
        ("Greek", "κόσμε"),
        ("three bytes", "€ ࠀ \u{d7ff} \u{e000}"),
        ("four bytes", "𐍈 💩"),
        ("the last character there is", "\u{10ffff}"),
        ("characters that are none", "\u{fffe}\u{ffff}\u{1fffe}"),
        ("a mark of byte order within", "a\u{feff}b"),
    ];
    let mut cases: Vec<_> = notes
        .iter()
        .flat_map(|(name, note)| {
            let bytes = noted("x", note);
            let whole = Case::that(format!("a text of {name}")).sends([text(&bytes)]);
            let parts = fragments(bytes.chunks(1));
            let apart = Case::that(format!("a text of {name} in fragments of a byte"));
            [whole.meets(reply("x")), apart.sends(together(parts)).meets(reply("x"))]
        })
        .collect();
    cases.extend([
        // UTF-8, if no JSON.
        Case::that("a text that begins with a mark of byte order")
            .sends([text(format!("\u{feff}{}", nothing("x")))])
            .meets(nameless()),
        Case::that("a text of a zero").sends([text("\0")]).meets(nameless()),
        Case::that("a text with a zero in it").sends([text(noted("x", "a\0b"))]).meets(nameless()),
    ]);
    cases
}

/// A fragment may end within a character.
fn borders() -> Vec<Case> {
    let mut cases = Vec::new();
    for character in ["é", "€", "💩"] {
        let bytes = noted("x", character);
        let begins = bytes.len() - character.len() - 2;
        for at in 1..character.len() {
            let (first, second) = bytes.split_at(begins + at);
            let says = format!("a fragment ends after byte {at} of {character}");
            let frames = || fragments([first, second]);
            cases.push(Case::that(&says).sends(together(frames())).meets(reply("x")));
            let says = format!("{says} and the rest comes later");
            cases.push(Case::that(says).sends(frames()).meets(reply("x")));
        }
    }
    let bytes = noted("x", "€");
    let (first, second) = bytes.split_at(bytes.len() - 3);
    let frames = fragments([first, &[], second]);
    cases.push(
        Case::that("an empty fragment within a character")
            .sends(together(frames))
            .meets(reply("x")),
    );
    cases
}

fn invalid() -> Vec<Case> {
    let mut cases: Vec<_> = WRONG
        .into_iter()
        .map(|(name, wrong)| {
            Case::that(format!("a text with {name} is not UTF-8"))
                .sends([text(noted("x", wrong))])
                .meets(failure(&[1007]))
        })
        .collect();
    for (name, wrong) in WRONG {
        let bytes = noted("x", wrong);
        cases.push(
            Case::that(format!("a text in fragments with {name} is not UTF-8"))
                .sends(together(fragments(bytes.chunks(1))))
                .meets(failure(&[1007])),
        );
    }
    cases.push(
        Case::that("a character that the next fragment does not go on with is not UTF-8")
            .sends([text("\u{7b}").unfinished(), wrong_rest(b"\xe2\x82"), rest("x")])
            .meets(failure(&[1007])),
    );
    cases.push(
        Case::that("a text of one wrong byte is not UTF-8")
            .sends([text(b"\xff")])
            .meets(failure(&[1007])),
    );
    cases
}

fn wrong_rest(bytes: &[u8]) -> Frame {
    rest(bytes).unfinished()
}

fn cut_off() -> Vec<Case> {
    let parts: [&[u8]; 6] = [b"\xc3", b"\xe2", b"\xe2\x82", b"\xf0", b"\xf0\x9f", b"\xf0\x9f\x92"];
    let mut cases = Vec::new();
    for part in parts {
        let message = [nothing("x").as_bytes(), part].concat();
        cases.push(
            Case::that(format!("a text that ends with {part:x?} is not UTF-8"))
                .sends([text(&message)])
                .meets(failure(&[1007])),
        );
        cases.push(
            Case::that(format!("a text whose last fragment is {part:x?} is not UTF-8"))
                .sends(together(fragments([nothing("x").as_bytes(), part])))
                .meets(failure(&[1007])),
        );
    }
    cases
}

/// What is not text is not accepted (7.4.1, 1003).
fn binaries() -> Vec<Case> {
    vec![
        Case::that("a binary message is not accepted")
            .sends([binary(nothing("x"))])
            .meets(failure(&[1003])),
        Case::that("an empty binary message is not accepted")
            .sends([binary("")])
            .meets(failure(&[1003])),
        Case::that("a binary message in fragments is not accepted")
            .sends(together([frame(BINARY, "{").unfinished(), rest("}")]))
            .meets(failure(&[1003])),
        Case::that("a binary message that is too big is not accepted")
            .sends([binary("x".repeat(5000))])
            .meets(failure(&[1003, 1009])),
    ]
}
