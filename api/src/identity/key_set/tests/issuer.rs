//! Whoever issues tokens, as far as his key set goes.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::{Jwk, JwkSet};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::tls::{CertificateFiles, Tls};

const ED: &str = include_str!("../../../../tests/keys/ed.pub.pem");
const EC: &str = include_str!("../../../../tests/keys/ec.pub.pem");

/// What is answered.
#[derive(Debug, Clone)]
pub(super) enum Says {
    /// 200 and this.
    Body(String),
    /// This status, and nothing.
    Head(String),
    /// Nothing, and the connection stays.
    Nothing,
    /// Nothing, and the connection ends.
    End,
}

impl Says {
    pub(super) fn set(kids: &[&str]) -> Self {
        Self::Body(set_of(kids))
    }
}

/// The two keys under these names, `ed…` or `ec…`.
pub(super) fn set_of(kids: &[&str]) -> String {
    let keys = kids.iter().map(|kid| {
        let key = match kid.starts_with("ed") {
            true => DecodingKey::from_ed_pem(ED.as_bytes()),
            false => DecodingKey::from_ec_pem(EC.as_bytes()),
        };
        let mut jwk = Jwk::from_decoding_key(&key.unwrap(), None).unwrap();
        jwk.common.key_id = Some((*kid).to_owned());
        jwk
    });
    serde_json::to_string(&JwkSet { keys: keys.collect() }).unwrap()
}

pub(super) struct Issuer {
    url: String,
    state: Arc<State>,
}

struct State {
    says: Mutex<Says>,
    connected: AtomicUsize,
    asked: AtomicUsize,
}

impl Issuer {
    pub(super) async fn start(says: Says) -> Self {
        Self::behind(None, says).await
    }

    /// One with the certificate `first`.
    pub(super) async fn start_secretly(says: Says) -> Self {
        let file = |name| Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/keys/tls").join(name);
        let files = CertificateFiles { chain: file("first.pem"), key: file("first.key.pem") };
        Self::behind(Some(Tls::open(files).unwrap()), says).await
    }

    async fn behind(tls: Option<Tls>, says: Says) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let url = format!("{scheme}://{}/keys.json", listener.local_addr().unwrap());
        let state = Arc::new(State {
            says: Mutex::new(says),
            connected: AtomicUsize::new(0),
            asked: AtomicUsize::new(0),
        });
        let serving = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                serving.connected.fetch_add(1, Ordering::SeqCst);
                let (state, tls) = (Arc::clone(&serving), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => answer(connection, &state).await,
                        Some(tls) => match tls.handshake(connection).await {
                            Some(connection) => answer(connection, &state).await,
                            None => None,
                        },
                    }
                });
            }
        });
        Self { url, state }
    }

    pub(super) fn url(&self) -> String {
        self.url.clone()
    }

    pub(super) fn says(&self, says: Says) {
        *self.state.says.lock().unwrap() = says;
    }

    /// How many connections there were.
    pub(super) fn connected(&self) -> usize {
        self.state.connected.load(Ordering::SeqCst)
    }

    /// How often the set was asked for.
    pub(super) fn asked(&self) -> usize {
        self.state.asked.load(Ordering::SeqCst)
    }
}

async fn answer(mut to: impl AsyncRead + AsyncWrite + Unpin, state: &State) -> Option<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(to.read_u8().await.ok()?);
    }
    assert!(head.starts_with(b"GET /keys.json HTTP/1.1\r\n"), "{head:?}");
    state.asked.fetch_add(1, Ordering::SeqCst);
    let says = state.says.lock().unwrap().clone();
    let text = match says {
        Says::Body(body) => format!("200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len()),
        Says::Head(head) => format!("{head}\r\ncontent-length: 0\r\n\r\n"),
        Says::Nothing => std::future::pending().await,
        Says::End => return None,
    };
    to.write_all(format!("HTTP/1.1 {text}").as_bytes()).await.ok()?;
    to.shutdown().await.ok()
}
