//! Finds out which commit the program is built from. Never fails: outside a checkout, or without
//! git, nothing is known.

#![expect(clippy::disallowed_methods, reason = "this is how a build script is asked")]

use std::path::Path;
use std::process::Command;

/// What the program is made of, from this crate's folder: an edit of these makes a commit another.
const MADE_OF: [&str; 8] = [
    "../Cargo.lock",
    "../schemas/src",
    "../storage/src",
    "../processor/src",
    "../ingest/src",
    "../analytics/src",
    "../api/src",
    "src",
];

fn main() {
    println!("cargo::rerun-if-env-changed=CARTSTREAM_COMMIT");
    let version = env!("CARGO_PKG_VERSION");
    let commit = std::env::var("CARTSTREAM_COMMIT").ok().filter(|told| !told.is_empty());
    match commit.or_else(checked_out) {
        Some(commit) => {
            println!("cargo::rustc-env=CARTSTREAM_COMMIT={commit}");
            println!("cargo::rustc-env=CARTSTREAM_VERSION={version} ({commit})");
        }
        None => println!("cargo::rustc-env=CARTSTREAM_VERSION={version}"),
    }
}

/// The commit of the checkout, asked again whenever it may be another.
fn checked_out() -> Option<String> {
    let branch = git(&["symbolic-ref", "--quiet", "HEAD"]).unwrap_or_default();
    let moving = ["HEAD", "packed-refs", branch.as_str()];
    let moving = moving.iter().filter_map(|name| git(&["rev-parse", "--git-path", name]));
    for path in moving.chain(MADE_OF.map(str::to_owned)) {
        // A path that is not there would have this run at every build.
        if Path::new(&path).exists() {
            println!("cargo::rerun-if-changed={path}");
        }
    }
    let commit = git(&["rev-parse", "--short", "HEAD"])?;
    let edited = git(&["status", "--porcelain", "--untracked-files=no"])?;
    Some(if edited.is_empty() { commit } else { format!("{commit}-dirty") })
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}
