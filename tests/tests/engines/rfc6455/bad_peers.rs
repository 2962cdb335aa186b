//! Peers that keep no protocol, many at once, beside devices that do: whoever keeps it notices
//! nothing of the others, and whoever left takes nothing with him.

use std::time::Duration;

use futures::{StreamExt as _, future, stream};
use serde_json::json;

use cart_tests::support::node::Node;
use cart_tests::support::shop::eventually;

use super::case::nothing_of;
use super::frame::{cut, text};
use super::peer::Peer;
use super::place::Place;
use super::well::Well;

/// As many as a bad network brings back at once.
const CROWD: u64 = 200;
/// How many of them come at the same moment.
const AT_ONCE: usize = 50;
/// How long the server may take to notice who is gone on a busy machine.
const NOTICED_WITHIN: Duration = Duration::from_secs(20);

/// Lines of the cart that is not read: it has about 20 KB.
const LINES: u64 = 40;
/// Commands of somebody who does not read their answers: 3.5 MB, more than the kernel holds for a
/// connection.
const UNREAD: u64 = 180;

/// What a client might say that takes this for something else.
const GARBAGE: [&[u8]; 6] = [
    b"\r\n\r\n\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 no plain text \x00\x00",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00",
    b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58",
    b"GET /ws/cart/ann HTTP/9.9\r\nUpgrade: websocket\r\n\r\n",
    b"GET /ws/cart/ann HTTP/1.1\r\nSec-WebSocket-Key",
];

/// Two hundred bad peers, and a device that follows another cart from before until after.
pub(super) async fn a_crowd(node: &Node) {
    let place = Place::of(node);
    place.sells(&[]).await;
    let mut well = Well::of(node, "well").await;

    let crowd = stream::iter(0..CROWD).map(|number| misbehaves(&place, number));
    let crowd = crowd.buffer_unordered(AT_ONCE).filter_map(future::ready);
    let (held, ()) = tokio::join!(crowd.collect::<Vec<_>>(), well.lives(&place, "", 100));

    assert_eq!(held.len() as u64, CROWD / 2);
    well.lives(&place, "", 20).await;
    are_open(&place, held.len() as u64 + 1).await;
    place.says_ok("/readyz").await;

    drop(held);
    are_open(&place, 1).await;
    well.lives(&place, "", 20).await;
    drop(well);
    are_open(&place, 0).await;
    place.says_ok("/readyz").await;
}

/// One bad peer of four kinds; those that stay are kept.
async fn misbehaves(place: &Place, number: u64) -> Option<Peer> {
    let user = format!("bad{number}");
    match number % 4 {
        0 => says_garbage(place, number / 4).await,
        1 => says_anything(place, &user, number).await,
        2 => {
            let mut silent = Peer::small_at(place.address()).await;
            silent.enters(&user).await.unwrap();
            Some(silent)
        }
        _ => {
            let mut half = Peer::follows(place.address(), &user).await.unwrap();
            let frame: Vec<u8> = text(nothing_of("x", 3000)).into();
            let at = usize::try_from(number).unwrap() * frame.len() / 200;
            half.says(&cut(frame, at.max(1))[0]).await;
            Some(half)
        }
    }
}

/// Says something else than a handshake, and is left alone or told so.
async fn says_garbage(place: &Place, number: u64) -> Option<Peer> {
    let mut peer = Peer::at(place.address()).await;
    match GARBAGE.get(usize::try_from(number).unwrap()) {
        Some(garbage) => peer.says(garbage).await,
        None => peer.says(&random(number, 600)).await,
    }
    peer.falls_silent().await;
    let left = peer.is_left().await;
    left.unwrap_or_else(|error| panic!("garbage number {number}: {error}"));
    None
}

/// Shakes hands and then says anything; the server ends it, at the latest when nothing more comes.
async fn says_anything(place: &Place, user: &str, seed: u64) -> Option<Peer> {
    let mut peer = Peer::follows(place.address(), user).await.unwrap();
    peer.says(&random(seed, 3000)).await;
    peer.falls_silent().await;
    let left = peer.is_left().await;
    left.unwrap_or_else(|error| panic!("random bytes of seed {seed}: {error}"));
    None
}

/// The same bytes for the same seed (xorshift64*).
fn random(seed: u64, bytes: usize) -> Vec<u8> {
    let mut state = seed + 1;
    let next = || {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        state.wrapping_mul(0x2545_f491_4f6c_dd1d).to_be_bytes()[0]
    };
    std::iter::repeat_with(next).take(bytes).collect()
}

/// Peers that follow a cart and never read, some of which ask for more than the kernels hold; a
/// device of the same cart and one of another are not hurt.
pub(super) async fn who_never_read(node: &Node) {
    let place = Place::of(node);
    let variants: Vec<_> = (0..LINES).map(|number| format!("v{number}")).collect();
    place.sells(&variants).await;
    let mut item = String::new();
    for variant in &variants {
        let cart = place.add("busy", variant).await;
        cart["items"][0]["itemID"].as_str().unwrap().clone_into(&mut item);
    }
    let mut never = Vec::new();
    for number in 0..20 {
        let mut peer = Peer::small_at(place.address()).await;
        peer.enters("busy").await.unwrap();
        if number % 10 == 0 {
            peer.says(&unread(number, &item)).await;
        }
        never.push(peer);
    }

    let (mut same, mut other) = (Well::of(node, "busy").await, Well::of(node, "calm").await);
    tokio::join!(same.lives(&place, "v7", 300), other.lives(&place, "", 100));

    assert!(place.sockets().await <= never.len() as u64 + 2);
    place.says_ok("/readyz").await;
    drop(never);
    are_open(&place, 2).await;
    other.lives(&place, "", 20).await;
    drop((same, other));
    are_open(&place, 0).await;
}

/// Commands whose answers hold the whole cart, in one piece.
fn unread(asker: u64, item: &str) -> Vec<u8> {
    let command = |number: u64| -> Vec<u8> {
        let id = format!("unread-{asker}-{number}");
        let quantity = number % 3 + 1;
        let command =
            json!({"type": "set_quantity", "id": id, "itemID": item, "quantity": quantity});
        text(command.to_string()).into()
    };
    (0..UNREAD).flat_map(command).collect()
}

/// Waits until the server counts so many sockets, and no more.
async fn are_open(place: &Place, due: u64) {
    let open = || async { (place.sockets().await == due).then_some(()) };
    eventually(&format!("{due} sockets are open"), NOTICED_WITHIN, open).await.unwrap();
}
