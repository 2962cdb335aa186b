//! A tool acts are sent to: where it is, how it knows whose they are, and what its answers mean. Knows no files.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable as _};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use cart_analytics::vocabulary::Vocabulary;
use cart_outbound::{Answer, Bounds, Client, Destination, Outgoing, Reach};

use crate::cli::ToolArgs;
use crate::exit::Failure;

/// How long a tool may take to answer, and how much: more than any of them needs on a bad day.
const BOUNDS: Bounds = Bounds { within: Duration::from_secs(30), answer_max: 64 * 1024 };
/// How often a tool that is away is asked again: the waits between come to three minutes.
const RETRIES: usize = 8;
/// The longest wait, which is also how long a tool may ask to be left alone.
const WAIT_MAX: Duration = Duration::from_secs(60);
/// The longest key: theirs have some 40 letters.
const KEY_MAX: usize = 128;

/// What a tool knows an account by; goes into a URL or a header as it is.
#[derive(Clone)]
pub(crate) struct Key(String);

/// The text is no key.
#[derive(Debug, thiserror::Error)]
#[error("expected letters, digits, - and _")]
pub(crate) struct InvalidKey;

impl FromStr for Key {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, InvalidKey> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        let is_key = (1..=KEY_MAX).contains(&text.len()) && text.bytes().all(is_plain);
        if is_key { Ok(Self(text.to_owned())) } else { Err(InvalidKey) }
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key")
    }
}

/// A tool.
pub(super) struct Tool {
    client: Client,
    to: Destination,
    headers: Vec<(&'static str, String)>,
}

/// A tool did not take what it was told.
#[derive(Debug, thiserror::Error)]
pub(super) enum Untaken {
    /// It does not take this.
    #[error("it answers {0} to what it is told")]
    Content(u16),
    /// It takes nothing that comes from here: the address or a key is wrong.
    #[error("it answers {0}: look at --to and at the keys")]
    Place(u16),
    /// It could not be told, not now. It may have said when it can be.
    #[error("{0}")]
    Away(String, Option<Duration>),
}

impl Tool {
    /// The tool of a vocabulary, by the settings.
    ///
    /// # Errors
    /// A setting that it needs is not there, or none.
    pub(super) fn of(vocabulary: Vocabulary, args: &ToolArgs) -> Result<Self, Failure> {
        let needs = |what: &str| Failure::Usage(format!("--send needs {what}"));
        let json = |kind: &str| vec![("content-type", kind.to_owned())];
        let base = args.to.as_deref().map(|base| base.trim_end_matches('/'));
        let (url, headers) = match vocabulary {
            Vocabulary::Ga4 => {
                let base = base.unwrap_or("https://www.google-analytics.com");
                let keys = args.ga4_measurement_id.as_ref().zip(args.ga4_api_secret.as_ref());
                let (Key(id), Key(secret)) = keys.ok_or_else(|| {
                    needs("CARTSTREAM_GA4_MEASUREMENT_ID and CARTSTREAM_GA4_API_SECRET")
                })?;
                let url = format!("{base}/mp/collect?measurement_id={id}&api_secret={secret}");
                (url, json("application/json"))
            }
            Vocabulary::Segment => {
                let base = base.unwrap_or("https://api.segment.io");
                let key = args.segment_write_key.as_ref();
                let Key(key) = key.ok_or_else(|| needs("CARTSTREAM_SEGMENT_WRITE_KEY"))?;
                let basic = format!("Basic {}", BASE64_STANDARD.encode(format!("{key}:")));
                let mut headers = json("application/json");
                headers.push(("authorization", basic));
                (format!("{base}/v1/batch"), headers)
            }
            Vocabulary::Snowplow => {
                let base = base.ok_or_else(|| needs("--to, the collector's address"))?;
                let url = format!("{base}/com.snowplowanalytics.snowplow/tp2");
                (url, json("application/json; charset=utf-8"))
            }
        };
        // Who may run this may name any host: a collector is often a neighbour.
        let to = Destination::parse(&url, Reach::Inside)
            .map_err(|error| Failure::Usage(format!("--to: {error}")))?;
        let client = Client::new(None)
            .map_err(|source| Failure::failed("the tool cannot be told by TLS", source))?;
        Ok(Self { client, to, headers })
    }

    /// Tells it something, again and again while it is away.
    pub(super) async fn tell(&self, body: Bytes) -> Result<(), Untaken> {
        let waits = ExponentialBuilder::default()
            .with_min_delay(Duration::from_secs(1))
            .with_max_delay(WAIT_MAX)
            .with_max_times(RETRIES)
            .with_jitter();
        let is_away = |untaken: &Untaken| matches!(untaken, Untaken::Away(..));
        let as_asked = |untaken: &Untaken, wait: Option<Duration>| match untaken {
            Untaken::Away(_, Some(pause)) => wait.map(|wait| wait.max((*pause).min(WAIT_MAX))),
            Untaken::Away(_, None) | Untaken::Content(_) | Untaken::Place(_) => wait,
        };
        let told = || self.told(body.clone());
        told.retry(waits).when(is_away).adjust(as_asked).await
    }

    async fn told(&self, body: Bytes) -> Result<(), Untaken> {
        let outgoing = Outgoing::post(self.headers.clone(), body);
        match self.client.send(&self.to, outgoing, BOUNDS).await {
            Ok(answer) => taken(&answer),
            Err(error) => Err(Untaken::Away(error.to_string(), None)),
        }
    }
}

/// Without what its URL holds of keys.
impl fmt::Display for Tool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to.fmt(f)
    }
}

fn taken(answer: &Answer) -> Result<(), Untaken> {
    let status = answer.status.as_u16();
    match status {
        200..=299 => Ok(()),
        400 | 413 | 422 => Err(Untaken::Content(status)),
        408 | 425 | 429 | 500..=599 => {
            Err(Untaken::Away(format!("it answers {status}"), answer.retry_after()))
        }
        _ => Err(Untaken::Place(status)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_nothing_that_means_something_in_a_url_or_a_header() {
        assert!("G-ABC_123".parse::<Key>().is_ok());
        for text in ["", "a b", "a&b", "a\nb", "a%20", &"x".repeat(KEY_MAX + 1)] {
            assert!(text.parse::<Key>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn what_is_told_is_wrong_or_where_or_when() {
        let taken = |status: u16| {
            let (headers, body) = (Default::default(), Default::default());
            taken(&Answer { status: status.try_into().unwrap(), headers, body })
        };

        assert!(taken(204).is_ok());
        assert!(matches!(taken(413), Err(Untaken::Content(413))));
        for status in [301, 401, 403, 404, 410] {
            assert!(matches!(taken(status), Err(Untaken::Place(_))), "{status}");
        }
        for status in [408, 429, 500, 503] {
            assert!(matches!(taken(status), Err(Untaken::Away(..))), "{status}");
        }
    }
}
