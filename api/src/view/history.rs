//! A cart's events as one answer.

use cart_analytics::history::Page;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

/// Events of a cart, whole versions in order.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = History)]
pub(crate) struct HistoryView<'a> {
    /// The events, as they are pushed.
    #[schema(value_type = Vec<Object>)]
    events: Vec<&'a RawValue>,
    /// The version to ask after for more, or null when these are all. It may be the version asked
    /// after: then what follows is not kept yet.
    #[schema(required = true)]
    next: Option<u64>,
    /// Only where earlier versions are asked for that are not kept any more: the first that may be.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<u64>,
}

impl<'a> HistoryView<'a> {
    /// A page as callers see it.
    ///
    /// # Errors
    /// What was kept is no JSON.
    pub(crate) fn of(page: &'a Page) -> Result<Self, serde_json::Error> {
        let events = page.events.iter().map(|kept| serde_json::from_str(&kept.json));
        let events = events.collect::<Result<_, _>>()?;
        Ok(Self { events, next: page.next, from: page.from })
    }
}
