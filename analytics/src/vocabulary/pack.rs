//! Lines of a vocabulary put into as few requests as its tool takes them in. Pure.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::Vocabulary;

/// One request.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Parcel {
    /// Its body, JSON.
    pub body: Vec<u8>,
    /// Which of the lines are in it, by their numbers.
    pub lines: Vec<usize>,
}

/// What becomes of lines.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Packed {
    /// The requests they make.
    pub parcels: Vec<Parcel>,
    /// The numbers of those that are larger than the tool takes one.
    pub oversized: Vec<usize>,
}

/// A line was not written in these words.
#[derive(Debug, thiserror::Error)]
#[error("line {number} is no act in these words")]
pub struct OtherWords {
    /// Its number among those packed.
    pub number: usize,
    source: serde_json::Error,
}

/// How much a tool takes.
struct Limits {
    /// Lines in a request.
    lines: usize,
    /// Bytes of a request.
    bytes: usize,
    /// Bytes of a line.
    line: usize,
}

/// What every request ends with: the list, and the object it is in.
const END: &[u8] = b"]}";

impl Vocabulary {
    /// Puts lines that [`say`](Self::say) wrote into requests. Each line is in one of them, or too large; lines
    /// of the same cart stay in order.
    ///
    /// # Errors
    /// A line is none of this vocabulary.
    pub fn pack(self, lines: &[&str]) -> Result<Packed, OtherWords> {
        let limits = self.limits();
        let (mut packed, mut open) = (Packed::default(), BTreeMap::<String, Parcel>::new());
        for (number, line) in lines.iter().enumerate() {
            let (begin, said) = self.part(line).map_err(|source| OtherWords { number, source })?;
            if said.len().saturating_add(begin.len()) > limits.line {
                packed.oversized.push(number);
                continue;
            }
            let parcel = open.entry(begin.clone()).or_default();
            if !parcel.has_room_for(said, &limits) {
                packed.parcels.push(std::mem::take(parcel).closed());
            }
            parcel.add(&begin, said, number);
        }
        packed.parcels.extend(open.into_values().map(Parcel::closed));
        Ok(packed)
    }

    /// What the tools' own documentation has: docs/vocabularies.md.
    const fn limits(self) -> Limits {
        match self {
            Self::Ga4 => Limits { lines: 25, bytes: 130_000, line: 129_000 },
            Self::Segment => Limits { lines: 2_500, bytes: 500_000, line: 32_000 },
            // A collector's own limit is set where it runs, 1 MB as a rule.
            Self::Snowplow => Limits { lines: 500, bytes: 500_000, line: 499_000 },
        }
    }

    /// What the request a line may be in begins with, and what of the line goes into it.
    fn part(self, line: &str) -> Result<(String, &str), serde_json::Error> {
        Ok(match self {
            Self::Ga4 => {
                let Ga4Line { client_id, user_id, events: [event] } = serde_json::from_str(line)?;
                let begin = format!(r#"{{"client_id":{client_id},"user_id":{user_id},"events":["#);
                (begin, event.get())
            }
            Self::Segment => {
                let SegmentLine { _id } = serde_json::from_str(line)?;
                (r#"{"batch":["#.to_owned(), line)
            }
            Self::Snowplow => {
                let SnowplowLine { _id } = serde_json::from_str(line)?;
                let schema = "iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4";
                (format!(r#"{{"schema":"{schema}","data":["#), line)
            }
        })
    }
}

/// GA4 takes the events of one client at a time.
#[derive(Deserialize)]
struct Ga4Line<'a> {
    #[serde(borrow)]
    client_id: &'a RawValue,
    #[serde(borrow)]
    user_id: &'a RawValue,
    #[serde(borrow)]
    events: [&'a RawValue; 1],
}

/// A line of Segment's, told by the field that it knows a repeat by.
#[derive(Deserialize)]
struct SegmentLine<'a> {
    #[serde(borrow, rename = "messageId")]
    _id: &'a RawValue,
}

/// A line of Snowplow's, told in the same way.
#[derive(Deserialize)]
struct SnowplowLine<'a> {
    #[serde(borrow, rename = "eid")]
    _id: &'a RawValue,
}

impl Parcel {
    fn has_room_for(&self, said: &str, limits: &Limits) -> bool {
        let bytes = self.body.len().saturating_add(said.len()).saturating_add(1 + END.len());
        self.lines.is_empty() || (self.lines.len() < limits.lines && bytes <= limits.bytes)
    }

    fn add(&mut self, begin: &str, said: &str, number: usize) {
        let before = if self.lines.is_empty() { begin } else { "," };
        self.body.extend_from_slice(before.as_bytes());
        self.body.extend_from_slice(said.as_bytes());
        self.lines.push(number);
    }

    fn closed(mut self) -> Self {
        self.body.extend_from_slice(END);
        self
    }
}
