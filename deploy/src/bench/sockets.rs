//! Devices of the busiest carts: a WebSocket each. What they are told is judged elsewhere.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::StreamExt as _;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::{Error, Message};

use super::mix::Mix;
use super::pushes::{Met, Pushes};
use super::target::Target;
use crate::exit::Failure;

/// How long the first carts may take to be shown: each is one read of the store.
const OPEN_WITHIN: Duration = Duration::from_secs(20);
/// How long after the load the last events may take: longer than any answer counts as definite.
const LAST_WITHIN: Duration = Duration::from_secs(5);
/// How often it is looked whether all is there.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Open sockets; they close when this is dropped.
#[derive(Debug)]
pub(super) struct Sockets {
    pushes: Arc<Pushes>,
    _listening: JoinSet<()>,
}

impl Sockets {
    /// Opens a socket for each of the first `count` users.
    pub(super) async fn open(target: &Target, mix: Mix, count: u32) -> Result<Self, Failure> {
        let pushes = Arc::new(Pushes::of(count)?);
        let mut listening = JoinSet::new();
        for user in 1..=u64::from(count) {
            let failed = |source: Error| Failure::failed("a socket cannot be opened", source);
            let stream = TcpStream::connect(target.address()).await.map_err(Error::Io);
            let url = target.socket(&format!("/ws/cart/{}", mix.name(user)));
            let opened = tokio_tungstenite::client_async(url, stream.map_err(failed)?).await;
            let (mut socket, _) = opened.map_err(failed)?;
            let pushes = Arc::clone(&pushes);
            listening.spawn(async move {
                while let Some(Ok(message)) = socket.next().await {
                    if let Message::Text(text) = message {
                        pushes.told(user, &text, Instant::now());
                    }
                }
            });
        }
        let sockets = Self { pushes, _listening: listening };
        if wait(&sockets.pushes, OPEN_WITHIN, Pushes::are_open).await {
            return Ok(sockets);
        }
        Err(Failure::Incomplete("not every socket was shown its cart".to_owned()))
    }

    pub(super) fn pushes(&self) -> Arc<Pushes> {
        Arc::clone(&self.pushes)
    }

    /// Waits for the last events; then closes all and tells what arrived.
    pub(super) async fn close(self) -> Met {
        all_arrived(&self.pushes).await;
        self.pushes.met_all()
    }
}

/// Waits for the last events as long as any may take.
pub(super) async fn all_arrived(pushes: &Pushes) {
    // What is missing then is counted as lost.
    let _all = wait(pushes, LAST_WITHIN, |pushes| pushes.missing() == 0).await;
}

/// Whether it came true in time.
async fn wait(pushes: &Pushes, within: Duration, is_so: impl Fn(&Pushes) -> bool) -> bool {
    let mut looks = tokio::time::interval(LOOK_EVERY);
    let waiting = async {
        while !is_so(pushes) {
            looks.tick().await;
        }
    };
    tokio::time::timeout(within, waiting).await.is_ok()
}
