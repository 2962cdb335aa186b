//! How the command line says who we are to the CQL store, and which of its nodes are ours to ask.

use std::path::PathBuf;

use cart_storage::cql::{CqlSettings, SPEAKS_TLS};
use clap::Args;

use super::password::{self, Password};

/// Who we are to the CQL store.
#[derive(Debug, Clone, Args)]
pub(super) struct CqlAccess {
    /// The data centre whose nodes are asked, the same for every process; needed where the store has several.
    #[arg(long, env = "CARTSTREAM_CQL_DATACENTER", value_name = "NAME", global = true)]
    cql_datacenter: Option<String>,
    /// The store's user; needs a password, too.
    #[arg(long, env = "CARTSTREAM_CQL_USER", global = true)]
    cql_user: Option<String>,
    /// The store's password; needs a user, too. Better in the environment or in a file.
    #[arg(long, env = "CARTSTREAM_CQL_PASSWORD", hide_env_values = true, global = true)]
    cql_password: Option<Password>,
    /// A file with the store's password.
    #[arg(long, env = "CARTSTREAM_CQL_PASSWORD_FILE", value_name = "FILE", global = true)]
    cql_password_file: Option<PathBuf>,
    /// A file of the authorities, in PEM, that the store's nodes have their certificates from: they are then
    /// spoken to over TLS. Only in builds with the feature cql-tls; docs/security.md.
    #[arg(long, env = "CARTSTREAM_CQL_CA", value_name = "FILE", global = true)]
    cql_ca: Option<PathBuf>,
    /// What that file holds.
    #[arg(skip)]
    authorities: Option<String>,
}

impl CqlAccess {
    /// Reads the files, and says whether what is set goes together.
    pub(super) fn settle(&mut self) -> Result<(), String> {
        let file = self.cql_password_file.take();
        let given = self.cql_password.as_ref();
        self.cql_password = Password::given(given, file.as_deref(), "--cql-password")?;
        match (&self.cql_user, &self.cql_password) {
            (Some(_), Some(_)) | (None, None) => {}
            (Some(_), None) => {
                return Err("--cql-user needs --cql-password, by flag, file or environment".into());
            }
            (None, Some(_)) => {
                return Err("--cql-password needs --cql-user, by flag or environment".into());
            }
        }
        let Some(file) = &self.cql_ca else { return Ok(()) };
        if !SPEAKS_TLS {
            return Err("--cql-ca: this build speaks no TLS to the CQL store; build it with the \
                        feature cql-tls (docs/security.md)"
                .into());
        }
        self.authorities = Some(password::text(file)?);
        Ok(())
    }

    /// Puts it into what the engine is opened with.
    pub(super) fn put(&self, settings: &mut CqlSettings) {
        let password = self.cql_password.as_ref().map(|password| password.text().to_owned());
        settings.user = self.cql_user.clone().zip(password);
        settings.datacenter.clone_from(&self.cql_datacenter);
        settings.authorities.clone_from(&self.authorities);
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Only {
        #[command(flatten)]
        access: CqlAccess,
    }

    fn settled(args: &[&str]) -> Result<CqlSettings, String> {
        let mut access = Only::parse_from([&["cartstream"], args].concat()).access;
        access.settle()?;
        let mut settings = CqlSettings::new(Vec::new(), "".parse().unwrap());
        access.put(&mut settings);
        Ok(settings)
    }

    #[test]
    fn a_data_centre_is_named_and_a_password_comes_from_a_file() {
        let file = std::env::temp_dir().join(format!("cartstream-cql-{}", std::process::id()));
        std::fs::write(&file, "hunter2\r\n").unwrap();
        let flag = format!("--cql-password-file={}", file.display());

        let settings = settled(&["--cql-datacenter=north", "--cql-user=shop", &flag]).unwrap();
        std::fs::remove_file(&file).unwrap();

        assert_eq!(settings.datacenter.as_deref(), Some("north"));
        assert_eq!(settings.user, Some(("shop".to_owned(), "hunter2".to_owned())));
        assert!(settled(&["--cql-user=shop", &flag]).unwrap_err().contains("cannot be read"));
    }

    #[test]
    fn a_build_without_tls_names_the_feature_it_lacks() {
        let refused = settled(&["--cql-ca=/nowhere/ca.pem"]).unwrap_err();

        let says = if SPEAKS_TLS { "/nowhere/ca.pem" } else { "cql-tls" };
        assert!(refused.contains(says), "{refused}");
    }
}
