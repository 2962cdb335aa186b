//! `cartstream dlq show`: a letter, whole. Bytes that are no text are told in base64.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cart_storage::log::Header;
use serde::Serialize;

use super::letter::{Letter, Origin};
use crate::answer::{self, Form};
use crate::exit::Failure;
use crate::place::{Errand, Installation, Opened};

pub(super) struct Show {
    pub(super) which: Origin,
    pub(super) form: Form,
}

impl Errand for Show {
    type Outcome = ();

    async fn run<I: Installation>(self, at: &I) -> Result<(), Failure> {
        let log = Opened::open(at).await?.log;
        let letter = super::find(&log, self.which).await?;
        let shown = Shown::of(&letter);
        if self.form.json { answer::line(&shown) } else { answer::write(&shown.text()) }
    }
}

/// Bytes as people or programs read them.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Content<'a> {
    Text(&'a str),
    Base64(String),
}

impl<'a> Content<'a> {
    fn of(bytes: &'a [u8]) -> Self {
        std::str::from_utf8(bytes).map_or_else(|_| Self::Base64(STANDARD.encode(bytes)), Self::Text)
    }

    fn plain(&self) -> String {
        match self {
            Self::Text(text) => answer::plain(text),
            Self::Base64(text) => format!("base64 {text}"),
        }
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown<'a> {
    topic: &'a str,
    partition: u16,
    offset: i64,
    class: &'a str,
    reason: &'a str,
    since: String,
    /// How many bytes the value had, where not all of them were kept.
    truncated_from: Option<u64>,
    key: Option<Content<'a>>,
    headers: Vec<ShownHeader<'a>>,
    value: Option<Content<'a>>,
}

#[derive(Debug, Serialize)]
struct ShownHeader<'a> {
    name: &'a str,
    value: Content<'a>,
}

impl<'a> ShownHeader<'a> {
    fn of(header: &'a Header) -> Self {
        Self { name: &header.name, value: Content::of(&header.value) }
    }
}

impl<'a> Shown<'a> {
    fn of(letter: &'a Letter) -> Self {
        let original = &letter.original;
        Self {
            topic: &letter.topic,
            partition: letter.origin.partition.number(),
            offset: letter.origin.offset,
            class: &letter.class,
            reason: &letter.reason,
            since: letter.since.to_string(),
            truncated_from: letter.truncated_from,
            key: original.key.as_deref().map(Content::of),
            headers: original.headers.iter().map(ShownHeader::of).collect(),
            value: original.value.as_deref().map(Content::of),
        }
    }

    fn text(&self) -> String {
        let plain = |content: &Option<Content<'_>>| {
            content.as_ref().map_or_else(|| "(none)".to_owned(), Content::plain)
        };
        let place = format!("{} [{}] offset {}", self.topic, self.partition, self.offset);
        let mut lines = vec![
            format!("lay on  {}", answer::plain(&place)),
            format!("since   {}", self.since),
            format!("class   {}", answer::plain(self.class)),
            format!("reason  {}", answer::plain(self.reason)),
            format!("key     {}", plain(&self.key)),
        ];
        lines.extend(self.headers.iter().map(|header| {
            format!("header  {}: {}", answer::plain(header.name), header.value.plain())
        }));
        lines.push(format!("value   {}", plain(&self.value)));
        let cut = self.truncated_from.map(|bytes| format!("(the beginning of {bytes} bytes)"));
        lines.extend(cut);
        format!("{}\n", lines.join("\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::super::letter::tests::lying;
    use super::*;

    #[test]
    fn a_letter_is_shown_whole_and_without_what_a_processor_added() {
        let letter = Letter::read(lying(&[("traced-by", "a test")], "Undecodable")).unwrap();

        let text = Shown::of(&letter).text();

        assert_eq!(
            text,
            "lay on  cart.commands.v1 [2] offset 57\n\
             since   1970-01-01T00:00:01Z\n\
             class   Undecodable\n\
             reason  undecodable: malformed command\n\
             key     ann\n\
             header  traced-by: a test\n\
             value   {}\n"
        );
    }

    #[test]
    fn bytes_that_are_no_text_are_told_in_base64() {
        assert_eq!(Content::of(b"ann"), Content::Text("ann"));
        assert_eq!(Content::of(&[0xff, 0]), Content::Base64("/wA=".to_owned()));
    }
}
