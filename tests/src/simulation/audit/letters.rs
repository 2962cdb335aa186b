//! A dead letter has landed: its record is one the oracle calls a letter, and it is kept whole.

use cart_schemas::partition::Partition;
use cart_schemas::topic::dead_letter;
use cart_storage::log::Record;

use super::{Audit, Broken, Invariant};

impl Audit {
    pub(super) fn letter(&mut self, letter: &Record) -> Result<(), Broken> {
        let at = format!("dead letter @{}", letter.offset);
        let number = |name: &str| letter.header(name).and_then(|text| text.parse::<i64>().ok());
        let partition =
            number(dead_letter::PARTITION).and_then(|number| u16::try_from(number).ok());
        let (Some(partition), Some(offset)) = (partition, number(dead_letter::OFFSET)) else {
            return Err(Invariant::DeadLetters.broken(format!("{at} names no record")));
        };
        let partition = Partition::new(partition);
        let at = format!("{at} of commands/{partition}@{offset}");
        let class = self.shadow.verdict(partition, offset).and_then(|verdict| verdict.letter());
        let named = letter.header(dead_letter::CLASS);
        Invariant::DeadLetters.holds(class.is_some() && class == named, || {
            format!("{at} is {named:?} and must be {class:?}")
        })?;
        let original = self.originals.get(&(partition, offset));
        Invariant::DeadLetters.holds(original.is_some_and(|of| keeps(letter, of)), || {
            format!("{at} is not the record that lies there")
        })?;
        self.facts.land_letter(partition, offset);
        Ok(())
    }
}

/// Whether a letter has all of its record: key, headers, and the value or, of a long one, the
/// beginning and its length.
fn keeps(letter: &Record, original: &Record) -> bool {
    let value = match (&letter.value, &original.value) {
        (Some(kept), Some(value)) if kept.len() < value.len() => {
            let told = letter.header(dead_letter::TRUNCATED_FROM);
            value.starts_with(kept) && told == Some(value.len().to_string().as_str())
        }
        (kept, value) => kept == value,
    };
    value && letter.key == original.key && letter.headers.starts_with(&original.headers)
}
