//! `cartstream analytics replay`: counts what became of carts, from the events there are. Reads only, and may
//! run beside a shop that is served by Kafka.

mod what_if;

use std::collections::BTreeMap;
use std::time::Instant;

use cart_analytics::tallies::{Book, Read, Scope, Tally, Tiers, WhatIf};
use cart_schemas::event::Event;
use cart_schemas::id::{CartKey, TenantId};
use cart_schemas::money::{Amount, Currency};
use cart_schemas::timestamp::Timestamp;
use cart_schemas::topic::Topic;
use cart_storage::log::{Log, Record, TopicPartition};
use serde::Serialize;

use crate::answer;
use crate::cli::CountArgs;
use crate::exit::Failure;
use crate::patience;
use crate::place::{Errand, Installation, Opened, Place};
use crate::reading::{self, ReadError};

/// Counts, and tells the counts: of every hour to machines, summed up to people. With other tiers, tells
/// what would be different.
pub(crate) async fn replay(args: CountArgs, place: Place) -> Result<(), Failure> {
    match what_if::tiers(&args)? {
        None => place.run(Replay(args)).await,
        Some(tiers) => place.run(Question(args, tiers)).await,
    }
}

struct Replay(CountArgs);

struct Question(CountArgs, Tiers);

/// Why events cannot be counted.
#[derive(Debug, thiserror::Error)]
enum CountError {
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error("the event at offset {0} is of another build")]
    Decode(i64, #[source] serde_json::Error),
}

/// The counts of an hour of a shop in a currency, or of all its hours.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    tenant: Option<TenantId>,
    currency: Option<Currency>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hour: Option<String>,
    #[serde(flatten)]
    tally: Tally,
}

impl Errand for Replay {
    type Outcome = ();

    async fn run<I: Installation>(self, at: &I) -> Result<(), Failure> {
        let log = Opened::open(at).await?.log;
        let (form, began) = (self.0.form, Instant::now());
        let mut book = Book::default();
        count(&log, |key, event| book.take(key, event)).await?;
        let rows = if form.json { by_hour(&book) } else { summed(&book) };
        let head = [
            "shop",
            "currency",
            "began",
            "lines",
            "left",
            "came back",
            "checkouts",
            "paid",
            "of those begun",
            "charged",
            "expired",
        ];
        answer::rows(form, &rows, head, Row::cells)?;
        if form.json { Ok(()) } else { answer::write(&told(book.read(), began)) }
    }
}

impl Errand for Question {
    type Outcome = ();

    async fn run<I: Installation>(self, at: &I) -> Result<(), Failure> {
        let Self(args, tiers) = self;
        let log = Opened::open(at).await?.log;
        let ever = (Timestamp::default(), Timestamp::from_micros(i64::MAX));
        let span = (args.from.unwrap_or(ever.0), args.to.unwrap_or(ever.1));
        let mut question = WhatIf::new(tiers, span);
        count(&log, |key, event| question.take(key, event)).await?;
        what_if::tell(&args, question.answer())
    }
}

/// Gives every event there is to `take`, those of a cart in their order.
async fn count<L: Log>(log: &L, mut take: impl FnMut(&CartKey, &Event)) -> Result<(), Failure> {
    let read = async {
        let unreadable = |source| ReadError::Bounds(Topic::Events.to_string(), source);
        let partitions =
            patience::answered(|| log.partitions(Topic::Events)).await.map_err(unreadable)?;
        for partition in partitions.partitions() {
            let at = TopicPartition { topic: Topic::Events, partition };
            let bounds = reading::bounds(log, at).await?;
            reading::read(log, at, bounds, |record| give(&record, &mut take)).await?;
        }
        Ok::<_, CountError>(())
    };
    read.await.map_err(|source| Failure::failed("the events cannot be counted", source))
}

/// Gives the event in a record.
fn give(record: &Record, take: &mut impl FnMut(&CartKey, &Event)) -> Result<(), CountError> {
    let event = reading::event(record);
    if let Some((key, event)) = event.map_err(|source| CountError::Decode(record.offset, source))? {
        take(&key, &event);
    }
    Ok(())
}

fn by_hour(book: &Book) -> Vec<Row> {
    let row = |(scope, tally): (&Scope, &Tally)| Row {
        tenant: scope.tenant.clone(),
        currency: scope.currency,
        hour: Some(scope.hour.start().to_string()),
        tally: *tally,
    };
    let mut rows: Vec<_> = book.hours().iter().map(row).collect();
    rows.sort_by(|one, other| one.place().cmp(&other.place()));
    rows
}

fn summed(book: &Book) -> Vec<Row> {
    let mut sums: BTreeMap<_, Row> = BTreeMap::new();
    for (Scope { tenant, currency, .. }, tally) in book.hours() {
        let nothing = || Row {
            tenant: tenant.clone(),
            currency: *currency,
            hour: None,
            tally: Tally::default(),
        };
        let place = (tenant.clone(), currency.map(Currency::code));
        sums.entry(place).or_insert_with(nothing).tally.add(tally);
    }
    sums.into_values().collect()
}

impl Row {
    /// Where it stands among the others.
    fn place(&self) -> (&Option<TenantId>, Option<&'static str>, &Option<String>) {
        (&self.tenant, self.currency.map(Currency::code), &self.hour)
    }

    fn cells(&self) -> [String; 11] {
        let Tally { begun, added, removed, abandoned, recovered, .. } = self.tally;
        let Tally { checkouts, converted, converted_value, expired, .. } = self.tally;
        [
            self.tenant.as_ref().map_or("default", TenantId::as_str).to_owned(),
            self.currency.map_or("-", Currency::code).to_owned(),
            begun.to_string(),
            format!("+{added} -{removed}"),
            abandoned.map(|tier| tier.to_string()).join(" / "),
            recovered.to_string(),
            checkouts.to_string(),
            converted.to_string(),
            percent(converted, begun),
            self.money(converted_value),
            expired.to_string(),
        ]
    }

    fn money(&self, sum: Amount) -> String {
        sum.decimal(self.currency).to_string()
    }
}

/// A share of a whole to a tenth of a percent, rounded down.
fn percent(part: u64, whole: u64) -> String {
    match part.saturating_mul(1_000).checked_div(whole) {
        Some(mills) => format!("{}.{} %", mills / 10, mills % 10),
        None => "-".to_owned(),
    }
}

/// How the events were met.
fn told(Read { counted, repeated, gaps }: Read, began: Instant) -> String {
    let (all, millis) = (counted + repeated, began.elapsed().as_millis().max(1));
    let a_second = u128::from(all) * 1_000 / millis;
    let gaps = if gaps == 0 { String::new() } else { format!(", others missing before {gaps}") };
    format!("{counted} events counted, {repeated} told twice{gaps}; {a_second} events/s\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_nothing_is_none() {
        assert_eq!(percent(1, 3), "33.3 %");
        assert_eq!(percent(2, 2), "100.0 %");
        assert_eq!(percent(0, 0), "-");
    }

    #[test]
    fn sums_are_told_as_their_currency_prints_them() {
        let tally = Tally { converted_value: 5_998.try_into().unwrap(), ..Tally::default() };
        let row = |currency| Row { tenant: None, currency: Some(currency), hour: None, tally };

        assert_eq!(row("USD".parse().unwrap()).cells()[9], "59.98");
        assert_eq!(row("JPY".parse().unwrap()).cells()[9], "5998");
    }
}
