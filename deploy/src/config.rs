//! `cartstream config show`: every setting, its value and where that came from. Knows no setting by
//! name: clap lists them. What may be a secret is hidden.

mod redact;

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, CommandFactory as _};
use serde::Serialize;

use crate::answer::{self, Form};
use crate::cli::{Cli, ConfigAction};
use crate::exit::Failure;

/// Shows the settings. The command line is read once more: only clap knows where each came from.
pub(crate) fn run(action: &ConfigAction) -> Result<(), Failure> {
    let ConfigAction::Show(form) = action;
    show(&Cli::command().get_matches(), *form)
}

fn show(matches: &ArgMatches, form: Form) -> Result<(), Failure> {
    answer::rows(form, &settings(matches), ["setting", "value", "from"], |setting| {
        let value = setting.value.clone().unwrap_or_default();
        [format!("--{}", setting.setting), value, setting.origin()]
    })
}

/// A setting of the process.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Setting {
    setting: String,
    /// Without secrets; `None` where nothing is set.
    value: Option<String>,
    from: Source,
    /// The environment variable that may set it.
    variable: Option<String>,
}

/// Where a value came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Source {
    Flag,
    Environment,
    Default,
    Unset,
}

impl Setting {
    fn of(arg: &Arg, matches: &ArgMatches) -> Option<Self> {
        let setting = arg.get_long()?.to_owned();
        let from = match matches.value_source(arg.get_id().as_str()) {
            Some(ValueSource::CommandLine) => Source::Flag,
            Some(ValueSource::EnvVariable) => Source::Environment,
            Some(ValueSource::DefaultValue) => Source::Default,
            Some(_) | None => Source::Unset,
        };
        let values = matches.get_raw(arg.get_id().as_str());
        let values =
            values.map(|raw| raw.map(|text| text.to_string_lossy().into_owned()).collect());
        let secret = arg.is_hide_env_values_set() || redact::names_a_secret(&setting);
        let value =
            values.map(
                |values: Vec<String>| {
                    if secret { redact::HIDDEN.to_owned() } else { redact::redacted(&values) }
                },
            );
        let variable = arg.get_env().map(|name| name.to_string_lossy().into_owned());
        Some(Self { setting, value, from, variable })
    }

    fn origin(&self) -> String {
        match (self.from, &self.variable) {
            (Source::Flag, _) => "flag".to_owned(),
            (Source::Environment, Some(variable)) => format!("environment {variable}"),
            (Source::Environment, None) => "environment".to_owned(),
            (Source::Default, _) => "default".to_owned(),
            (Source::Unset, _) => "unset".to_owned(),
        }
    }
}

/// Every setting of the process, in the order of `--help`.
fn settings(matches: &ArgMatches) -> Vec<Setting> {
    let command = Cli::command();
    command.get_arguments().filter_map(|arg| Setting::of(arg, matches)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(args: &[&str]) -> Vec<Setting> {
        let command = Cli::command();
        settings(&command.get_matches_from([&["cartstream"], args, &["config", "show"]].concat()))
    }

    fn one<'a>(settings: &'a [Setting], name: &str) -> &'a Setting {
        settings.iter().find(|setting| setting.setting == name).unwrap()
    }

    #[test]
    fn each_setting_says_where_its_value_came_from() {
        let settings = shown(&["--max-sockets", "7"]);

        let sockets = one(&settings, "max-sockets");
        assert_eq!((sockets.value.as_deref(), sockets.from), (Some("7"), Source::Flag));
        let roles = one(&settings, "roles");
        assert_eq!(roles.value.as_deref(), Some("api,processor,analytics"));
        assert_eq!((roles.from, roles.origin()), (Source::Default, "default".to_owned()));
        let user = one(&settings, "cql-user");
        assert_eq!((user.value.as_deref(), user.from), (None, Source::Unset));
    }

    #[test]
    fn a_setting_after_the_subcommand_counts_as_one_before_it() {
        let args = ["cartstream", "config", "show", "--kafka", "k1:9092"];
        let settings = settings(&Cli::command().get_matches_from(args));

        let kafka = one(&settings, "kafka");
        assert_eq!((kafka.value.as_deref(), kafka.from), (Some("k1:9092"), Source::Flag));
    }

    #[test]
    fn no_secret_is_shown() {
        let settings = shown(&[
            "--cql-user",
            "shop",
            "--cql-password",
            "hunter2",
            "--kafka-option",
            "sasl.password=hunter2",
            "--kafka-option",
            "security.protocol=SASL_SSL",
            "--kafka",
            "SASL://shop:hunter2@k1:9092",
        ]);

        assert!(!format!("{settings:?}").contains("hunter2"), "{settings:?}");
        let options = one(&settings, "kafka-option").value.as_deref();
        assert_eq!(options, Some("sasl.password=***,security.protocol=SASL_SSL"));
        assert_eq!(one(&settings, "kafka").value.as_deref(), Some("SASL://***@k1:9092"));
        assert_eq!(one(&settings, "cql-user").value.as_deref(), Some("shop"));
    }
}
