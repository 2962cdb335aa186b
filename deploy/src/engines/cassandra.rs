//! Apache Cassandra on loopback: one node that waits for no others. Knows no keyspace but
//! Cassandra's own.

use super::error::Error;
use super::fetch::Artifact;
use super::home::Home;

pub(super) const PORT: u16 = 9042;
pub(super) const STORAGE_PORT: u16 = 7000;

pub(super) const ARTIFACTS: [Artifact; 1] =
    [Artifact { group: "org.apache.cassandra", name: "cassandra-all", version: "5.0.4" }];

const YAML: &str = include_str!("cassandra.yaml");
const LOGGING: &str = include_str!("cassandra-logback.xml");
const OPTIONS: &str = include_str!("cassandra.options");

const YAML_FILE: &str = "cassandra.yaml";
const LOGGING_FILE: &str = "logback.xml";

/// Measures objects for the memtables; `cassandra-all` 5.0.4 depends on this version.
const AGENT: &str = "jamm-0.4.0.jar";

/// An OPTIONS frame of CQL's native protocol, version 4, stream 0, without a body.
pub(super) const QUESTION: [u8; 9] = [0x04, 0, 0, 0, OP_OPTIONS, 0, 0, 0, 0];

const OP_OPTIONS: u8 = 0x05;
const OP_SUPPORTED: u8 = 0x06;
const ANSWER_V4: u8 = 0x84;

/// Writes the configuration; Cassandra makes its folders itself.
pub(super) fn prepare(home: &Home) -> Result<(), Error> {
    home.write(YAML_FILE, &yaml(home))?;
    home.write(LOGGING_FILE, LOGGING)?;
    Ok(())
}

/// What follows `java`.
pub(super) fn arguments(home: &Home) -> Vec<String> {
    let file = |name| home.path().join(name).display().to_string();
    let places = [
        format!("-javaagent:{}", home.jars().join(AGENT).display()),
        format!("-Dcassandra.config=file:{}", file(YAML_FILE)),
        format!("-Dcassandra.storagedir={}", home.data().display()),
        format!("-Dlogback.configurationFile={}", file(LOGGING_FILE)),
        "-cp".to_owned(),
        home.jars().join("*").display().to_string(),
        "org.apache.cassandra.service.CassandraDaemon".to_owned(),
    ];
    options().map(str::to_owned).chain(places).collect()
}

/// Whether this frame header is an answer to [`QUESTION`].
pub(super) const fn is_ready(answer: [u8; 9]) -> bool {
    matches!(answer, [ANSWER_V4, _, 0, 0, OP_SUPPORTED, ..])
}

fn options() -> impl Iterator<Item = &'static str> {
    OPTIONS.lines().filter(|line| line.starts_with('-'))
}

fn yaml(home: &Home) -> String {
    YAML.replace("{port}", &PORT.to_string())
        .replace("{storage_port}", &STORAGE_PORT.to_string())
        .replace("{data}", &home.data().display().to_string())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::engine::Engine;
    use super::*;

    fn home() -> Home {
        Home::of(Engine::Cassandra, Path::new("/cache/engines"))
    }

    #[test]
    fn the_yaml_is_filled_in_and_stays_on_loopback() {
        let yaml = yaml(&home());

        assert!(!yaml.contains(['{', '}']), "a placeholder is left in:\n{yaml}");
        assert!(
            yaml.contains("\ndata_file_directories: [\"/cache/engines/cassandra/data/data\"]\n")
        );
        assert!(yaml.contains("\nlisten_address: 127.0.0.1\n"));
        assert!(yaml.contains("\nrpc_address: 127.0.0.1\n"));
    }

    #[test]
    fn dropped_keyspaces_leave_no_snapshot() {
        assert!(yaml(&home()).contains("\nauto_snapshot: false\n"));
    }

    #[test]
    fn every_option_is_one_argument_and_comments_are_none() {
        assert!(options().count() > 20);
        assert!(options().all(|option| option.starts_with('-') && !option.contains(' ')));
    }

    #[test]
    fn the_main_class_is_the_last_argument() {
        let arguments = arguments(&home());

        assert_eq!(
            arguments.last().map(String::as_str),
            Some("org.apache.cassandra.service.CassandraDaemon")
        );
    }

    #[test]
    fn a_supported_frame_is_ready() {
        assert!(is_ready([0x84, 0, 0, 0, 0x06, 0, 0, 0, 90]));
    }

    #[test]
    fn an_error_frame_is_not_ready() {
        assert!(!is_ready([0x84, 0, 0, 0, 0x00, 0, 0, 0, 20]));
    }

    #[test]
    fn another_server_s_answer_is_not_cql() {
        assert!(!is_ready(*b"HTTP/1.1 "));
    }
}
