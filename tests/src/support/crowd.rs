//! Many carts at once, as commands in a log that nobody has decided yet.

use std::collections::BTreeMap;

use anyhow::{Result, bail, ensure};
use cart_schemas::command::{Intent, Offer};
use cart_schemas::envelope::Envelope;
use cart_schemas::id::{CartKey, CommandId, ItemId};
use cart_schemas::policy::{Policy, Rules};
use cart_schemas::record::CartRecord;
use cart_schemas::topic::Topic;
use cart_storage::log::{Lane, Log, NewRecord, TopicPartition};
use fastrand::Rng;
use uuid::Uuid;

use super::rows::Rows;

/// Commands appended at a time.
const AT_ONCE: usize = 1_000;

/// How many pieces each user is to have.
pub type Pieces = BTreeMap<String, u64>;

/// Appends one to three commands for each of so many carts.
///
/// # Errors
/// The log does not take them.
pub async fn append<L: Log>(log: &L, carts: usize, seed: u64) -> Result<Pieces> {
    let count = log.partitions(Topic::Commands).await?;
    let (mut random, mut pieces, mut records) = (Rng::with_seed(seed), Pieces::new(), Vec::new());
    for number in 0..carts {
        let cart: CartKey = format!("user{number}").parse()?;
        for _ in 0..random.u8(1..=3) {
            let (envelope, quantity) = add(&cart, &mut random)?;
            *pieces.entry(cart.to_string()).or_default() += u64::from(quantity);
            let partition = count.partition_of(cart.as_str().as_bytes());
            let key = Some(cart.as_str().to_owned().into());
            let value = Some(envelope.encode().into());
            let at = TopicPartition { topic: Topic::Commands, partition };
            records.push((at, NewRecord { key, value, headers: Vec::new() }));
        }
    }
    for some in records.chunks(AT_ONCE) {
        let run = log.append_run(Lane::Commands, some.to_vec()).await;
        if let Some(error) = run.failure {
            bail!("{} of {} appended: {error}", run.acknowledged, some.len());
        }
    }
    Ok(pieces)
}

/// Whether there is a row for each of these users and no other, with as many pieces.
///
/// # Errors
/// There is not.
pub fn check(rows: &Rows, pieces: &Pieces) -> Result<()> {
    ensure!(rows.len() == pieces.len(), "{} rows of {} carts", rows.len(), pieces.len());
    for (key, (_, cell)) in rows {
        let found = CartRecord::decode(cell)?.cart.item_count();
        let expected = pieces.get(key).copied();
        ensure!(expected == Some(found), "{key} has {found} pieces, not {expected:?}");
    }
    Ok(())
}

fn add(cart: &CartKey, random: &mut Rng) -> Result<(Envelope, u32)> {
    let product = format!("prod_{}", random.u8(..)).parse()?;
    let quantity = random.u32(1..=3);
    let intent = Intent::AddItem {
        item: ItemId::new(product, None),
        quantity: quantity.try_into()?,
        currency: None,
    };
    let offer = Offer::Listed {
        name: "Something".to_owned(),
        price: i64::from(random.u16(1..)).try_into()?,
        currency: "USD".parse()?,
        available: true,
        stock: 1_000,
        others: Vec::new(),
    };
    let envelope = Envelope {
        id: CommandId::from_uuid(Uuid::from_u128(random.u128(..))),
        cart: cart.clone(),
        rules: Rules::CURRENT,
        digest: intent.digest(None),
        expected_version: None,
        policy: Policy::default(),
        command: intent.with_offer(offer),
    };
    Ok((envelope, quantity))
}
