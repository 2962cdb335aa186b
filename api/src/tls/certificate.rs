//! A certificate and its key, from two files. Knows no connection.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use tokio_rustls::rustls::client::verify_server_cert_signed_by_trust_anchor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject as _};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use tokio_rustls::rustls::server::ParsedCertificate;
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::{
    CertificateError as Fault, Error as TlsError, InconsistentKeys, RootCertStore,
};

/// The most bytes of a file: a chain of ten certificates has a tenth of it.
const FILE_MAX: u64 = 256 * 1024;
/// Later than the end of any certificate: 9999-12-31T23:59:59Z is the last a certificate can name.
const AFTER_ALL: Duration = Duration::from_secs(253_402_300_800);

/// Where a certificate is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateFiles {
    /// The certificate and those it leads to its authority by, in PEM, its own first.
    pub chain: PathBuf,
    /// Its private key, in PEM.
    pub key: PathBuf,
}

/// The files of a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// A file cannot be read.
    #[error("{} cannot be read", file.display())]
    Read {
        /// Which.
        file: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file is too large to be what it should.
    #[error("{} has more than {FILE_MAX} bytes", .0.display())]
    Size(PathBuf),
    /// A file has no certificate in it.
    #[error("{} has no certificate in PEM", file.display())]
    Chain {
        /// Which.
        file: PathBuf,
        /// Why.
        #[source]
        source: pem::Error,
    },
    /// A file has no key in it.
    #[error("{} has no private key in PEM that is not encrypted", file.display())]
    Key {
        /// Which.
        file: PathBuf,
        /// Why.
        #[source]
        source: pem::Error,
    },
    /// The key is not the certificate's.
    #[error("the key in {} is not that of the first certificate in {}", key.display(), chain.display())]
    Mismatch {
        /// The file with the certificate.
        chain: PathBuf,
        /// The file with the key.
        key: PathBuf,
    },
    /// Nothing can be signed with them.
    #[error("the certificate in {} and its key cannot be used", chain.display())]
    Unusable {
        /// The file with the certificate.
        chain: PathBuf,
        /// Why.
        #[source]
        source: TlsError,
    },
    /// TLS cannot be set up by the library's own defaults.
    #[error("TLS cannot be set up")]
    Provider(#[source] TlsError),
}

/// What the two files hold.
pub(super) struct Texts {
    chain: Vec<u8>,
    key: Vec<u8>,
}

/// A certificate that can be shown.
pub(super) struct Certificate {
    pub(super) key: Arc<CertifiedKey>,
    /// When it ends, if that can be read.
    pub(super) ends: Option<UnixTime>,
}

impl Texts {
    /// Reads the files; waits for the disk.
    pub(super) fn read(files: &CertificateFiles) -> Result<Self, CertificateError> {
        Ok(Self { chain: bytes(&files.chain)?, key: bytes(&files.key)? })
    }

    /// What tells them from others; a key itself is kept by nobody longer than it must be.
    pub(super) fn digest(&self) -> [u8; 32] {
        let chain = Sha256::digest(&self.chain);
        Sha256::new().chain_update(chain).chain_update(&self.key).finalize().into()
    }
}

fn bytes(file: &Path) -> Result<Vec<u8>, CertificateError> {
    let failed = |source| CertificateError::Read { file: file.to_owned(), source };
    let mut bytes = Vec::new();
    let opened = File::open(file).map_err(failed)?;
    opened.take(FILE_MAX + 1).read_to_end(&mut bytes).map_err(failed)?;
    let fits = u64::try_from(bytes.len()).is_ok_and(|length| length <= FILE_MAX);
    if fits { Ok(bytes) } else { Err(CertificateError::Size(file.to_owned())) }
}

impl Certificate {
    /// Judges what the files hold.
    pub(super) fn of(files: &CertificateFiles, texts: &Texts) -> Result<Self, CertificateError> {
        let CertificateFiles { chain, key } = files;
        let none = |source| CertificateError::Chain { file: chain.clone(), source };
        let certificates = CertificateDer::pem_slice_iter(&texts.chain);
        let certificates = certificates.collect::<Result<Vec<_>, _>>().map_err(none)?;
        let first = certificates.first().cloned();
        let first = first.ok_or_else(|| none(pem::Error::NoItemsFound))?;
        let private = PrivateKeyDer::from_pem_slice(&texts.key)
            .map_err(|source| CertificateError::Key { file: key.clone(), source })?;
        let certified = CertifiedKey::from_der(certificates, private, &ring::default_provider());
        let certified = certified.map_err(|source| {
            if source == TlsError::InconsistentKeys(InconsistentKeys::KeyMismatch) {
                CertificateError::Mismatch { chain: chain.clone(), key: key.clone() }
            } else {
                CertificateError::Unusable { chain: chain.clone(), source }
            }
        })?;
        Ok(Self { key: Arc::new(certified), ends: ends(&first) })
    }

    /// Whether its time is over at `now`.
    pub(super) fn is_over(&self, now: UnixTime) -> bool {
        self.ends.is_some_and(|ends| ends < now)
    }
}

/// When a certificate ends. The library does not tell it, but that it is over, after all have ended; of
/// issuers, who are none here, it would speak only then.
fn ends(certificate: &CertificateDer<'_>) -> Option<UnixTime> {
    let parsed = ParsedCertificate::try_from(certificate).ok()?;
    let algorithms = ring::default_provider().signature_verification_algorithms.all;
    let (nobody, then) = (RootCertStore::empty(), UnixTime::since_unix_epoch(AFTER_ALL));
    match verify_server_cert_signed_by_trust_anchor(&parsed, &nobody, &[], then, algorithms) {
        Err(TlsError::InvalidCertificate(Fault::ExpiredContext { not_after, .. })) => {
            Some(not_after)
        }
        Ok(()) | Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(chain: &str, key: &str) -> CertificateFiles {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/keys");
        CertificateFiles { chain: folder.join(chain), key: folder.join(key) }
    }

    fn certificate(chain: &str, key: &str) -> Result<Certificate, String> {
        let files = files(chain, key);
        let texts = Texts::read(&files).map_err(|error| error.to_string())?;
        Certificate::of(&files, &texts).map_err(|error| error.to_string())
    }

    fn refusal(chain: &str, key: &str) -> String {
        certificate(chain, key).err().unwrap()
    }

    #[test]
    fn a_certificate_says_when_it_ends() {
        let ends = |name: &str| {
            let certificate =
                certificate(&format!("tls/{name}.pem"), &format!("tls/{name}.key.pem"));
            certificate.unwrap().ends.unwrap().as_secs()
        };

        // The first second of 2120, and of 2 January 2020.
        assert_eq!(ends("first"), 4_733_510_400);
        assert_eq!(ends("expired"), 1_577_923_200);
    }

    #[test]
    fn one_that_ended_can_be_shown_and_is_known_to_be_over() {
        let is_over = |name: &str| {
            let certificate =
                certificate(&format!("tls/{name}.pem"), &format!("tls/{name}.key.pem"));
            certificate
                .unwrap()
                .is_over(UnixTime::since_unix_epoch(Duration::from_secs(1_700_000_000)))
        };

        assert!(is_over("expired") && !is_over("first"));
    }

    #[test]
    fn a_refusal_names_the_file_and_what_is_wrong_with_it() {
        for (chain, key, names, says) in [
            ("tls/none.pem", "tls/first.key.pem", "none.pem", "cannot be read"),
            ("tls/first.pem", "tls/none.pem", "none.pem", "cannot be read"),
            ("tls/README.md", "tls/first.key.pem", "README.md", "no certificate"),
            ("tls/first.key.pem", "tls/first.key.pem", "first.key.pem", "no certificate"),
            ("tls/first.pem", "tls/README.md", "README.md", "no private key"),
            ("tls/first.pem", "tls/first.pem", "first.pem", "no private key"),
            ("tls/first.pem", "tls/second.key.pem", "second.key.pem", "is not that of"),
            ("tls/first.pem", "rsa.pem", "rsa.pem", "is not that of"),
        ] {
            let refusal = refusal(chain, key);
            assert!(refusal.contains(names) && refusal.contains(says), "{refusal}");
        }
    }
}
