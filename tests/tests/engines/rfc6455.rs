//! The cart's socket against RFC 6455: a list of cases, and peers that keep to nothing, on a client
//! that builds and reads its frames itself. What the commands do is others' to try.

mod accept;
mod bad_peers;
mod bits;
mod case;
mod closing;
mod fragments;
mod frame;
mod framing;
mod handshake;
mod heard;
mod meets;
mod peer;
mod pings;
mod place;
mod request;
mod texts;
mod well;

use cart_tests::support::node::Node;
use futures::{StreamExt as _, future, stream};

use self::place::Place;
use crate::{Engines, in_shop};

/// Cases tried side by side, each with a cart of its own.
const AT_ONCE: usize = 16;

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_keeps_to_the_rfc_in_every_case() {
    in_shop(Engines::Embedded, "rfc6455", &[], every_case).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_bad_peers_hurt_nobody() {
    in_shop(Engines::Embedded, "badpeers", &[], bad_peers::a_crowd).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn peers_that_never_read_hurt_nobody() {
    in_shop(Engines::Embedded, "neverread", &[], bad_peers::who_never_read).await;
}

async fn every_case(node: &Node) {
    let place = &Place::of(node);
    place.sells(&[]).await;

    let handshakes = handshake::cases().into_iter().zip(0..);
    let tried = handshakes
        .map(|(case, number)| async move { case.is_met(place, &format!("hand{number}")).await });
    let mut failed = failures("handshake", tried).await;
    let groups = [
        ("framing", framing::cases()),
        ("bits", bits::cases()),
        ("fragments", fragments::cases()),
        ("pings", pings::cases()),
        ("texts", texts::cases()),
        ("closing", closing::cases()),
    ];
    for (group, cases) in groups {
        let tried = cases.into_iter().zip(0..).map(|(case, number)| async move {
            case.is_met(place, &format!("{group}{number}")).await
        });
        failed.extend(failures(group, tried).await);
    }

    assert!(failed.is_empty(), "{} cases fail:\n{}", failed.len(), failed.join("\n"));
}

/// What is wrong in a group of cases.
async fn failures<F>(group: &str, cases: impl Iterator<Item = F>) -> Vec<String>
where
    F: Future<Output = Result<(), String>>,
{
    let tried = stream::iter(cases).buffer_unordered(AT_ONCE);
    let failed = tried.filter_map(|result| future::ready(result.err()));
    failed.map(|error| format!("{group}: {error}")).collect().await
}
