//! An engine's jars, by Maven. Knows no registry: Maven's own settings decide where artifacts come
//! from.

use std::fs;
use std::io;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::engine::Engine;
use super::error::Error;
use super::home::{self, Home};
use super::progress::Progress;
use super::wait;

const POM: &str = include_str!("pom.xml");

/// Written last: jars without it, or with another one, are fetched again.
const MARKER: &str = "fetched.xml";

/// 66 MB at 100 KB/s.
const WITHIN: Duration = Duration::from_secs(15 * 60);

const ADVICE: &str = "install Maven 3.8 or later (Debian: apt-get install maven), or put its bin \
    folder on the PATH";

/// One entry of a pom; Maven adds what it depends on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Artifact {
    pub(super) group: &'static str,
    pub(super) name: &'static str,
    pub(super) version: &'static str,
}

/// Sees to it that the jars are there, whole and of the right version.
pub(super) fn jars(home: &Home, progress: &Progress) -> Result<(), Error> {
    let engine = home.engine();
    let pom = pom(engine);
    let jars = home.jars();
    if fs::read_to_string(jars.join(MARKER)).is_ok_and(|fetched| fetched == pom) {
        return Ok(());
    }
    let step = progress.begin(engine, "fetching jars by mvn, this once");
    home::remove_all(&jars)?;
    home.make(&jars)?;
    run(home, &pom)?;
    let marker = jars.join(MARKER);
    fs::write(&marker, pom).map_err(|source| Error::Write { path: marker, source })?;
    step.done("jars fetched");
    Ok(())
}

fn run(home: &Home, pom: &str) -> Result<(), Error> {
    let engine = home.engine();
    let pom = home.write("pom.xml", pom)?;
    let log = home.path().join("fetch.log");
    let output = home.fresh_log(&log)?;
    let mut mvn = Command::new("mvn")
        .args(["-q", "-B", "dependency:copy-dependencies", "-DincludeScope=runtime"])
        .arg(format!("-DoutputDirectory={}", home.jars().display()))
        .arg("-f")
        .arg(pom)
        .stdin(Stdio::null())
        .stderr(output.try_clone().map_err(|source| Error::Write { path: log.clone(), source })?)
        .stdout(output)
        .spawn()
        .map_err(failed)?;
    let ended = wait::until(WITHIN, || mvn.try_wait().transpose()).transpose().map_err(failed)?;
    if ended.is_none() {
        mvn.kill().and_then(|()| mvn.wait()).map_err(failed)?;
    }
    if ended.is_some_and(|status| status.success()) {
        return Ok(());
    }
    Err(Error::Fetch { engine, tail: home::tail(&log), log })
}

fn failed(source: io::Error) -> Error {
    Error::not_run("mvn", ADVICE, source)
}

fn pom(engine: Engine) -> String {
    let dependencies: Vec<_> = engine.artifacts().iter().map(dependency).collect();
    POM.replace("{engine}", engine.name()).replace("{dependencies}", &dependencies.join("\n"))
}

fn dependency(artifact: &Artifact) -> String {
    let Artifact { group, name, version } = artifact;
    format!(
        "    <dependency><groupId>{group}</groupId><artifactId>{name}</artifactId>\
         <version>{version}</version></dependency>"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pom_of_each_engine_lists_its_artifacts_and_is_filled_in() {
        for engine in Engine::ALL {
            let pom = pom(engine);

            assert_eq!(pom.matches("<dependency>").count(), engine.artifacts().len());
            assert!(!pom.contains(['{', '}']), "a placeholder is left in:\n{pom}");
        }
    }

    #[test]
    fn the_pom_names_no_registry() {
        for engine in Engine::ALL {
            assert!(!pom(engine).contains("repositor"));
        }
    }

    #[test]
    fn the_versions_are_the_ones_the_documentation_names() {
        assert!(
            pom(Engine::Kafka)
                .contains("<artifactId>kafka_2.13</artifactId><version>4.1.0</version>")
        );
        assert!(
            pom(Engine::Cassandra)
                .contains("<artifactId>cassandra-all</artifactId><version>5.0.4</version>")
        );
    }
}
