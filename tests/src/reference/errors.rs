//! The page about errors: the table of problem codes, and the shape of a problem as `OpenAPI` has it.

use anyhow::Context as _;
use cart_api::{Problem, ProblemCode, Retry};
use cart_schemas::rejection::{Rejection, RejectionCode};
use cart_schemas::stock::StockRejection;
use serde_json::Value;

use super::names::names;
use super::{code, notice, table};

/// The page.
pub(super) fn page() -> anyhow::Result<String> {
    let example = Problem::from(&Rejection::InsufficientStock { available: 3 }).body();
    Ok(format!(
        include_str!("errors.in.md"),
        notice = notice(),
        example = String::from_utf8(example)?,
        fields = fields()?,
        codes = codes().trim_end(),
    ))
}

fn codes() -> String {
    let decided = [names::<RejectionCode>(), names::<StockRejection>()].concat();
    let row = |problem: &ProblemCode| {
        let name = problem.as_str();
        let outcome = if decided.contains(&name) { ", *decided*" } else { "" };
        [
            problem.status().as_u16().to_string(),
            code(name),
            problem.when().to_owned(),
            problem.advice().to_owned(),
            format!("{}{outcome}", retry(problem.retry())),
        ]
    };
    let head = ["status", "code", "when", "what a storefront does", "retry"];
    table(head, ProblemCode::ALL.iter().map(row))
}

const fn retry(retry: Retry) -> &'static str {
    match retry {
        Retry::Unchanged => "yes, under the same key",
        Retry::Later => "later",
        Retry::Corrected => "not as it is",
    }
}

/// The fields of a problem, and those of its `errors`.
fn fields() -> anyhow::Result<String> {
    let document: Value = serde_json::from_slice(&cart_api::openapi_document())?;
    let mut rows = described(&document, "Problem", "")?;
    rows.extend(described(&document, "FieldError", "errors[].")?);
    Ok(table(["field", "JSON", "there", "meaning"], rows))
}

/// The properties of a schema: what is always there first, in the order it is written.
fn described(document: &Value, schema: &str, prefix: &str) -> anyhow::Result<Vec<[String; 4]>> {
    let schema = document
        .pointer(&format!("/components/schemas/{schema}"))
        .with_context(|| format!("no schema {schema:?}"))?;
    let properties = schema["properties"].as_object().context("a schema without properties")?;
    let required: Vec<_> = schema["required"].as_array().into_iter().flatten().collect();
    let place = |name: &str| required.iter().position(|known| *known == name);
    let mut names: Vec<_> = properties.keys().map(String::as_str).collect();
    names.sort_by_key(|name| place(name).unwrap_or(usize::MAX));
    let row = |name: &str| {
        let property = properties.get(name)?;
        let meaning = property["description"].as_str()?;
        let there = if place(name).is_some() { "always" } else { "where it applies" };
        let field = code(&format!("{prefix}{name}"));
        Some([field, json_type(property).to_owned(), there.to_owned(), meaning.to_owned()])
    };
    names.into_iter().map(|name| row(name).context(format!("{name:?} is not described"))).collect()
}

/// The JSON type of a property; one that refers to another schema is a code.
fn json_type(property: &Value) -> &str {
    let types = &property["type"];
    let first = types.as_array().and_then(|types| types.iter().find(|name| *name != "null"));
    first.unwrap_or(types).as_str().unwrap_or("string")
}
