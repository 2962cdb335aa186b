//! One sample of every message and stored record, per version, decoded for ever: a build that
//! cannot read what an earlier one wrote fails here.

use std::collections::BTreeMap;
use std::path::Path;

use cart_schemas::envelope::Envelope;
use cart_schemas::event::Event;
use cart_schemas::product::Product;
use cart_schemas::record::{CartRecord, Format, Progress};
use cart_schemas::reply::{Reply, Snapshot};
use cart_schemas::standing::{Journey, Standing};
use cart_schemas::stock::{Level, StockEnvelope, StockRecord, StockReply};

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
        "stock_command" => StockEnvelope::decode(sample).expect("a stock command").encode(),
        "stock_reply" => StockReply::decode(sample).expect("a reply about stock").encode(),
        "level" => Level::decode(sample).expect("a level").encode(),
        "stock" => {
            let record: StockRecord = serde_json::from_slice(sample).expect("a stock record");
            serde_json::to_vec(&record).expect("its JSON")
        }
        other => panic!("no message of kind {other}"),
    }
}

/// The samples of a version with this ending, by name.
fn samples(version: &str, ending: &str) -> BTreeMap<String, Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden").join(version);
    let files = std::fs::read_dir(folder).expect("the golden folder").map(|file| {
        let path = file.expect("a file").path();
        let name = path.file_stem().expect("a name").to_str().expect("UTF-8").to_owned();
        let is_one = path.extension().is_some_and(|other| other == ending);
        is_one.then(|| (name, std::fs::read(&path).expect("its bytes")))
    });
    files.flatten().collect()
}

#[test]
fn every_golden_sample_is_decoded_and_written_again_as_the_same_bytes() {
    for (name, sample) in samples("v1", "json") {
        let kind = name.split('.').next().expect("a kind");
        let sample = sample.strip_suffix(b"\n").unwrap_or(&sample);

        let written = String::from_utf8(rewrite(kind, sample)).expect("UTF-8");

        assert_eq!(written, String::from_utf8_lossy(sample), "{name}");
    }
}

/// Beside each packed record lies, for readers, the JSON of what it holds.
#[test]
fn every_packed_record_is_what_its_json_says_and_is_written_again_as_the_same_bytes() {
    for (version, format, names) in [
        ("v2", Format::Packed, &["record.full", "record.two_lives"][..]),
        ("v3", Format::Extended, &["record.idle", "record.merged", "record.selling"][..]),
    ] {
        let (packed, told) = (samples(version, "cell"), samples(version, "json"));
        assert!(packed.keys().eq(names) && packed.keys().eq(told.keys()), "{version}");
        packed_records_are_what_their_json_says(format, &packed, &told);
    }
}

fn packed_records_are_what_their_json_says(
    format: Format,
    packed: &BTreeMap<String, Vec<u8>>,
    told: &BTreeMap<String, Vec<u8>>,
) {
    for (name, cell) in packed {
        let json = [&[1], told[name].trim_ascii_end()].concat();
        let read = CartRecord::decode(cell).expect("a packed record");

        let said = CartRecord::decode(&json).expect("a record of JSON");

        assert_eq!(said.encode(), json, "{name}");
        assert_eq!(read, CartRecord { format, ..said }, "{name}");
        assert_eq!(&read.encode(), cell, "{name}");
    }
}

#[test]
fn the_packed_record_of_a_sku_is_what_its_json_says_and_is_written_again_as_the_same_bytes() {
    let (packed, told) = (samples("v1", "cell"), samples("v1", "json"));

    assert!(packed.keys().eq(["stock.full"]));
    for (name, cell) in packed {
        let said: StockRecord = serde_json::from_slice(&told[&name]).expect("a stock record");
        let read = StockRecord::decode(&cell).expect("a packed stock record");

        assert_eq!(read, said, "{name}");
        assert_eq!(read.encode(), cell, "{name}");
    }
}

/// A sample of each of these must be there.
const KINDS: [&str; 88] = [
    "command.add_item",
    "command.add_item_priced",
    "command.change_currency",
    "command.set_quantity",
    "command.remove_item",
    "command.clear",
    "command.extend",
    "command.import",
    "command.restore",
    "command.merge",
    "command.absorb",
    "command.absorb_nothing",
    "command.absorb_again",
    "command.settle",
    "command.undo_merge",
    "command.return",
    "command.checkout",
    "command.checkout_differing",
    "command.complete",
    "command.cancel_checkout",
    "command.reserved",
    "command.refresh",
    "command.refresh_priced",
    "command.wake",
    "event.item_added",
    "event.item_updated",
    "event.item_removed",
    "event.cart_cleared",
    "event.expiry_extended",
    "event.expiry_extended_empty",
    "event.cart_expired",
    "event.cart_restored",
    "event.expiry_warned",
    "event.cart_abandoned",
    "event.cart_abandoned_expired",
    "event.cart_recovered",
    "event.cart_merged_out",
    "event.cart_merged_in",
    "event.merge_returned",
    "event.merge_returned_aside",
    "event.merge_undone",
    "event.checkout_started",
    "event.checkout_started_recovered",
    "event.checkout_ready",
    "event.checkout_cancelled",
    "event.checkout_cancelled_lapsed",
    "event.cart_converted",
    "event.currency_changed",
    "event.item_out_of_stock",
    "event.item_available",
    "event.price_changed",
    "reply.applied",
    "reply.rejected",
    "reply.cart_exists",
    "reply.remembered",
    "reply.conflict",
    "reply.merged",
    "reply.merged_again",
    "reply.checkout_ready",
    "reply.short",
    "reply.cart_locked",
    "reply.price_changed",
    "reply.no_price",
    "product.variants",
    "product.prices",
    "progress.row",
    "progress.owned",
    "record.full",
    "snapshot.row",
    "standing.live",
    "standing.moving",
    "standing.leaving",
    "standing.moved",
    "journey.copying",
    "journey.copied",
    "stock_command.put",
    "stock_command.put_of_a_shop",
    "stock_command.adjust",
    "stock_command.reserve",
    "stock_command.commit",
    "stock_command.release",
    "stock_reply.applied",
    "stock_reply.rejected",
    "stock_reply.remembered",
    "stock_reply.conflict",
    "level.row",
    "level.of_a_shop",
    "stock.full",
];

#[test]
fn every_kind_of_message_has_its_golden_samples() {
    let samples = samples("v1", "json");

    for name in KINDS {
        assert!(samples.contains_key(name), "no golden sample {name}");
    }
}
