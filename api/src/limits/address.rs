//! Which address a request is counted for. Pure; knows no budget.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// The first half of an IPv6 address: a household and a server have at least so much to choose from,
/// so counting whole addresses would count nothing.
const NETWORK: u128 = !0 << 64;

/// Who sent a request that came from `peer`: where `proxies` of our own stand before us, whoever the
/// farthest of them says. Each proxy adds the address it was asked from at the right of
/// `X-Forwarded-For`; what stands further left is the caller's to invent.
///
/// A request with fewer entries came in past a proxy: the leftmost of them is the farthest that one
/// of ours has written. One that cannot be read is counted for the peer.
pub(super) fn sender<'a>(
    peer: IpAddr,
    proxies: u8,
    forwarded: impl DoubleEndedIterator<Item = &'a str>,
) -> IpAddr {
    let entries = forwarded.rev().flat_map(|line| line.rsplit(','));
    let named = entries.take(proxies.into()).last();
    named.and_then(|entry| parsed(entry.trim())).unwrap_or(peer).to_canonical()
}

/// Some proxies add the port.
fn parsed(entry: &str) -> Option<IpAddr> {
    let address = || entry.parse::<SocketAddr>().ok().map(|address| address.ip());
    entry.parse().ok().or_else(address)
}

/// What of an address is counted together; `None` for this machine's own, from which a proxy, a
/// backend or a benchmark asks for everybody.
pub(super) fn counted(address: IpAddr) -> Option<IpAddr> {
    match address {
        _ if address.is_loopback() => None,
        IpAddr::V4(_) => Some(address),
        IpAddr::V6(whole) => Some(Ipv6Addr::from(u128::from(whole) & NETWORK).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn of(proxies: u8, lines: &[&str]) -> String {
        sender(ip("10.0.0.1"), proxies, lines.iter().copied()).to_string()
    }

    #[test]
    fn without_proxies_of_ours_the_header_means_nothing() {
        assert_eq!(of(0, &["1.1.1.1"]), "10.0.0.1");
    }

    #[test]
    fn the_entry_our_farthest_proxy_wrote_counts_and_not_what_the_caller_put_before_it() {
        assert_eq!(of(1, &["6.6.6.6, 1.1.1.1"]), "1.1.1.1");
        assert_eq!(of(2, &["6.6.6.6, 1.1.1.1, 10.0.0.2"]), "1.1.1.1");
        assert_eq!(of(2, &["6.6.6.6", "1.1.1.1", "10.0.0.2"]), "1.1.1.1");
        assert_eq!(of(2, &["6.6.6.6, 1.1.1.1", "10.0.0.2"]), "1.1.1.1");
    }

    #[test]
    fn what_is_missing_or_cannot_be_read_is_counted_for_who_is_known() {
        assert_eq!(of(1, &[]), "10.0.0.1");
        assert_eq!(of(2, &["1.1.1.1"]), "1.1.1.1");
        for entry in ["", "unknown", "1.1.1", "1.1.1.1, "] {
            assert_eq!(of(1, &[entry]), "10.0.0.1", "{entry}");
        }
    }

    #[test]
    fn ports_brackets_and_mapped_addresses_are_read() {
        assert_eq!(of(1, &["1.1.1.1:4711"]), "1.1.1.1");
        assert_eq!(of(1, &["[2001:db8::1]:4711"]), "2001:db8::1");
        assert_eq!(of(1, &["::ffff:1.1.1.1"]), "1.1.1.1");
    }

    #[test]
    fn a_network_is_counted_as_one_and_this_machine_not_at_all() {
        let counted = |text: &str| counted(ip(text)).map(|address| address.to_string());

        assert_eq!(counted("1.1.1.1").as_deref(), Some("1.1.1.1"));
        assert_eq!(counted("2001:db8:1:2:3:4:5:6"), counted("2001:db8:1:2::"));
        assert_ne!(counted("2001:db8:1:2::1"), counted("2001:db8:1:3::1"));
        assert_eq!(["127.0.0.1", "127.8.8.8", "::1"].map(counted), [None, None, None]);
    }
}
