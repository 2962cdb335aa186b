//! Notices that the files of a certificate have changed. Knows no connection.
//!
//! The files are read every few seconds, and no signal is waited for: whoever renews a certificate
//! replaces files, often in a folder that is mounted into a container, and has nobody to send a signal to.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use metrics::gauge;
use tokio::time::{MissedTickBehavior, interval};
use tokio_rustls::rustls::pki_types::UnixTime;
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;

use super::ENDS;
use super::certificate::{Certificate, CertificateError, CertificateFiles, Texts};

/// How often the files are read: some kilobytes, so that a renewed certificate is shown before anybody
/// could wonder.
pub(super) const LOOKS_EVERY: Duration = Duration::from_secs(5);

/// The certificate that is shown now.
pub(super) struct Shown {
    current: RwLock<Arc<CertifiedKey>>,
    /// What the files held when it was read; of a key that is more than its digest is not kept.
    first: [u8; 32],
}

impl Shown {
    /// Shows this, which these are the texts of.
    pub(super) fn new(certificate: &Certificate, texts: &Texts) -> Self {
        tell(certificate);
        Self { current: RwLock::new(Arc::clone(&certificate.key)), first: texts.digest() }
    }

    fn show(&self, certificate: Certificate) {
        tell(&certificate);
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        *current = certificate.key;
    }
}

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shown")
    }
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

/// Says when what is shown from now on ends.
fn tell(certificate: &Certificate) {
    if let Some(ends) = certificate.ends {
        gauge!(ENDS).set(Duration::from_secs(ends.as_secs()));
    }
    if certificate.is_over(UnixTime::now()) {
        tracing::warn!("the certificate of --tls-cert has expired");
    }
}

/// Looks at the files again and again.
pub(super) struct Watch<'a> {
    files: &'a Arc<CertificateFiles>,
    shown: &'a Shown,
    /// What they held at the last look that could read them.
    seen: [u8; 32],
    is_readable: bool,
}

impl<'a> Watch<'a> {
    /// Has seen what is shown.
    pub(super) fn new(files: &'a Arc<CertificateFiles>, shown: &'a Shown) -> Self {
        Self { files, shown, seen: shown.first, is_readable: true }
    }

    /// Never ends.
    pub(super) async fn run(mut self) {
        let mut looks = interval(LOOKS_EVERY);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            looks.tick().await;
            let files = Arc::clone(self.files);
            let read = tokio::task::spawn_blocking(move || Texts::read(&files)).await;
            if let Ok(read) = read {
                self.look(read);
            }
        }
    }

    /// Shows what the files hold, if they hold something else that can be shown. A pair that does not fit is
    /// likely half replaced: the next look finds it whole, and each is complained of once.
    fn look(&mut self, read: Result<Texts, CertificateError>) {
        let certificate = match read {
            Err(error) => {
                if std::mem::replace(&mut self.is_readable, false) {
                    tracing::warn!(%error, "the certificate is not read again");
                }
                return;
            }
            Ok(texts) => {
                self.is_readable = true;
                let digest = texts.digest();
                if std::mem::replace(&mut self.seen, digest) == digest {
                    return;
                }
                Certificate::of(self.files, &texts)
            }
        };
        match certificate {
            Ok(certificate) => {
                tracing::info!("a new certificate is shown");
                self.shown.show(certificate);
            }
            Err(error) => tracing::warn!(%error, "the certificate of before is shown on"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn files(chain: &str, key: &str) -> CertificateFiles {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/keys/tls");
        CertificateFiles { chain: folder.join(chain), key: folder.join(key) }
    }

    fn texts(chain: &str, key: &str) -> Result<Texts, CertificateError> {
        Texts::read(&files(chain, key))
    }

    fn shown(shown: &Shown) -> Vec<u8> {
        shown.current.read().unwrap().end_entity_cert().unwrap().to_vec()
    }

    #[test]
    fn what_is_half_replaced_or_gone_or_none_at_all_changes_nothing() {
        let files = Arc::new(files("first.pem", "first.key.pem"));
        let first = Texts::read(&files).unwrap();
        let shows = Shown::new(&Certificate::of(&files, &first).unwrap(), &first);
        let before = shown(&shows);
        let mut watch = Watch::new(&files, &shows);

        for (chain, key) in [
            ("second.pem", "first.key.pem"),
            ("first.pem", "second.key.pem"),
            ("none.pem", "none.pem"),
            ("README.md", "README.md"),
            ("first.pem", "first.key.pem"),
        ] {
            watch.look(texts(chain, key));
            assert_eq!(shown(&shows), before, "{chain} {key}");
        }

        watch.look(texts("second.pem", "second.key.pem"));
        assert_ne!(shown(&shows), before);
        watch.look(texts("first.pem", "first.key.pem"));
        assert_eq!(shown(&shows), before);
    }
}
