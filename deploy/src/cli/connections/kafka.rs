//! How the command line says who we are to Kafka, and what keeps that from others. Opens nothing.

use std::path::PathBuf;

use cart_storage::kafka::SPEAKS_TLS;
use clap::{Args, ValueEnum};

use super::password::Password;

/// Names of librdkafka's settings that a build without the feature has no use for.
const NEED_TLS: [&str; 3] = ["ssl.", "sasl.", "security.protocol"];

/// Who we are to Kafka.
#[derive(Debug, Clone, Args)]
pub(super) struct KafkaAccess {
    /// How brokers are spoken to. All but plaintext only in builds with the feature kafka-tls, and so what
    /// follows from it; docs/security.md.
    #[arg(
        long,
        env = "CARTSTREAM_KAFKA_SECURITY",
        value_enum,
        default_value = "plaintext",
        global = true
    )]
    kafka_security: Security,
    /// A file of the authorities, in PEM, that brokers have their certificates from; without it, those the
    /// machine trusts.
    #[arg(long, env = "CARTSTREAM_KAFKA_CA", value_name = "FILE", global = true)]
    kafka_ca: Option<PathBuf>,
    /// A file with the certificate brokers know us by, in PEM; needs its key, too.
    #[arg(long, env = "CARTSTREAM_KAFKA_CERT", value_name = "FILE", global = true)]
    kafka_cert: Option<PathBuf>,
    /// A file with its private key, in PEM.
    #[arg(long, env = "CARTSTREAM_KAFKA_KEY", value_name = "FILE", global = true)]
    kafka_key: Option<PathBuf>,
    /// How the password is proved.
    #[arg(
        long,
        env = "CARTSTREAM_KAFKA_SASL",
        value_enum,
        value_name = "MECHANISM",
        global = true
    )]
    kafka_sasl: Option<Mechanism>,
    /// Kafka's user; needs a password, too.
    #[arg(long, env = "CARTSTREAM_KAFKA_USER", global = true)]
    kafka_user: Option<String>,
    /// Kafka's password; needs a user, too. Better in the environment or in a file.
    #[arg(long, env = "CARTSTREAM_KAFKA_PASSWORD", hide_env_values = true, global = true)]
    kafka_password: Option<Password>,
    /// A file with Kafka's password.
    #[arg(long, env = "CARTSTREAM_KAFKA_PASSWORD_FILE", value_name = "FILE", global = true)]
    kafka_password_file: Option<PathBuf>,
}

/// How brokers are spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Security {
    /// As anybody, in the clear.
    Plaintext,
    /// Over TLS.
    Ssl,
    /// As a user, in the clear.
    SaslPlaintext,
    /// As a user, over TLS.
    SaslSsl,
}

impl Security {
    /// Its name in librdkafka.
    const fn name(self) -> &'static str {
        match self {
            Self::Plaintext => "plaintext",
            Self::Ssl => "ssl",
            Self::SaslPlaintext => "sasl_plaintext",
            Self::SaslSsl => "sasl_ssl",
        }
    }

    const fn is_tls(self) -> bool {
        matches!(self, Self::Ssl | Self::SaslSsl)
    }

    const fn is_sasl(self) -> bool {
        matches!(self, Self::SaslPlaintext | Self::SaslSsl)
    }
}

/// How a password is proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Mechanism {
    /// By telling it: over TLS only, if nobody is to hear it.
    Plain,
    /// By SCRAM with SHA-256.
    #[value(name = "scram-sha-256")]
    ScramSha256,
    /// By SCRAM with SHA-512.
    #[value(name = "scram-sha-512")]
    ScramSha512,
}

impl Mechanism {
    /// Its name in SASL.
    const fn name(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::ScramSha256 => "SCRAM-SHA-256",
            Self::ScramSha512 => "SCRAM-SHA-512",
        }
    }
}

impl KafkaAccess {
    /// Reads the password's file, and says whether what is set goes together, also with these options.
    pub(super) fn settle(&mut self, options: &[(String, String)]) -> Result<(), String> {
        let file = self.kafka_password_file.take();
        let given = self.kafka_password.as_ref();
        self.kafka_password = Password::given(given, file.as_deref(), "--kafka-password")?;
        let security = self.kafka_security;
        let is_needed = |(name, value): &(String, String)| {
            let is_plain = value.eq_ignore_ascii_case("plaintext");
            NEED_TLS.iter().any(|start| name.starts_with(start)) && !is_plain
        };
        let needed = options.iter().find(|option| is_needed(option)).map(|(name, _)| name.as_str());
        let asked = if security == Security::Plaintext { needed } else { Some(security.name()) };
        match asked {
            Some(asked) if !SPEAKS_TLS => Err(format!(
                "{asked}: this build speaks neither TLS nor SASL to Kafka; build it with the \
                 feature kafka-tls (docs/security.md)"
            )),
            Some(_) | None => self.check(),
        }
    }

    fn check(&self) -> Result<(), String> {
        let security = self.kafka_security;
        let files = [&self.kafka_ca, &self.kafka_cert, &self.kafka_key];
        let has_files = files.iter().any(|file| file.is_some());
        let said =
            (self.kafka_sasl.is_some(), self.kafka_user.is_some(), self.kafka_password.is_some());
        let lacking = if has_files && !security.is_tls() {
            "--kafka-ca, --kafka-cert and --kafka-key need --kafka-security ssl or sasl-ssl"
        } else if self.kafka_cert.is_some() != self.kafka_key.is_some() {
            "--kafka-cert and --kafka-key need each other"
        } else if security.is_sasl() && said != (true, true, true) {
            "--kafka-security sasl-… needs --kafka-sasl, --kafka-user and --kafka-password"
        } else if !security.is_sasl() && said != (false, false, false) {
            "--kafka-sasl, --kafka-user and --kafka-password need --kafka-security sasl-plaintext \
             or sasl-ssl"
        } else {
            return Ok(());
        };
        Err(lacking.to_owned())
    }

    /// The same in librdkafka's settings.
    pub(super) fn options(&self) -> Vec<(String, String)> {
        let security = self.kafka_security;
        if security == Security::Plaintext {
            return Vec::new();
        }
        let path = |file: &Option<PathBuf>| file.as_ref().map(|file| file.display().to_string());
        // A library of our own build does not know where this machine has its authorities.
        let machine = || security.is_tls().then(|| "probe".to_owned());
        let mechanism = self.kafka_sasl.map(|mechanism| mechanism.name().to_owned());
        let password = self.kafka_password.as_ref().map(|password| password.text().to_owned());
        let options = [
            ("security.protocol", Some(security.name().to_owned())),
            ("ssl.ca.location", path(&self.kafka_ca).or_else(machine)),
            ("ssl.certificate.location", path(&self.kafka_cert)),
            ("ssl.key.location", path(&self.kafka_key)),
            ("sasl.mechanism", mechanism),
            ("sasl.username", self.kafka_user.clone()),
            ("sasl.password", password),
        ];
        let set = options.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        set.collect()
    }
}

#[cfg(test)]
mod tests;
