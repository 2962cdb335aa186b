//! Which carts an instance has the sockets of: all of them, or those of its share of the partitions, so
//! that it reads only their events. Knows no socket.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use cart_schemas::id::CartKey;
use cart_schemas::partition::{Partition, PartitionCount};
use serde::Serialize;
use utoipa::ToSchema;

/// One of so many shares of the partitions, as `2/4`: of every four partitions the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// From 1.
    number: u16,
    of: u16,
}

/// The text is no share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a share such as 2/4, the second of four")]
pub struct InvalidShare;

impl Share {
    /// All there is.
    pub const WHOLE: Self = Self { number: 1, of: 1 };

    /// Whether a partition is in it.
    #[must_use]
    pub fn has(self, partition: Partition) -> bool {
        self.of(partition) == self
    }

    /// The share of as many that has a partition.
    #[must_use]
    pub const fn of(self, partition: Partition) -> Self {
        Self { number: partition.number() % self.of + 1, of: self.of }
    }
}

impl FromStr for Share {
    type Err = InvalidShare;

    fn from_str(text: &str) -> Result<Self, InvalidShare> {
        let (number, of) = text.split_once('/').ok_or(InvalidShare)?;
        let [number, of] = [number, of].map(|part| part.parse::<u16>().map_err(|_| InvalidShare));
        let (number, of) = (number?, of?);
        if (1..=of).contains(&number) { Ok(Self { number, of }) } else { Err(InvalidShare) }
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

/// Where the sockets of a share are, as `wss://live-{share}.shop.example`: `{share}` stands for its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveUrl(String);

/// The text is no address of sockets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected an address such as wss://live-{{share}}.shop.example")]
pub struct InvalidLiveUrl;

impl FromStr for LiveUrl {
    type Err = InvalidLiveUrl;

    fn from_str(text: &str) -> Result<Self, InvalidLiveUrl> {
        let host = text.strip_prefix("wss://").or_else(|| text.strip_prefix("ws://"));
        let is_plain = |byte: u8| byte.is_ascii_graphic() && !b"?#\"\\;,".contains(&byte);
        match host {
            Some(host) if !host.is_empty() && host.bytes().all(is_plain) => {
                Ok(Self(text.trim_end_matches('/').to_owned()))
            }
            Some(_) | None => Err(InvalidLiveUrl),
        }
    }
}

impl fmt::Display for LiveUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl LiveUrl {
    /// The sockets and streams of a share.
    fn of(&self, share: u16) -> String {
        self.0.replace("{share}", &share.to_string())
    }
}

/// The shares of a shop, as one instance knows them.
#[derive(Debug, Clone)]
pub(crate) struct Shares {
    pub(crate) partitions: PartitionCount,
    pub(crate) ours: Share,
    pub(crate) live: Option<LiveUrl>,
}

/// The way to a cart's sockets and streams.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Route)]
pub(crate) struct Way {
    /// The partition its events are on, from 0.
    partition: u16,
    /// How many there are.
    partitions: u16,
    /// The share of the instances that has its sockets, from 1.
    share: u16,
    /// How many there are; 1 if every instance has every socket.
    shares: u16,
    /// Where to open its socket, if the shop says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "wss://live-2.shop.example/ws/cart/user123")]
    url: Option<String>,
}

impl Shares {
    /// The partitions whose events this instance reads.
    pub(crate) fn partitions(&self) -> impl Iterator<Item = Partition> {
        self.partitions.partitions().filter(|partition| self.ours.has(*partition))
    }

    /// Whether this instance has the sockets of a cart.
    pub(crate) fn has(&self, key: &CartKey) -> bool {
        self.ours.has(self.partition(key))
    }

    /// Where the sockets of a cart are.
    pub(crate) fn way(&self, key: &CartKey) -> Way {
        let partition = self.partition(key);
        let Share { number, of } = self.ours.of(partition);
        let at = |live: &LiveUrl| format!("{}/ws/cart/{}", live.of(number), key.user());
        Way {
            partition: partition.number(),
            partitions: self.partitions.get(),
            share: number,
            shares: of,
            url: self.live.as_ref().map(at),
        }
    }

    /// The origins of all sockets and streams that are elsewhere, each after a space.
    pub(crate) fn origins(&self) -> String {
        let urls = self.live.iter().flat_map(|live| (1..=self.ours.of).map(|share| live.of(share)));
        let origins: BTreeSet<_> = urls.filter_map(|url| origin(&url)).collect();
        // A stream comes over HTTP from the same host.
        origins
            .iter()
            .map(|origin| format!(" {origin} {}", origin.replacen("ws", "http", 1)))
            .collect()
    }

    fn partition(&self, key: &CartKey) -> Partition {
        self.partitions.partition_of(key.as_str().as_bytes())
    }
}

/// The scheme and the host of an address.
fn origin(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let host = rest.split('/').next()?;
    Some(format!("{scheme}://{host}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shares(ours: &str, live: Option<&str>) -> Shares {
        Shares {
            partitions: PartitionCount::new(16).unwrap(),
            ours: ours.parse().unwrap(),
            live: live.map(|url| url.parse().unwrap()),
        }
    }

    #[test]
    fn every_partition_is_in_one_share() {
        for number in 1..=3 {
            let ours = shares(&format!("{number}/3"), None);
            let read: Vec<u16> = ours.partitions().map(Partition::number).collect();

            assert!(read.iter().all(|partition| partition % 3 + 1 == number), "{read:?}");
            assert_eq!(read.len(), if number == 1 { 6 } else { 5 });
        }
        assert_eq!(shares("1/1", None).partitions().count(), 16);
    }

    #[test]
    fn the_sockets_of_a_cart_are_where_its_events_are_read() {
        for user in ["ann", "ben", "cleo", "dan"] {
            let key: CartKey = user.parse().unwrap();
            let way = shares("2/4", Some("wss://live-{share}.shop.example/")).way(&key);

            let there = shares(&format!("{}/4", way.share), None);
            assert!(there.has(&key));
            let url = format!("wss://live-{}.shop.example/ws/cart/{user}", way.share);
            assert_eq!((way.url, way.shares, way.partitions), (Some(url), 4, 16));
        }
    }

    #[test]
    fn a_page_may_talk_to_wherever_sockets_are() {
        let origins = |live| shares("2/2", live).origins();

        assert_eq!(origins(None), "");
        assert_eq!(
            origins(Some("wss://live-{share}.a/x")),
            " wss://live-1.a https://live-1.a wss://live-2.a https://live-2.a"
        );
        assert_eq!(origins(Some("ws://a:80/{share}")), " ws://a:80 http://a:80");
    }

    #[test]
    fn a_share_is_a_number_of_so_many() {
        assert_eq!("1/1".parse(), Ok(Share::WHOLE));
        assert_eq!("4/4".parse::<Share>().map(|share| share.to_string()), Ok("4/4".to_owned()));
        for text in ["", "1", "0/4", "5/4", "1/0", "a/b", "1/4/4", "-1/4"] {
            assert_eq!(text.parse::<Share>(), Err(InvalidShare), "{text}");
        }
    }

    #[test]
    fn sockets_are_at_a_websocket_address() {
        for text in ["wss://a", "ws://127.0.0.1:808{share}", "wss://a/live/{share}/"] {
            assert!(text.parse::<LiveUrl>().is_ok(), "{text}");
        }
        for text in ["", "wss://", "https://a", "wss://a b", "wss://a?b=c", "wss://a;b"] {
            assert!(text.parse::<LiveUrl>().is_err(), "{text}");
        }
    }
}
