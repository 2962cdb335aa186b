//! The page about events: one sample after another, as `kcat` prints it from the topic.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context as _, ensure};
use cart_api::contract::{EVENTS, FIELDS, HEADERS, LINE};
use cart_schemas::cloudevent;
use cart_schemas::event::{Event, EventKind};
use cart_schemas::generation::Generation;
use cart_schemas::id::CartKey;
use cart_schemas::topic::{Namespace, Topic};
use cart_schemas::traceparent::CE_TRACEPARENT;
use serde_json::{Map, Value};

use super::check::check;
use super::names::names;
use super::{code, notice, table};

const SAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../schemas/golden/v1");

/// The page.
pub(super) fn page() -> anyhow::Result<String> {
    check(&EVENTS, names::<EventKind>().iter().copied())?;
    check(&EVENTS, EventKind::ALL.map(EventKind::as_str))?;
    let samples = samples()?;
    let first = samples.values().flatten().next().context("there is no sample")?;
    let sections = names::<EventKind>().iter().map(|kind| {
        section(samples.get(kind).map_or(&[], Vec::as_slice)).with_context(|| (*kind).to_owned())
    });
    let sections = sections.collect::<anyhow::Result<Vec<_>>>()?;
    let topic = Topic::Events.name(&Namespace::default(), Generation::FIRST);
    Ok(format!(
        include_str!("events.in.md"),
        notice = notice(),
        kcat = kcat(&topic),
        topic = topic,
        headers = headers(first)?,
        fields = fields(&samples)?,
        line = line(&samples)?,
        sections = sections.join("\n").trim_end(),
    ))
}

/// Prints everything on the topic, a record in two lines.
fn kcat(topic: &str) -> String {
    format!(r"kcat -C -b localhost:9092 -t {topic} -o beginning -e -q -f '%k %h\n%s\n'")
}

/// A golden sample of an event.
struct Sample {
    event: Event,
    /// As it lies on the topic.
    value: String,
    fields: Map<String, Value>,
}

impl Sample {
    fn read(path: &Path) -> anyhow::Result<Self> {
        let value = std::fs::read_to_string(path)?.trim_end().to_owned();
        let fields = serde_json::from_str(&value)?;
        Ok(Self { event: Event::decode(value.as_bytes())?, value, fields })
    }

    /// The headers of its record, and the record's key.
    fn headers(&self) -> (CartKey, Vec<(&'static str, String)>) {
        let cart = CartKey::new(None, self.event.user.clone());
        let headers = cloudevent::headers(&cart, &self.event);
        (cart, headers)
    }

    /// What `kcat` prints of its record: the key and the headers, then the value.
    fn printed(&self) -> String {
        let (key, headers) = self.headers();
        let headers: Vec<_> = headers.iter().map(|(name, text)| format!("{name}={text}")).collect();
        format!("{key} {}\n{}", headers.join(","), self.value)
    }
}

/// Every sample, by the type of its event, in the order of their files' names.
fn samples() -> anyhow::Result<BTreeMap<&'static str, Vec<Sample>>> {
    let files = std::fs::read_dir(SAMPLES)?.map(|file| file.map(|file| file.path()));
    let mut paths = files.collect::<Result<Vec<_>, _>>()?;
    paths.sort();
    let is_event = |path: &Path| {
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("event."))
    };
    let mut samples: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for path in paths.iter().filter(|path| is_event(path)) {
        let sample = Sample::read(path).with_context(|| path.display().to_string())?;
        samples.entry(sample.event.fact.kind().as_str()).or_default().push(sample);
    }
    Ok(samples)
}

/// The JSON types values have, as a reader would say it.
fn types<'a>(values: impl Iterator<Item = &'a Value>) -> String {
    let mut types: BTreeSet<_> = values
        .map(|value| match value {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(number) if number.is_u64() => "integer",
            Value::Number(_) => "number",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        })
        .collect();
    if types.contains("number") {
        types.remove("integer");
    }
    Vec::from_iter(types.into_iter().rev()).join(" or ")
}

fn fields(samples: &BTreeMap<&str, Vec<Sample>>) -> anyhow::Result<String> {
    check(&FIELDS, names::<Event>().iter().copied())?;
    let row = |(name, meaning): (&str, &str)| {
        let has = |sample: &&Sample| sample.fields.contains_key(name);
        let having = samples.iter().filter(|(_, samples)| samples.iter().any(|s| has(&s)));
        let kinds: Vec<_> = having.map(|(kind, _)| code(kind)).collect();
        ensure!(!kinds.is_empty(), "no sample has {name:?}");
        let kinds = if kinds.len() == samples.len() { "all".into() } else { kinds.join(", ") };
        let values = samples.values().flatten().filter_map(|sample| sample.fields.get(name));
        Ok([code(name), types(values), kinds, meaning.to_owned()])
    };
    let rows = FIELDS.into_iter().map(row).collect::<anyhow::Result<Vec<_>>>()?;
    Ok(table(["field", "JSON", "in", "meaning"], rows))
}

fn line(samples: &BTreeMap<&str, Vec<Sample>>) -> anyhow::Result<String> {
    let lines = || {
        let samples = samples.values().flatten();
        samples.filter_map(|sample| sample.fields.get("item")?.as_object())
    };
    let names: BTreeSet<_> = lines().flat_map(Map::keys).map(String::as_str).collect();
    check(&LINE, names)?;
    let row = |(name, meaning): (&str, &str)| {
        [code(name), types(lines().filter_map(|line| line.get(name))), meaning.to_owned()]
    };
    Ok(table(["field", "JSON", "meaning"], LINE.into_iter().map(row)))
}

/// The trace of a command, which no sample has: that of the W3C's own examples.
const TRACE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

fn headers(sample: &Sample) -> anyhow::Result<String> {
    let (_, mut headers) = sample.headers();
    headers.push((CE_TRACEPARENT, TRACE.to_owned()));
    check(&HEADERS, headers.iter().map(|(name, _)| *name))?;
    let texts: BTreeMap<_, _> = headers.into_iter().collect();
    let row = |(name, meaning): (&str, &str)| {
        let text = texts.get(name).map_or_else(String::new, |text| code(text));
        [code(name), meaning.to_owned(), text]
    };
    Ok(table(["header", "meaning", "as in"], HEADERS.into_iter().map(row)))
}

/// The type, when it happens, its value laid out, and what `kcat` prints.
fn section(samples: &[Sample]) -> anyhow::Result<String> {
    let first = samples.first().context("there is no sample")?;
    let kind = first.event.fact.kind().as_str();
    let when = EVENTS.iter().find(|(known, _)| *known == kind).map_or("", |(_, when)| when);
    let mut text = format!("## {kind}\n\n{when}\n");
    for sample in samples {
        let value = serde_json::to_string_pretty(&sample.event)?;
        text += &format!("\n```json\n{value}\n```\n\n```text\n{}\n```\n", sample.printed());
    }
    Ok(text)
}
