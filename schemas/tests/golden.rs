//! One sample of every message and stored record, per version, decoded for ever: a build that
//! cannot read what an earlier one wrote fails here.

use std::collections::BTreeMap;

use cart_schemas::envelope::Envelope;
use cart_schemas::event::Event;
use cart_schemas::product::Product;
use cart_schemas::record::{CartRecord, Progress};
use cart_schemas::reply::{Reply, Snapshot};
use cart_schemas::standing::{Journey, Standing};

/// Decodes a sample of its kind and gives the bytes this build would write for it.
fn rewrite(kind: &str, sample: &[u8]) -> Vec<u8> {
    match kind {
        "command" => Envelope::decode(sample).expect("a command").encode(),
        "event" => Event::decode(sample).expect("an event").encode(),
        "reply" => Reply::decode(sample).expect("a reply").encode(),
        "product" => Product::decode(sample).expect("a product").encode(),
        "progress" => Progress::decode(sample).expect("a progress row").encode(),
        "snapshot" => Snapshot::decode(sample).expect("a snapshot").encode(),
        "standing" => Standing::decode(sample).expect("a standing").encode(),
        "journey" => Journey::decode(sample).expect("a journey").encode(),
        "record" => {
            let stored = [&[1], sample].concat();
            CartRecord::decode(&stored).expect("a record").encode().split_off(1)
        }
        other => panic!("no message of kind {other}"),
    }
}

fn samples() -> BTreeMap<String, Vec<u8>> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/golden/v1");
    let files = std::fs::read_dir(folder).expect("the golden folder").map(|file| {
        let path = file.expect("a file").path();
        let name = path.file_stem().expect("a name").to_str().expect("UTF-8").to_owned();
        (name, std::fs::read(&path).expect("its bytes"))
    });
    files.collect()
}

#[test]
fn every_golden_sample_is_decoded_and_written_again_as_the_same_bytes() {
    for (name, sample) in samples() {
        let kind = name.split('.').next().expect("a kind");
        let sample = sample.strip_suffix(b"\n").unwrap_or(&sample);

        let written = String::from_utf8(rewrite(kind, sample)).expect("UTF-8");

        assert_eq!(written, String::from_utf8_lossy(sample), "{name}");
    }
}

#[test]
fn every_kind_of_message_has_its_golden_samples() {
    let samples = samples();

    for name in [
        "command.add_item",
        "command.set_quantity",
        "command.remove_item",
        "command.clear",
        "command.extend",
        "command.import",
        "command.wake",
        "event.item_added",
        "event.item_updated",
        "event.item_removed",
        "event.cart_cleared",
        "event.expiry_extended",
        "event.cart_expired",
        "reply.applied",
        "reply.rejected",
        "reply.cart_exists",
        "reply.remembered",
        "reply.conflict",
        "product.variants",
        "progress.row",
        "record.full",
        "snapshot.row",
        "standing.live",
        "standing.moving",
        "standing.leaving",
        "standing.moved",
        "journey.copying",
        "journey.copied",
    ] {
        assert!(samples.contains_key(name), "no golden sample {name}");
    }
}
