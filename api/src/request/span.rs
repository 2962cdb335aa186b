//! Which time, shop and currency figures are asked for.

use cart_analytics::tallies::{Hour, Span};
use cart_schemas::id::TenantId;
use cart_schemas::money::Currency;
use cart_schemas::timestamp::Timestamp;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa::openapi::schema::Type;
use utoipa::openapi::{Object, ObjectBuilder};

use crate::identity::Caller;
use crate::problem::{Code, Problem};

/// The longest span: a quarter, and of a shop with 64 partitions six thousand rows to read.
const DAYS_MAX: u32 = 92;
/// The longest span of products: of each day there are sixteen times as many rows, and within 3 s a store tells
/// some 30,000.
const GOODS_DAYS_MAX: u32 = 31;
/// What is told without `from`.
const DAYS: u32 = 7;
const SECONDS_A_DAY: u32 = 24 * 60 * 60;
const SECONDS_AN_HOUR: u32 = 60 * 60;
/// The most products of one answer: a page of them.
const PRODUCTS_MAX: u16 = 100;

/// `?from=&to=&tenant=&currency=`
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct SpanQuery {
    /// The first hour, by a time in it (RFC 3339); seven days before `to` without it, and at most 92, of products
    /// 31: the answer says from when it is.
    #[param(format = DateTime)]
    from: Option<String>,
    /// Where it ends: the hour this time lies in is the last, unless it begins then. Now, without it.
    #[param(format = DateTime)]
    to: Option<String>,
    /// Which shop's; that of the caller without it, and no other than that.
    #[param(pattern = "^[A-Za-z0-9._:@-]{1,64}$", example = "acme")]
    tenant: Option<String>,
    /// Only figures of carts in this currency; each currency's apart without it.
    #[param(pattern = "^[A-Z]{3}$", example = "EUR")]
    currency: Option<String>,
}

/// How long one point of a course is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Step {
    /// A point for every hour.
    Hour,
    /// A point for every day of UTC.
    #[default]
    Day,
}

/// `?step=`
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct StepQuery {
    /// How long one point is.
    #[serde(default)]
    #[param(schema_with = steps)]
    pub(crate) step: Step,
}

/// What products are put in order by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Order {
    /// The most value left in abandoned carts first.
    #[default]
    Left,
    /// The most value sold first.
    Sold,
    /// Those most often added first.
    Added,
    /// Those in most carts that remember a higher price first: what a mail about a price drop is for.
    Cheaper,
}

/// `?by=&limit=`
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ProductsQuery {
    /// Which come first.
    #[serde(default)]
    #[param(schema_with = orders)]
    pub(crate) by: Order,
    /// How many, at most 100.
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: Option<u16>,
}

/// One of these words, the first where none is said.
fn one_of(words: &[&str]) -> Object {
    let words = words.iter().copied();
    ObjectBuilder::new()
        .schema_type(Type::String)
        .default(words.clone().next().map(Into::into))
        .enum_values(Some(words))
        .build()
}

fn steps() -> Object {
    one_of(&["day", "hour"])
}

fn orders() -> Object {
    one_of(&["left", "sold", "added", "cheaper"])
}

impl ProductsQuery {
    /// How many products are told.
    pub(crate) fn limit(&self) -> Result<usize, Problem> {
        let limit = self.limit.unwrap_or(20);
        let fits = (1..=PRODUCTS_MAX).contains(&limit);
        fits.then_some(limit.into()).ok_or_else(|| Problem::malformed("limit: expected 1 to 100"))
    }
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Question {
    pub(crate) span: Span,
    pub(crate) tenant: Option<TenantId>,
    /// The code of one, whether or not there is such a currency; `None` is every one.
    currency: Option<String>,
}

impl Question {
    /// Whether figures of this currency are asked for.
    pub(crate) fn has(&self, currency: Option<Currency>) -> bool {
        let code = currency.map(Currency::code);
        self.currency.as_deref().is_none_or(|wanted| code == Some(wanted))
    }

    /// The same of every day it has an hour of, and of no more days than products are told of.
    pub(crate) fn of_products(self) -> Self {
        let Span { from, to } = self.span;
        let last = if to == to.midnight() { to } else { to.midnight().next_day() };
        let first = last.start().minus_seconds(GOODS_DAYS_MAX * SECONDS_A_DAY);
        Self { span: Span { from: from.midnight().max(Hour::of(first)), to: last }, ..self }
    }
}

impl SpanQuery {
    /// What a caller asks for, who may.
    pub(crate) fn question(&self, caller: &Caller, now: Timestamp) -> Result<Question, Problem> {
        caller.shop()?;
        let tenant = self.tenant(caller)?;
        let currency = self.currency.clone();
        if currency.as_ref().is_some_and(|code| !is_code(code)) {
            let detail = "currency: expected three letters as in EUR";
            return Err(Problem::new(Code::InvalidCurrency, detail));
        }
        Ok(Question { span: self.span(now)?, tenant, currency })
    }

    fn span(&self, now: Timestamp) -> Result<Span, Problem> {
        let to = time("to", self.to.as_deref())?.unwrap_or(now);
        let week = to.minus_seconds(DAYS * SECONDS_A_DAY);
        let from = time("from", self.from.as_deref())?.unwrap_or(week);
        // An hour that has begun is told as far as it is counted.
        let end = Timestamp::from_micros(to.plus_seconds(SECONDS_AN_HOUR).micros() - 1);
        // The answer says which span it is of.
        let from = from.max(to.minus_seconds(DAYS_MAX * SECONDS_A_DAY));
        let end = Hour::of(end);
        Ok(Span { from: Hour::of(from).min(end), to: end })
    }

    /// Whoever nobody asked who they are may see every shop; a shop sees itself.
    fn tenant(&self, caller: &Caller) -> Result<Option<TenantId>, Problem> {
        let invalid = |error| Problem::new(Code::InvalidUserId, format!("tenant: {error}"));
        let named: Option<TenantId> =
            self.tenant.as_deref().map(str::parse).transpose().map_err(invalid)?;
        match (named, caller) {
            (Some(named), Caller::Anyone) => Ok(Some(named)),
            (Some(named), Caller::Shop { .. } | Caller::Customer { .. }) => {
                let is_own = caller.tenant() == Some(&named);
                let foreign = || Problem::new(Code::Forbidden, "the figures are another shop's");
                is_own.then_some(Some(named)).ok_or_else(foreign)
            }
            (None, caller) => Ok(caller.tenant().cloned()),
        }
    }
}

/// Whether a currency could be called so. One that is none has no figures.
fn is_code(text: &str) -> bool {
    text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase())
}

fn time(name: &str, text: Option<&str>) -> Result<Option<Timestamp>, Problem> {
    let time = text.map(str::parse).transpose();
    time.map_err(|error| Problem::malformed(format!("{name}: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-11-17T10:20:30Z";

    fn told(query: &SpanQuery, caller: &Caller) -> Result<(String, String), Code> {
        let wanted = query.question(caller, NOW.parse().unwrap());
        let text = |hour: Hour| hour.start().to_string();
        let span = wanted.map(|wanted| (text(wanted.span.from), text(wanted.span.to)));
        span.map_err(|problem| problem.code())
    }

    fn between(from: &str, to: &str) -> Result<(String, String), Code> {
        let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let query = SpanQuery { from: text(from), to: text(to), ..SpanQuery::default() };
        told(&query, &Caller::Anyone)
    }

    #[test]
    fn a_span_has_every_hour_it_touches() {
        let hours = |from: &str, to: &str| Ok((from.to_owned(), to.to_owned()));

        assert_eq!(between("", ""), hours("2026-11-10T10:00:00Z", "2026-11-17T11:00:00Z"));
        assert_eq!(
            between("2026-11-17T08:59:59Z", "2026-11-17T10:00:00Z"),
            hours("2026-11-17T08:00:00Z", "2026-11-17T10:00:00Z")
        );
        assert_eq!(
            between("2026-11-17T08:00:00Z", "2026-11-17T10:00:00.000001Z"),
            hours("2026-11-17T08:00:00Z", "2026-11-17T11:00:00Z")
        );
    }

    #[test]
    fn a_currency_that_could_be_one_is_asked_for() {
        let query = |currency: &str| {
            let query = SpanQuery { currency: Some(currency.to_owned()), ..SpanQuery::default() };
            query.question(&Caller::Anyone, NOW.parse().unwrap()).map_err(|problem| problem.code())
        };

        let euros = query("EUR").unwrap();
        assert!(euros.has("EUR".parse().ok()) && !euros.has("USD".parse().ok()));
        assert!(!euros.has(None) && query("XQX").is_ok());
        assert_eq!(query("euro"), Err(Code::InvalidCurrency));
    }

    #[test]
    fn what_is_no_time_is_refused() {
        assert_eq!(between("yesterday", ""), Err(Code::Malformed));
        assert_eq!(between("", "2026"), Err(Code::Malformed));
    }

    #[test]
    fn a_span_that_is_too_long_is_cut_and_one_that_ends_before_it_begins_is_empty() {
        let hours = |from: &str, to: &str| Ok((from.to_owned(), to.to_owned()));

        assert_eq!(
            between("2026-01-01T00:00:00Z", "2026-06-01T00:00:00Z"),
            hours("2026-03-01T00:00:00Z", "2026-06-01T00:00:00Z")
        );
        assert_eq!(
            between("2026-11-18T10:00:00Z", "2026-11-17T10:00:00Z"),
            hours("2026-11-17T10:00:00Z", "2026-11-17T10:00:00Z")
        );
    }

    #[test]
    fn products_are_told_of_whole_days_and_of_a_month_at_most() {
        let told = |from: &str| {
            let to = Some("2026-06-01T10:00:00Z".to_owned());
            let query = SpanQuery { from: Some(from.to_owned()), to, ..SpanQuery::default() };
            let wanted = query.question(&Caller::Anyone, NOW.parse().unwrap()).unwrap();
            let Span { from, to } = wanted.of_products().span;
            (from.start().to_string(), to.start().to_string())
        };
        let days = |from: &str| (from.to_owned(), "2026-06-02T00:00:00Z".to_owned());

        assert_eq!(told("2026-05-30T23:10:00Z"), days("2026-05-30T00:00:00Z"));
        assert_eq!(told("2026-01-01T00:00:00Z"), days("2026-05-02T00:00:00Z"));
    }

    #[test]
    fn a_shop_sees_its_own_figures_and_a_customer_none() {
        let acme = || "acme".parse::<TenantId>().unwrap();
        let query = SpanQuery { tenant: Some("acme".to_owned()), ..SpanQuery::default() };
        let shop = |tenant| Caller::Shop { tenant, name: "staff".to_owned() };
        let ann = Caller::Customer { tenant: Some(acme()), user: "ann".parse().unwrap() };

        let own = query.question(&shop(Some(acme())), NOW.parse().unwrap()).unwrap();
        assert_eq!(own.tenant, Some(acme()));
        assert_eq!(told(&query, &shop(None)), Err(Code::Forbidden));
        assert_eq!(told(&query, &ann), Err(Code::Forbidden));
        assert!(told(&query, &Caller::Anyone).is_ok());
    }
}
