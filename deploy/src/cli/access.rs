//! The settings of who may call. Files are read here, so that a wrong one is told before anything starts.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use cart_api::{Access, ApiKeys, Secret, Trust};
use cart_outbound::{Destination, Reach};
use clap::Args;

use super::EngineSet;
use crate::exit::Failure;

/// Who may call.
#[derive(Debug, Args)]
pub(crate) struct AccessArgs {
    /// Ask nobody who they are: everybody may do everything, on a loopback address only. Goes without
    /// saying where the embedded engine listens on one and nothing below is set.
    #[arg(long, env = "CARTSTREAM_INSECURE_NO_AUTH")]
    insecure_no_auth: bool,
    /// The secret of at least 32 bytes that customers' tokens are signed with (HS256). Better in the
    /// environment than on the command line.
    #[arg(long, env = "CARTSTREAM_JWT_SECRET", value_name = "SECRET", hide_env_values = true)]
    jwt_secret: Option<Secret>,
    /// Files of public keys in PEM that customers' tokens are signed with: RSA, EC or Ed25519.
    #[arg(long, env = "CARTSTREAM_JWT_KEY", value_name = "FILE", value_delimiter = ',')]
    jwt_key: Vec<PathBuf>,
    /// The key set (JWKS) that customers' tokens are signed with: a file, or an https URL it is fetched from
    /// again and again, so that keys may change.
    #[arg(long, env = "CARTSTREAM_JWKS", value_name = "FILE|URL")]
    jwks: Option<String>,
    /// A file of the authorities, in PEM, that the host of that URL has its certificate from; without it,
    /// those the machine trusts.
    #[arg(long, env = "CARTSTREAM_JWKS_CA", value_name = "FILE")]
    jwks_ca: Option<PathBuf>,
    /// Let the host of that URL be in a private network, or on this machine by plain http.
    #[arg(long, env = "CARTSTREAM_JWKS_ALLOW_PRIVATE")]
    jwks_allow_private: bool,
    /// Who must have issued a token (`iss`).
    #[arg(long, env = "CARTSTREAM_JWT_ISSUER", value_name = "NAME")]
    jwt_issuer: Option<String>,
    /// Whom a token must be for (`aud`).
    #[arg(long, env = "CARTSTREAM_JWT_AUDIENCE", value_name = "NAME")]
    jwt_audience: Option<String>,
    /// The secret of at least 32 bytes that guests' tokens are signed with, the same for every process;
    /// without it there are no guests.
    #[arg(long, env = "CARTSTREAM_GUEST_SECRET", value_name = "SECRET", hide_env_values = true)]
    guest_secret: Option<Secret>,
    /// A file of services' API keys; `cartstream keys new` makes its lines.
    #[arg(long, env = "CARTSTREAM_API_KEYS", value_name = "FILE")]
    api_keys: Option<PathBuf>,
}

impl AccessArgs {
    /// Who may call at an address, where carts are in these engines.
    ///
    /// # Errors
    /// A file cannot be used, or nobody is asked who they are where that is not safe.
    pub(crate) fn access(&self, at: SocketAddr, engine: EngineSet) -> Result<Access, Failure> {
        let trust = self.trust()?;
        let is_local = at.ip().is_loopback();
        let is_implied = is_local && engine == EngineSet::Embedded;
        match (trust.is_empty(), self.insecure_no_auth) {
            (false, false) => Ok(Access::Known(Box::new(trust))),
            (true, true) if is_local => Ok(Access::Open),
            (true, false) if is_implied => Ok(Access::Open),
            (false, true) => Err(Failure::Usage(
                "--insecure-no-auth asks nobody who they are: leave out either it or the keys"
                    .into(),
            )),
            (true, _) => Err(Failure::Usage(refusal(at, is_local))),
        }
    }

    fn trust(&self) -> Result<Trust, Failure> {
        let public_keys = self.jwt_key.iter().map(|file| text(file)).collect::<Result<_, _>>()?;
        let api_keys = self.api_keys.as_deref().map(parsed).transpose()?;
        let (key_set, key_set_url) = self.key_set()?;
        if key_set_url.is_none() && self.jwks_ca.is_some() {
            return Err(Failure::Usage("--jwks-ca goes with a URL as --jwks".to_owned()));
        }
        Ok(Trust {
            secret: self.jwt_secret.clone(),
            public_keys,
            key_set,
            key_set_url,
            key_set_authorities: self.jwks_ca.as_deref().map(text).transpose()?,
            issuer: self.jwt_issuer.clone(),
            audience: self.jwt_audience.clone(),
            guest_secret: self.guest_secret.clone(),
            api_keys: api_keys.unwrap_or_default(),
        })
    }

    /// The text of the key set, or where it is fetched.
    fn key_set(&self) -> Result<(Option<String>, Option<Destination>), Failure> {
        let Some(jwks) = &self.jwks else { return Ok((None, None)) };
        if !jwks.contains("://") {
            return Ok((Some(text(Path::new(jwks))?), None));
        }
        let reach = if self.jwks_allow_private { Reach::Inside } else { Reach::World };
        let url = Destination::parse(jwks, reach).map_err(|error| {
            let hint = "--jwks-allow-private allows a private network";
            Failure::Usage(format!("--jwks: {error} ({hint})"))
        });
        Ok((None, Some(url?)))
    }
}

fn refusal(at: SocketAddr, is_local: bool) -> String {
    let keys = "set --jwt-secret, --jwt-key, --jwks or --api-keys";
    if is_local {
        format!("nobody can be known: {keys}, or say --insecure-no-auth on your own machine")
    } else {
        format!("--http {at} can be reached by others, and nobody can be known: {keys}")
    }
}

fn text(file: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(file)
        .map_err(|source| Failure::failed(format!("{} cannot be read", file.display()), source))
}

fn parsed(file: &Path) -> Result<ApiKeys, Failure> {
    let keys = ApiKeys::from_str(&text(file)?);
    keys.map_err(|error| Failure::Usage(format!("{}: {error}", file.display())))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Only {
        #[command(flatten)]
        access: AccessArgs,
    }

    const SECRET: &str = "--jwt-secret=0123456789abcdef0123456789abcdef";

    fn access(args: &[&str], at: &str, engine: EngineSet) -> Result<Access, String> {
        let only = Only::parse_from([&["cartstream"], args].concat());
        only.access.access(at.parse().unwrap(), engine).map_err(|failure| failure.to_string())
    }

    #[test]
    fn a_small_shop_on_its_own_machine_asks_nobody() {
        let local = "127.0.0.1:8080";

        assert_eq!(access(&[], local, EngineSet::Embedded), Ok(Access::Open));
        assert_eq!(access(&["--insecure-no-auth"], local, EngineSet::Kafka), Ok(Access::Open));
        assert!(access(&[], local, EngineSet::Kafka).unwrap_err().contains("--insecure-no-auth"));
    }

    #[test]
    fn an_address_that_others_reach_is_refused_unless_callers_are_known() {
        for args in [&[][..], &["--insecure-no-auth"]] {
            let error = access(args, "0.0.0.0:8080", EngineSet::Embedded).unwrap_err();
            assert!(error.contains("0.0.0.0:8080") && error.contains("--jwks"), "{error}");
        }
        assert!(matches!(
            access(&[SECRET], "0.0.0.0:8080", EngineSet::Embedded),
            Ok(Access::Known(_))
        ));
    }

    #[test]
    fn a_key_set_is_fetched_from_the_world_unless_more_is_allowed() {
        let fetched = |args: &[&str]| access(args, "0.0.0.0:80", EngineSet::Kafka);

        assert!(fetched(&["--jwks=https://id.shop.example/keys.json"]).is_ok());
        for url in ["http://127.0.0.1:1/keys.json", "https://10.0.0.1/keys.json", "ftp://a/b"] {
            let jwks = format!("--jwks={url}");
            let refused = fetched(&[&jwks]).unwrap_err();
            assert!(refused.contains("--jwks-allow-private"), "{refused}");
            let is_allowed = fetched(&[&jwks, "--jwks-allow-private"]).is_ok();
            assert_eq!(is_allowed, !url.starts_with("ftp"), "{url}");
        }
        let file = fetched(&["--jwks=/nowhere/keys.json"]).unwrap_err();
        assert!(file.contains("/nowhere/keys.json"), "{file}");
        let lonely = fetched(&[SECRET, "--jwks-ca=/nowhere/ca.pem"]).unwrap_err();
        assert!(lonely.contains("--jwks-ca"), "{lonely}");
    }

    #[test]
    fn keys_are_never_passed_over() {
        let both = access(&[SECRET, "--insecure-no-auth"], "127.0.0.1:1", EngineSet::Embedded);

        assert!(both.unwrap_err().contains("either"));
    }
}
