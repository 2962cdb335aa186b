//! The settings of TLS at this process's own door.

use std::path::PathBuf;

use cart_api::{CertificateFiles, Tls};
use clap::Args;

use crate::exit::Failure;

/// How connections are kept secret.
#[derive(Debug, Args)]
pub(crate) struct TlsArgs {
    /// A file with the certificate that is shown and those behind it, in PEM: HTTP and WebSocket are then
    /// served over TLS. Read again when it changes; docs/security.md.
    #[arg(long, env = "CARTSTREAM_TLS_CERT", value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// A file with its private key, in PEM.
    #[arg(long, env = "CARTSTREAM_TLS_KEY", value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
}

impl TlsArgs {
    /// What is made of connections, if they are to be secret.
    ///
    /// # Errors
    /// The files cannot be used; says which and why.
    pub(crate) fn open(&self) -> Result<Option<Tls>, Failure> {
        let (Some(chain), Some(key)) = (&self.tls_cert, &self.tls_key) else { return Ok(None) };
        let files = CertificateFiles { chain: chain.clone(), key: key.clone() };
        let opened = Tls::open(files);
        opened.map(Some).map_err(|source| Failure::failed("TLS cannot be served", source))
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Only {
        #[command(flatten)]
        tls: TlsArgs,
    }

    #[test]
    fn a_certificate_comes_with_its_key_or_not_at_all() {
        assert!(Only::parse_from(["cartstream"]).tls.open().unwrap().is_none());
        for (one, other) in [("--tls-cert=a.pem", "--tls-key"), ("--tls-key=a.pem", "--tls-cert")] {
            let error = Only::try_parse_from(["cartstream", one]).unwrap_err();
            assert!(error.to_string().contains(other), "{error}");
            assert_eq!(error.exit_code(), 2);
        }
    }

    #[test]
    fn files_that_cannot_be_used_are_named() {
        let args = ["cartstream", "--tls-cert=/nowhere/a.pem", "--tls-key=/nowhere/b.pem"];

        let Failure::Failed { source, .. } = Only::parse_from(args).tls.open().unwrap_err() else {
            panic!("failed")
        };

        assert!(source.to_string().contains("/nowhere/a.pem"), "{source}");
    }
}
