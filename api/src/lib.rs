//! All of HTTP and sockets: what a storefront sees of its carts.
//!
//! Parses requests, asks `ingest`, renders answers and pushes events. Decides nothing about a cart
//! and knows neither Kafka nor CQL.

#![warn(missing_docs)]

pub mod contract;
pub mod follow;

mod admission;
mod api;
mod app;
mod ceiling;
mod change;
mod clock;
mod door;
mod edge;
mod gate;
mod health;
mod identity;
mod limits;
mod meters;
mod openapi;
mod pages;
mod problem;
mod readiness;
mod request;
mod routes;
mod serve;
mod settings;
mod share;
mod sockets;
mod stock_secrets;
mod tag;
mod tls;
mod trace;
mod view;

pub use api::{Api, OpenError};
pub use ceiling::serve_ceiling;
pub use door::Door;
pub use health::serve_health;
pub use identity::{Access, ApiKey, ApiKeys, BadAccess, InvalidApiKey, Secret, ShortSecret, Trust};
pub use limits::{Allowances, Budget, InvalidLimit, Limit};
pub use openapi::document as openapi_document;
pub use problem::{Code as ProblemCode, Problem, Retry};
pub use readiness::{Flag, Readiness};
#[cfg(feature = "properties")]
pub use request::properties;
pub use serve::serve;
pub use settings::{InvalidOrigin, Settings, Traces, Transport, Webhooks};
pub use share::{InvalidLiveUrl, InvalidShare, LiveUrl, Share};
pub use stock_secrets::{AmbiguousSecrets, InvalidSecret, ShopSecret, StockSecrets};
pub use tls::{CertificateError, CertificateFiles, Tls};
