//! A dead letter: the original record, and what is said of it in the headers behind its own. Pure;
//! the other side of what processors write.

use std::borrow::Cow;
use std::fmt;

use cart_schemas::partition::Partition;
use cart_schemas::timestamp::Timestamp;
use cart_schemas::topic::dead_letter;
use cart_storage::log::{NewRecord, Record};

/// Where a command lay in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Origin {
    pub(super) partition: Partition,
    pub(super) offset: i64,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "partition {}, offset {}", self.partition, self.offset)
    }
}

/// A command nobody could decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Letter {
    /// The topic it lay on, without a namespace.
    pub(super) topic: String,
    /// Where it lay there.
    pub(super) origin: Origin,
    /// The class of what is wrong with it.
    pub(super) class: String,
    /// What is wrong with it.
    pub(super) reason: String,
    /// How many bytes its value had, where it was too long to be kept whole.
    pub(super) truncated_from: Option<u64>,
    /// When it was dead-lettered.
    pub(super) since: Timestamp,
    /// The record as it lay there.
    pub(super) original: NewRecord,
}

impl Letter {
    /// Reads a record of the dead-letter topic; `None` if no processor wrote it.
    pub(super) fn read(record: Record) -> Option<Self> {
        let text = |name: &str| record.header(name).map(str::to_owned);
        let number = |name: &str| record.header(name).and_then(|text| text.parse().ok());
        let partition = text(dead_letter::PARTITION)?.parse().ok()?;
        let origin = Origin {
            partition: Partition::new(partition),
            offset: text(dead_letter::OFFSET)?.parse().ok()?,
        };
        let (topic, class) = (text(dead_letter::TOPIC)?, text(dead_letter::CLASS)?);
        let reason = text(dead_letter::MESSAGE).unwrap_or_default();
        let truncated_from = number(dead_letter::TRUNCATED_FROM);
        let since = record.appended;
        Some(Self {
            topic,
            origin,
            class,
            reason,
            truncated_from,
            since,
            original: original(record),
        })
    }

    /// Its key, as far as that is text.
    pub(super) fn key(&self) -> Option<Cow<'_, str>> {
        self.original.key.as_deref().map(String::from_utf8_lossy)
    }

    /// Whether it is of this class, if one is asked for.
    pub(super) fn is_of(&self, class: Option<&str>) -> bool {
        class.is_none_or(|class| class == self.class)
    }
}

/// The record without what a processor put behind its headers: everything from the last name of a
/// topic on. Headers of that kind before it are the record's own.
fn original(record: Record) -> NewRecord {
    let Record { key, value, mut headers, .. } = record;
    let first = headers.iter().rposition(|header| header.name == dead_letter::TOPIC);
    headers.truncate(first.unwrap_or(headers.len()));
    NewRecord { key, value, headers }
}

#[cfg(test)]
pub(super) mod tests {
    use bytes::Bytes;
    use cart_storage::log::Header;

    use super::*;

    /// A record with these headers before the error headers of a letter.
    pub(in crate::letters) fn lying(own: &[(&'static str, &str)], class: &str) -> Record {
        let error = [
            (dead_letter::TOPIC, "cart.commands.v1"),
            (dead_letter::PARTITION, "2"),
            (dead_letter::OFFSET, "57"),
            (dead_letter::STAGE, "VALUE_CONVERTER"),
            (dead_letter::CLASS, class),
            (dead_letter::MESSAGE, "undecodable: malformed command"),
        ];
        let headers = own.iter().chain(&error);
        Record {
            offset: 3,
            appended: Timestamp::from_millis(1_000),
            key: Some(Bytes::from_static(b"ann")),
            value: Some(Bytes::from_static(b"{}")),
            headers: headers.map(|(name, value)| Header::text(*name, *value)).collect(),
        }
    }

    #[test]
    fn a_letter_says_where_its_command_lay_and_what_is_wrong_with_it() {
        let letter = Letter::read(lying(&[], "Undecodable")).unwrap();

        assert_eq!(letter.origin, Origin { partition: Partition::new(2), offset: 57 });
        assert_eq!(letter.topic, "cart.commands.v1");
        assert_eq!((letter.class.as_str(), letter.truncated_from), ("Undecodable", None));
        assert_eq!(letter.reason, "undecodable: malformed command");
        assert!(letter.is_of(None) && letter.is_of(Some("Undecodable")));
        assert!(!letter.is_of(Some("Empty")));
    }

    #[test]
    fn the_original_has_its_own_headers_and_none_of_the_letters() {
        let own = [("traced-by", "a test"), ("cartstream-schema", "1")];

        let letter = Letter::read(lying(&own, "Undecodable")).unwrap();

        let expected: Vec<_> = own.map(|(name, value)| Header::text(name, value)).into();
        assert_eq!(letter.original.headers, expected);
        assert_eq!(letter.original.key.as_deref(), Some(&b"ann"[..]));
        assert_eq!(letter.original.value.as_deref(), Some(&b"{}"[..]));
    }

    #[test]
    fn error_headers_the_original_came_with_stay_its_own() {
        let own = [(dead_letter::TOPIC, "orders"), (dead_letter::OFFSET, "9")];

        let letter = Letter::read(lying(&own, "Empty")).unwrap();

        assert_eq!((letter.topic.as_str(), letter.origin.offset), ("cart.commands.v1", 57));
        assert_eq!(letter.original.headers.len(), 2);
    }

    #[test]
    fn a_record_that_no_processor_wrote_is_no_letter() {
        let mut record = lying(&[], "Empty");
        record.headers.retain(|header| header.name != dead_letter::OFFSET);

        assert_eq!(Letter::read(record), None);
    }
}
