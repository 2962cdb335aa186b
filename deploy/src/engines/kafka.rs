//! Apache Kafka on loopback: one node, broker and controller in one. Knows no topics but Kafka's
//! own.

use super::error::Error;
use super::fetch::Artifact;
use super::home::Home;
use super::java;

pub(super) const PORT: u16 = 9092;
pub(super) const CONTROLLER_PORT: u16 = 9093;

pub(super) const ARTIFACTS: [Artifact; 3] = [
    Artifact { group: "org.apache.kafka", name: "kafka_2.13", version: "4.1.0" },
    // The server logs through slf4j and brings nothing that writes.
    Artifact { group: "org.apache.logging.log4j", name: "log4j-slf4j-impl", version: "2.24.3" },
    Artifact { group: "org.apache.logging.log4j", name: "log4j-core", version: "2.24.3" },
];

const PROPERTIES: &str = include_str!("kafka.properties");
const LOGGING: &str = include_str!("kafka-log4j2.xml");

const PROPERTIES_FILE: &str = "server.properties";
const LOGGING_FILE: &str = "log4j2.xml";

/// The 16 bytes `cartstream-local` as Kafka writes ids: base64 without padding.
const CLUSTER_ID: &str = "Y2FydHN0cmVhbS1sb2NhbA";

const JVM: [&str; 4] =
    ["-Xms256m", "-Xmx512m", "-XX:+ExitOnOutOfMemoryError", "-Djava.awt.headless=true"];

/// A Metadata request, version 1, correlation id 1, from client "up", about no topic: unlike an
/// `ApiVersions` answer, its broker list tells a broker that topics can be put on from one that is
/// still registering.
pub(super) const QUESTION: [u8; 20] =
    [0, 0, 0, 16, 0, 3, 0, 1, 0, 0, 0, 1, 0, 2, b'u', b'p', 0, 0, 0, 0];

/// Writes the configuration; formats the data folder before its first use.
pub(super) fn prepare(home: &Home) -> Result<(), Error> {
    let properties = home.write(PROPERTIES_FILE, &properties(home))?;
    home.write(LOGGING_FILE, LOGGING)?;
    // The tool writes this file last.
    if home.data().join("meta.properties").exists() {
        return Ok(());
    }
    let output = java::command()
        .args(["-XX:TieredStopAtLevel=1", "-cp", &class_path(home), "kafka.tools.StorageTool"])
        .args(["format", "--standalone", "--ignore-formatted", "-t", CLUSTER_ID, "-c"])
        .arg(properties)
        .output()
        .map_err(java::failed)?;
    if output.status.success() {
        return Ok(());
    }
    let text = [output.stdout, output.stderr].concat();
    Err(Error::Format {
        engine: home.engine(),
        output: String::from_utf8_lossy(&text).into_owned(),
    })
}

/// What follows `java`.
pub(super) fn arguments(home: &Home) -> Vec<String> {
    let file = |name| home.path().join(name).display().to_string();
    let logging = format!("-Dlog4j2.configurationFile={}", file(LOGGING_FILE));
    let server = [
        logging,
        "-cp".to_owned(),
        class_path(home),
        "kafka.Kafka".to_owned(),
        file(PROPERTIES_FILE),
    ];
    JVM.map(str::to_owned).into_iter().chain(server).collect()
}

/// Whether this begins the answer to [`QUESTION`] of a cluster with at least one live broker.
pub(super) const fn is_ready(answer: [u8; 12]) -> bool {
    let [_, _, _, _, correlation @ .., b0, b1, b2, b3] = answer;
    matches!(correlation, [0, 0, 0, 1]) && i32::from_be_bytes([b0, b1, b2, b3]) > 0
}

fn class_path(home: &Home) -> String {
    home.jars().join("*").display().to_string()
}

fn properties(home: &Home) -> String {
    PROPERTIES
        .replace("{port}", &PORT.to_string())
        .replace("{controller_port}", &CONTROLLER_PORT.to_string())
        .replace("{data}", &home.data().display().to_string())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::engine::Engine;
    use super::*;

    fn home() -> Home {
        Home::of(Engine::Kafka, Path::new("/cache/engines"))
    }

    #[test]
    fn the_properties_are_filled_in_and_stay_on_loopback() {
        let properties = properties(&home());

        assert!(!properties.contains(['{', '}']), "a placeholder is left in:\n{properties}");
        assert!(properties.contains("\nlog.dirs=/cache/engines/kafka/data\n"));
        assert!(
            properties
                .contains("\nlisteners=PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093\n")
        );
        assert!(!properties.contains("0.0.0.0"));
    }

    #[test]
    fn topics_are_never_made_by_accident() {
        assert!(properties(&home()).contains("\nauto.create.topics.enable=false\n"));
    }

    #[test]
    fn the_question_announces_its_own_length() {
        let [a, b, c, d, rest @ ..] = QUESTION;

        assert_eq!(usize::try_from(u32::from_be_bytes([a, b, c, d])), Ok(rest.len()));
    }

    #[test]
    fn an_answer_that_lists_a_broker_is_ready() {
        assert!(is_ready([0, 0, 0, 60, 0, 0, 0, 1, 0, 0, 0, 1]));
    }

    #[test]
    fn an_answer_without_a_broker_is_not_ready_yet() {
        assert!(!is_ready([0, 0, 0, 60, 0, 0, 0, 1, 0, 0, 0, 0]));
    }

    #[test]
    fn another_server_s_answer_is_not_kafka_s() {
        assert!(!is_ready(*b"HTTP/1.1 400"));
    }

    #[test]
    fn the_configuration_file_is_the_last_argument() {
        assert_eq!(
            arguments(&home()).last().map(String::as_str),
            Some("/cache/engines/kafka/server.properties")
        );
    }
}
