//! What became of a shop's carts, in figures.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use cart_analytics::tallies::{ByHour, FiguresError, Goods, Tally};
use cart_schemas::money::Currency;
use serde::Serialize;

use super::json;
use crate::app::App;
use crate::clock;
use crate::identity::Caller;
use crate::openapi::{CatalogProblems, FigureProblems};
use crate::problem::Problem;
use crate::request::{
    Asked, Order, ProductPath, ProductsQuery, Question, Segments, Shop, ShopQuery, SpanQuery, Step,
    StepQuery,
};
use crate::view::{AbandonmentView, BesideView, Figures, FunnelView, GoodsView, PointView};

/// Products that are recommended beside one: a row of them.
const RECOMMENDED: usize = 10;

/// Reads how many carts began, got to a checkout and were paid.
#[utoipa::path(
    get,
    path = "/api/analytics/funnel",
    operation_id = "getFunnel",
    tag = "analytics",
    params(SpanQuery),
    responses(
        (status = OK, description = "The funnel", body = Figures<FunnelView>),
        FigureProblems
    )
)]
pub(crate) async fn funnel(
    State(app): State<Arc<App>>,
    caller: Caller,
    Asked(query): Asked<SpanQuery>,
) -> Result<Response, Problem> {
    let question = query.question(&caller, clock::now())?;
    by_currency(&app, &question, FunnelView::of).await
}

/// Reads how many carts were left, what lay in them, and how many came back.
#[utoipa::path(
    get,
    path = "/api/analytics/abandonment",
    operation_id = "getAbandonment",
    tag = "analytics",
    params(SpanQuery),
    responses(
        (status = OK, description = "Who left", body = Figures<AbandonmentView>),
        FigureProblems
    )
)]
pub(crate) async fn abandonment(
    State(app): State<Arc<App>>,
    caller: Caller,
    Asked(query): Asked<SpanQuery>,
) -> Result<Response, Problem> {
    let question = query.question(&caller, clock::now())?;
    by_currency(&app, &question, AbandonmentView::of).await
}

/// Reads what was counted in each hour or day in which something happened.
#[utoipa::path(
    get,
    path = "/api/analytics/timeseries",
    operation_id = "getTimeseries",
    tag = "analytics",
    params(SpanQuery, StepQuery),
    responses(
        (status = OK, description = "The points", body = Figures<PointView>),
        FigureProblems
    )
)]
pub(crate) async fn timeseries(
    State(app): State<Arc<App>>,
    caller: Caller,
    Asked(query): Asked<SpanQuery>,
    Asked(StepQuery { step }): Asked<StepQuery>,
) -> Result<Response, Problem> {
    let question = query.question(&caller, clock::now())?;
    let mut points = ByHour::new();
    for ((hour, currency), tally) in hours(&app, &question).await? {
        let at = match step {
            Step::Hour => hour,
            Step::Day => hour.midnight(),
        };
        points.entry((at, currency)).or_default().add(&tally);
    }
    let figures = points.iter().map(|(at, tally)| PointView::of(*at, tally)).collect();
    Ok(json(StatusCode::OK, &Figures::of(question.span, figures)))
}

/// Reads which products were left, sold, added or became cheaper, of whole days.
#[utoipa::path(
    get,
    path = "/api/analytics/products",
    operation_id = "getProductFigures",
    tag = "analytics",
    params(SpanQuery, ProductsQuery),
    responses(
        (status = OK, description = "The products", body = Figures<GoodsView>),
        FigureProblems
    )
)]
pub(crate) async fn products(
    State(app): State<Arc<App>>,
    caller: Caller,
    Asked(query): Asked<SpanQuery>,
    Asked(order): Asked<ProductsQuery>,
) -> Result<Response, Problem> {
    let question = query.question(&caller, clock::now())?.of_products();
    let limit = order.limit()?;
    let goods = app.ask(app.carts.goods(question.tenant.as_ref(), question.span)).await?;
    let mut goods: Vec<_> = goods.map_err(|error| unread(&error))?.into_iter().collect();
    goods.retain(|((_, currency), _)| question.has(*currency));
    // The rows come by product and currency, which a stable order keeps among equals.
    goods.sort_by_key(|(_, goods)| Reverse(rank(order.by, goods)));
    goods.retain(|(_, goods)| rank(order.by, goods) > 0);
    goods.truncate(limit);
    let figures = goods.into_iter().map(|(of, goods)| GoodsView::of(of, &goods)).collect();
    Ok(json(StatusCode::OK, &Figures::of(question.span, figures)))
}

/// Reads which products lay in one cart with this one most often, when it was paid or abandoned.
#[utoipa::path(
    get,
    path = "/api/products/{id}/recommendations",
    operation_id = "getRecommendations",
    tag = "catalog",
    security((), ("bearer" = [])),
    params(ProductPath, ShopQuery),
    responses(
        (status = OK, description = "The products", body = BesideView),
        CatalogProblems
    )
)]
pub(crate) async fn recommendations(
    State(app): State<Arc<App>>,
    Segments(path): Segments<ProductPath>,
    shop: Shop,
) -> Result<Response, Problem> {
    let product = path.product()?;
    let beside = app.ask(app.carts.beside(shop.tenant(), &product)).await?;
    let view = BesideView::of(beside.map_err(|error| unread(&error))?, RECOMMENDED);
    Ok(json(StatusCode::OK, &view))
}

async fn hours(app: &App, question: &Question) -> Result<ByHour, Problem> {
    let hours = app.ask(app.carts.hours(question.tenant.as_ref(), question.span)).await?;
    let mut hours = hours.map_err(|error| unread(&error))?;
    hours.retain(|(_, currency), _| question.has(*currency));
    Ok(hours)
}

/// What a view shows of the sums of each currency.
async fn by_currency<T: Serialize>(
    app: &App,
    question: &Question,
    view: impl Fn(Option<Currency>, &Tally) -> T,
) -> Result<Response, Problem> {
    let mut sums: BTreeMap<Option<Currency>, Tally> = BTreeMap::new();
    for ((_, currency), tally) in hours(app, question).await? {
        sums.entry(currency).or_default().add(&tally);
    }
    let figures = sums.iter().map(|(currency, tally)| view(*currency, tally)).collect();
    Ok(json(StatusCode::OK, &Figures::of(question.span, figures)))
}

/// What a product is put in order by.
fn rank(by: Order, goods: &Goods) -> i64 {
    let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    match by {
        Order::Left => goods.left_value.minor(),
        Order::Sold => goods.sold_value.minor(),
        Order::Added => count(goods.added),
        Order::Cheaper => count(goods.cheaper),
    }
}

fn unread(error: &FiguresError) -> Problem {
    match error {
        FiguresError::Store(error) => {
            tracing::debug!(%error, "figures could not be loaded");
            Problem::unavailable("the store does not answer")
        }
        FiguresError::Row { source, .. } => {
            tracing::error!(%error, cause = %source, "a row of figures cannot be read");
            Problem::internal()
        }
    }
}
