//! The `java` of the PATH: the right version, and a command line to add to. Knows no engine.

use std::io;
use std::process::{Command, Stdio};

use super::error::Error;

const ADVICE: &str = "install a JDK 17 (Debian: apt-get install openjdk-17-jdk-headless), or put \
    its bin folder on the PATH";

/// The one release that both engines run on.
const MAJOR: &str = "17";

/// A `java` that reads nothing from the terminal.
pub(super) fn command() -> Command {
    let mut java = Command::new("java");
    java.stdin(Stdio::null());
    java
}

/// Why it could not be run.
pub(super) fn failed(source: io::Error) -> Error {
    Error::not_run("java", ADVICE, source)
}

/// Refuses another release than the engines run on, before one of them fails in its own words.
pub(super) fn check() -> Result<(), Error> {
    let output = command().arg("-version").output().map_err(failed)?;
    let text = String::from_utf8_lossy(&output.stderr);
    let version = version(&text).unwrap_or_else(|| text.trim());
    if version.split('.').next() == Some(MAJOR) {
        return Ok(());
    }
    Err(Error::JavaVersion { found: version.to_owned() })
}

/// The quoted part of `openjdk version "17.0.15" 2025-04-15`, which settings of the environment may
/// precede.
fn version(text: &str) -> Option<&str> {
    text.lines().find(|line| line.contains(" version \""))?.split('"').nth(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_the_quoted_part() {
        assert_eq!(
            version("openjdk version \"17.0.15\" 2025-04-15\nOpenJDK Runtime"),
            Some("17.0.15")
        );
        assert_eq!(version("java version \"1.8.0_401\"\n"), Some("1.8.0_401"));
        assert_eq!(version("openjdk version \"21\" 2023-09-19"), Some("21"));
    }

    #[test]
    fn the_version_is_found_below_settings_of_the_environment() {
        let text =
            "Picked up JAVA_TOOL_OPTIONS: -Dx=\"y\"\nopenjdk version \"17.0.2\" 2022-01-18\n";

        assert_eq!(version(text), Some("17.0.2"));
    }

    #[test]
    fn other_output_has_no_version() {
        assert_eq!(version("No Java runtime present, requesting install."), None);
    }
}
