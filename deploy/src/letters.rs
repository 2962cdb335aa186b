//! `cartstream dlq`: what nobody could decide, and having it decided again. Letters are read and
//! never deleted; they go when their topic's keeping time is over.

mod letter;
mod objection;
mod pages;
mod recall;
mod replay;
mod show;
mod waiting;

use std::collections::VecDeque;

use cart_schemas::partition::Partition;
use cart_schemas::timestamp::Timestamp;
use cart_storage::log::Log;
use serde::Serialize;

use crate::answer::{self, Form};
use crate::cli::LettersAction;
use crate::clock;
use crate::exit::Failure;
use crate::place::{Errand, Installation, Opened, Place};
use crate::progress::Progress;
use letter::{Letter, Origin};
use pages::Pages;

/// Letters that are listed: more than anybody reads, and a few megabytes.
const LISTED: usize = 10_000;
/// Characters of a key and of a reason that are listed; `show` has all of them.
const KEY_CHARS: usize = 80;
const REASON_CHARS: usize = 200;

/// Does something with the dead letters of a place.
pub(crate) async fn run(action: LettersAction, place: Place) -> Result<(), Failure> {
    match action {
        LettersAction::List { class, form } => place.run(List { class, form }).await,
        LettersAction::Show { partition, offset, form } => {
            let which = Origin { partition: Partition::new(partition), offset };
            place.run(show::Show { which, form }).await
        }
        LettersAction::Replay(args) => place.run(replay::Replay::new(args)).await,
    }
}

struct List {
    class: Option<String>,
    form: Form,
}

impl Errand for List {
    type Outcome = ();

    async fn run<I: Installation>(self, at: &I) -> Result<(), Failure> {
        let log = Opened::open(at).await?.log;
        let now = clock::now();
        let (mut rows, mut left_out) = (VecDeque::new(), 0_usize);
        let mut pages = Pages::open(&log).await?;
        while let Some(letters) = pages.next().await? {
            let wanted = letters.iter().filter(|letter| letter.is_of(self.class.as_deref()));
            rows.extend(wanted.map(|letter| Row::of(letter, now)));
            let beyond = rows.len().saturating_sub(LISTED);
            left_out += rows.drain(..beyond).count();
        }
        if left_out > 0 {
            Progress::on_stderr().say(&format!("older letters left out: {left_out}"));
        }
        if rows.is_empty() && !self.form.json {
            return answer::write(&none(self.class.as_deref()));
        }
        let head = ["partition", "offset", "key", "class", "age", "reason"];
        answer::rows(self.form, rows.make_contiguous(), head, Row::cells)
    }
}

fn none(class: Option<&str>) -> String {
    let of =
        class.map_or_else(String::new, |class| format!(" of the class {}", answer::plain(class)));
    format!("there are no dead letters{of}\n")
}

/// A letter on one line.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    /// Where the command lay.
    partition: u16,
    offset: i64,
    key: Option<String>,
    class: String,
    reason: String,
    /// When it was dead-lettered.
    since: String,
    age_seconds: u64,
}

impl Row {
    fn of(letter: &Letter, now: Timestamp) -> Self {
        Self {
            partition: letter.origin.partition.number(),
            offset: letter.origin.offset,
            key: letter.key().map(|key| answer::beginning(&key, KEY_CHARS)),
            class: letter.class.clone(),
            reason: answer::beginning(&letter.reason, REASON_CHARS),
            since: letter.since.to_string(),
            age_seconds: letter.since.seconds_until(now),
        }
    }

    fn cells(&self) -> [String; 6] {
        [
            self.partition.to_string(),
            self.offset.to_string(),
            self.key.clone().unwrap_or_else(|| "-".to_owned()),
            self.class.clone(),
            answer::span(self.age_seconds),
            self.reason.clone(),
        ]
    }
}

/// The letter of the command that lay there; the newest, if it was dead-lettered more than once.
async fn find<L: Log>(log: &L, which: Origin) -> Result<Letter, Failure> {
    let mut found = None;
    let mut pages = Pages::open(log).await?;
    while let Some(letters) = pages.next().await? {
        found = letters.into_iter().rev().find(|letter| letter.origin == which).or(found);
    }
    found.ok_or_else(|| Failure::Usage(format!("there is no dead letter of {which}")))
}
