//! A run as `cartstream bench --json` wrote it, as far as tables tell of it.

use std::path::Path;

use anyhow::Context as _;
use serde::Deserialize;

/// A run, and the file it was read from.
#[derive(Debug, Deserialize)]
pub struct Run {
    /// The name of its file, without its ending.
    #[serde(skip)]
    pub file: String,
    pub(super) commit: Option<String>,
    pub(super) shop: Option<Build>,
    pub(super) machine: Machine,
    pub(super) rate: Option<u32>,
    pub(super) seconds: u32,
    pub(super) users: u32,
    pub(super) connections: u32,
    pub(super) lines: Option<u32>,
    pub(super) rows: Vec<Row>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Build {
    pub(super) commit: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Machine {
    pub(super) cores: u32,
    pub(super) memory_mib: Option<u64>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Row {
    pub(super) what: String,
    pub(super) per_second: f64,
    pub(super) changes: Option<Latency>,
    pub(super) reads: Option<Latency>,
    pub(super) definite_percent: f64,
    pub(super) cpu_micros_per_request: Option<f64>,
    pub(super) memory_mib: Option<f64>,
    pub(super) hops: Vec<Hop>,
    pub(super) pushes: Option<Pushes>,
    pub(super) windows: Vec<Window>,
}

/// Milliseconds.
#[derive(Debug, Deserialize)]
pub(super) struct Latency {
    pub(super) mean: f64,
    pub(super) p50: f64,
    pub(super) p99: f64,
    pub(super) p999: f64,
}

#[derive(Debug, Deserialize)]
pub(super) struct Hop {
    pub(super) hop: String,
    pub(super) count: Option<u64>,
    pub(super) mean: Option<f64>,
    pub(super) p50: Option<f64>,
    pub(super) p99: Option<f64>,
    pub(super) of_a_change: Option<f64>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Pushes {
    pub(super) latency: Option<Latency>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Window {
    pub(super) per_second: f64,
    pub(super) changes: Option<Latency>,
    pub(super) failed: u64,
    pub(super) memory_mib: Option<f64>,
}

impl Run {
    pub(super) fn read(path: &Path) -> anyhow::Result<Self> {
        let name = path.file_stem().and_then(|name| name.to_str()).context("it has no name")?;
        Self::parse(name, &std::fs::read_to_string(path)?)
    }

    /// Reads a run that lies in a file of this name.
    pub(super) fn parse(file: &str, text: &str) -> anyhow::Result<Self> {
        let run: Self = serde_json::from_str(text)?;
        Ok(Self { file: file.to_owned(), ..run })
    }

    /// Smaller first; what has no rate takes as many requests as there can be.
    pub(super) fn order(&self) -> (u32, u32, u32) {
        (self.lines.unwrap_or_default(), self.users, self.rate.unwrap_or(u32::MAX))
    }

    /// The row of the shop.
    pub(super) fn shop_row(&self) -> Option<&Row> {
        self.rows.iter().find(|row| row.what == "shop")
    }

    /// The commit of what was measured.
    pub(super) fn built_from(&self) -> &str {
        let shop = self.shop.as_ref().map(|build| build.commit.as_str());
        shop.or(self.commit.as_deref()).unwrap_or("unknown")
    }
}
