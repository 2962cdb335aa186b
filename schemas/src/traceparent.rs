//! Where something stands in a trace: the `traceparent` of W3C Trace Context. Makes no ids itself.

use std::fmt;
use std::num::{NonZeroU64, NonZeroU128};
use std::str::FromStr;

use uuid::Uuid;

/// The header's name, over HTTP and on records of commands and replies.
pub const TRACEPARENT: &str = "traceparent";
/// The header's name on records of events: an attribute of `CloudEvents`' distributed tracing.
pub const CE_TRACEPARENT: &str = "ce_traceparent";
/// The target under which each crate tells the hops of a trace, at the level of traces.
pub const HOP: &str = "hop";

/// The version that is written; a later one is read as far as this one goes.
const VERSION: u8 = 0;
/// The longest text read: later versions may have more fields.
const BYTES_MAX: usize = 255;
const SAMPLED: u8 = 0b01;
/// The flags that are passed on: sampled, and that the trace's id is random.
const FLAGS: u8 = 0b11;

/// All that belongs together has this id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceId(NonZeroU128);

/// One thing that was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SpanId(NonZeroU64);

/// Which trace something belongs to, and what it was done for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Traceparent {
    trace: TraceId,
    parent: SpanId,
    flags: u8,
}

/// The text is no `traceparent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a traceparent of W3C Trace Context")]
pub struct InvalidTraceparent;

impl From<Uuid> for TraceId {
    /// A UUID of version 7 begins with the time, and ends at random as traces' ids should.
    fn from(uuid: Uuid) -> Self {
        Self(NonZeroU128::new(uuid.as_u128()).unwrap_or(NonZeroU128::MIN))
    }
}

impl From<Uuid> for SpanId {
    /// The second half of a UUID is never zero, and differs from that of any other.
    fn from(uuid: Uuid) -> Self {
        let (_, half) = uuid.as_u64_pair();
        Self(NonZeroU64::new(half).unwrap_or(NonZeroU64::MIN))
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl Traceparent {
    /// A trace that begins with `parent`; `is_sampled` if its hops are collected.
    #[must_use]
    pub fn new(trace: TraceId, parent: SpanId, is_sampled: bool) -> Self {
        Self { trace, parent, flags: if is_sampled { SAMPLED } else { 0 } }
    }

    /// The trace.
    #[must_use]
    pub const fn trace(self) -> TraceId {
        self.trace
    }

    /// What it was done for.
    #[must_use]
    pub const fn parent(self) -> SpanId {
        self.parent
    }

    /// Whether whoever began the trace has its hops collected.
    #[must_use]
    pub const fn is_sampled(self) -> bool {
        self.flags & SAMPLED != 0
    }

    /// The same trace, for what is done for `parent`.
    #[must_use]
    pub const fn with_parent(self, parent: SpanId) -> Self {
        Self { parent, ..self }
    }
}

impl fmt::Display for Traceparent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { trace, parent, flags } = self;
        write!(f, "{VERSION:02x}-{trace}-{parent}-{flags:02x}")
    }
}

impl FromStr for Traceparent {
    type Err = InvalidTraceparent;

    fn from_str(text: &str) -> Result<Self, InvalidTraceparent> {
        parse(text).ok_or(InvalidTraceparent)
    }
}

fn parse(text: &str) -> Option<Traceparent> {
    let mut fields = text.split('-');
    let mut hex = |length: usize| {
        let field = fields.next()?;
        let lower = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        let is_hex = field.len() == length && field.bytes().all(lower);
        is_hex.then(|| u128::from_str_radix(field, 16).ok()).flatten()
    };
    let (version, trace, parent, flags) = (hex(2)?, hex(32)?, hex(16)?, hex(2)?);
    let is_whole = fields.next().is_none();
    let is_known = match version {
        0 => is_whole,
        0xff => false,
        _ => text.len() <= BYTES_MAX,
    };
    is_known.then_some(Traceparent {
        trace: TraceId(NonZeroU128::new(trace)?),
        parent: SpanId(NonZeroU64::new(u64::try_from(parent).ok()?)?),
        flags: u8::try_from(flags).ok()? & FLAGS,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
    const PARENT: &str = "b7ad6b7169203331";

    #[test]
    fn a_traceparent_is_written_as_it_was_read() {
        let text = format!("00-{TRACE}-{PARENT}-01");
        let read: Traceparent = text.parse().unwrap();

        assert_eq!(read.to_string(), text);
        assert_eq!(
            (read.trace().to_string(), read.parent().to_string()),
            (TRACE.into(), PARENT.into())
        );
        assert!(read.is_sampled());
        assert!(!format!("00-{TRACE}-{PARENT}-00").parse::<Traceparent>().unwrap().is_sampled());
    }

    #[test]
    fn a_later_version_is_read_as_far_as_this_one_goes() {
        let later: Traceparent = format!("cc-{TRACE}-{PARENT}-ff-what-else").parse().unwrap();

        assert_eq!(later.to_string(), format!("00-{TRACE}-{PARENT}-03"));
    }

    #[test]
    fn what_is_no_traceparent_is_none() {
        let zeros = "0".repeat(32);
        for text in [
            String::new(),
            "00".to_owned(),
            format!("00-{TRACE}-{PARENT}"),
            format!("00-{TRACE}-{PARENT}-01-more"),
            format!("ff-{TRACE}-{PARENT}-01"),
            format!("00-{zeros}-{PARENT}-01"),
            format!("00-{TRACE}-0000000000000000-01"),
            format!("00-{}-{PARENT}-01", TRACE.to_uppercase()),
            format!("00-{}-{PARENT}-01", TRACE.replacen('0', "+", 1)),
            format!("00-{TRACE}-{PARENT}-1"),
            format!("01-{TRACE}-{PARENT}-01-{}", "x".repeat(200)),
        ] {
            assert_eq!(text.parse::<Traceparent>(), Err(InvalidTraceparent), "{text}");
        }
    }

    #[test]
    fn ids_of_uuids_are_none_of_zeros() {
        let uuid: Uuid = "01a20935-4608-75be-b691-3fd592d57a48".parse().unwrap();
        let begun = Traceparent::new(uuid.into(), uuid.into(), false);

        assert_eq!(begun.to_string(), "00-01a20935460875beb6913fd592d57a48-b6913fd592d57a48-00");
        let on = begun.with_parent(SpanId::from(Uuid::nil()));
        assert_eq!((on.trace(), on.parent().to_string()), (begun.trace(), format!("{:016x}", 1)));
    }
}
