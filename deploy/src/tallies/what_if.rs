//! The answer to other tiers: who left and came back by the shop's own, by those in question, and the
//! difference.

use std::collections::BTreeMap;

use cart_analytics::tallies::{Both, InvalidTiers, Left, Tiers};
use cart_schemas::id::TenantId;
use cart_schemas::money::Currency;
use serde::Serialize;

use crate::answer;
use crate::cli::CountArgs;
use crate::exit::Failure;

/// The tiers that are asked about; `None` if none are.
pub(super) fn tiers(args: &CountArgs) -> Result<Option<Tiers>, Failure> {
    let tiers = match (args.idle, args.tiers.as_slice()) {
        (None, []) if args.from.is_some() || args.to.is_some() => {
            let text = "--from and --to go with --tiers or --idle: everything is counted without";
            return Err(Failure::Usage(text.to_owned()));
        }
        (None, []) => return Ok(None),
        (Some(idle), []) => vec![idle],
        (Some(idle), [first, ..]) if *first != idle => {
            let text = "--idle is the first of --tiers: name one of the two, or the same twice";
            return Err(Failure::Usage(text.to_owned()));
        }
        (Some(_) | None, tiers) => tiers.to_vec(),
    };
    let tiers = Tiers::try_from(tiers);
    tiers.map(Some).map_err(|error: InvalidTiers| Failure::Usage(format!("--tiers: {error}")))
}

/// Who left, of a shop in a currency.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    tenant: Option<TenantId>,
    currency: Option<Currency>,
    #[serde(flatten)]
    both: Both,
}

/// Tells it.
pub(super) fn tell(
    args: &CountArgs,
    answer: BTreeMap<(Option<TenantId>, Option<Currency>), Both>,
) -> Result<(), Failure> {
    let row = |((tenant, currency), both)| Row { tenant, currency, both };
    let rows: Vec<Row> = answer.into_iter().map(row).collect();
    let head = ["shop", "currency", "", "live", "what if", "difference"];
    if args.form.json {
        return answer::rows(args.form, &rows, head, |_| Default::default());
    }
    let lines: Vec<_> = rows.iter().flat_map(Row::lines).collect();
    answer::rows(args.form, &lines, head, Clone::clone)
}

impl Row {
    fn lines(&self) -> Vec<[String; 6]> {
        let Both { live, what_if } = self.both;
        let tiers = live.abandoned.into_iter().zip(what_if.abandoned).enumerate();
        let tiers = tiers.map(|(tier, (live, other))| {
            self.line(&format!("left, tier {}", tier + 1), counts(live, other))
        });
        let money = |left: Left| left.abandoned_value.decimal(self.currency).as_str().to_owned();
        let (one, other) = (live.abandoned_value.minor(), what_if.abandoned_value.minor());
        let value = [money(live), money(what_if), share(other - one, one)];
        let came_back = counts(live.recovered, what_if.recovered);
        tiers.chain([self.line("left, value", value), self.line("came back", came_back)]).collect()
    }

    fn line(&self, what: &str, [live, other, difference]: [String; 3]) -> [String; 6] {
        let shop = self.tenant.as_ref().map_or("default", TenantId::as_str).to_owned();
        let currency = self.currency.map_or("-", Currency::code).to_owned();
        [shop, currency, what.to_owned(), live, other, difference]
    }
}

fn counts(live: u64, other: u64) -> [String; 3] {
    let difference =
        i64::try_from(other).unwrap_or(i64::MAX) - i64::try_from(live).unwrap_or(i64::MAX);
    [live.to_string(), other.to_string(), format!("{difference:+}")]
}

/// A difference as a share of a whole, to a tenth of a percent, rounded towards nothing.
fn share(difference: i64, whole: i64) -> String {
    match difference.saturating_mul(1_000).checked_div(whole) {
        Some(mills) => {
            let sign = if mills < 0 { '-' } else { '+' };
            format!("{sign}{}.{} %", mills.abs() / 10, mills.abs() % 10)
        }
        None => "-".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_says_which_way_it_goes() {
        assert_eq!(counts(3, 1)[2], "-2");
        assert_eq!(counts(1, 3)[2], "+2");
        assert_eq!(share(-5, 200), "-2.5 %");
        assert_eq!(share(1, 3), "+33.3 %");
        assert_eq!(share(7, 0), "-");
    }
}
