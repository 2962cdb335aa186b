//! One HTTP/1.1 connection to the shop, opened anew when it breaks. Knows nothing of what is asked.

use std::time::{Duration, Instant};

use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::target::Target;

/// Whoever waits longer has gone: a minute is longer than any storefront lets a person wait, and
/// bounds how long a run goes on after its last request began.
pub(super) const LONGEST: Duration = Duration::from_secs(60);

/// An answer could not be had.
#[derive(Debug, thiserror::Error)]
pub(super) enum AskError {
    /// Nobody listens.
    #[error("no connection")]
    Connect(#[source] std::io::Error),
    /// The connection broke.
    #[error("the connection broke")]
    Http(#[source] hyper::Error),
    /// There was no answer within [`LONGEST`].
    #[error("no answer in time")]
    Late,
    /// It was not done.
    #[error("the answer was {0}")]
    Undone(StatusCode),
}

/// A connection; [`Connection::ask`] one thing at a time.
#[derive(Debug)]
pub(super) struct Connection {
    target: Target,
    sender: Option<SendRequest<Full<Bytes>>>,
}

impl Connection {
    pub(super) const fn to(target: Target) -> Self {
        Self { target, sender: None }
    }

    /// Sends a request and reads the whole answer, whatever its status, for someone who has waited
    /// since `start`: nothing is sent any more for whoever has gone.
    pub(super) async fn ask(
        &mut self,
        request: Request<Full<Bytes>>,
        start: Instant,
    ) -> Result<Response<Bytes>, AskError> {
        let left = LONGEST.saturating_sub(start.elapsed());
        if left.is_zero() {
            return Err(AskError::Late);
        }
        let answer = tokio::time::timeout(left, self.exchange(request)).await;
        answer.unwrap_or(Err(AskError::Late))
    }

    /// Sends a request that has to be answered with success.
    pub(super) async fn succeed(
        &mut self,
        request: Request<Full<Bytes>>,
    ) -> Result<Bytes, AskError> {
        let answer = self.ask(request, Instant::now()).await?;
        let status = answer.status();
        if status.is_success() { Ok(answer.into_body()) } else { Err(AskError::Undone(status)) }
    }

    /// A sender that is not put back, since its answer did not come, takes the connection with it.
    async fn exchange(
        &mut self,
        mut request: Request<Full<Bytes>>,
    ) -> Result<Response<Bytes>, AskError> {
        if let Some(uri) = self.target.rerouted(request.uri().path()) {
            *request.uri_mut() = uri;
        }
        request.headers_mut().insert(header::HOST, self.target.host());
        let mut sender = match self.sender.take() {
            Some(sender) => sender,
            None => self.open().await?,
        };
        sender.ready().await.map_err(AskError::Http)?;
        let answer = sender.send_request(request).await.map_err(AskError::Http)?;
        let (head, body) = answer.into_parts();
        let body = body.collect().await.map_err(AskError::Http)?.to_bytes();
        self.sender = Some(sender);
        Ok(Response::from_parts(head, body))
    }

    async fn open(&self) -> Result<SendRequest<Full<Bytes>>, AskError> {
        let stream = TcpStream::connect(self.target.address()).await.map_err(AskError::Connect)?;
        stream.set_nodelay(true).map_err(AskError::Connect)?;
        let handshake = http1::handshake(TokioIo::new(stream));
        let (sender, connection) = handshake.await.map_err(AskError::Http)?;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended");
            }
        });
        Ok(sender)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn a_shop_that_says_no_has_not_done_it() {
        let shop = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut connection = Connection::to(shop.local_addr().unwrap().into());
        let answers = tokio::spawn(async move {
            let (mut stream, _) = shop.accept().await.unwrap();
            assert!(stream.read(&mut [0; 1_024]).await.unwrap() > 0);
            stream.write_all(b"HTTP/1.1 503 No\r\ncontent-length: 0\r\n\r\n").await.unwrap();
            stream
        });

        let done = connection.succeed(Request::new(Full::new(Bytes::new()))).await;

        let unavailable = StatusCode::SERVICE_UNAVAILABLE;
        assert!(matches!(done, Err(AskError::Undone(status)) if status == unavailable), "{done:?}");
        answers.await.unwrap();
    }

    #[tokio::test]
    async fn nothing_is_sent_for_whoever_has_gone() {
        let shop = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut connection = Connection::to(shop.local_addr().unwrap().into());
        let start = Instant::now().checked_sub(LONGEST).unwrap();

        let answer = connection.ask(Request::new(Full::new(Bytes::new())), start).await;

        assert!(matches!(answer, Err(AskError::Late)), "{answer:?}");
        assert!(connection.sender.is_none());
    }

    #[tokio::test]
    async fn a_hung_answer_ends_with_the_patience_of_whoever_asked() {
        let shop = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut connection = Connection::to(shop.local_addr().unwrap().into());
        let nearly = LONGEST.saturating_sub(Duration::from_millis(50));
        let start = Instant::now().checked_sub(nearly).unwrap();

        let answer = connection.ask(Request::new(Full::new(Bytes::new())), start).await;

        assert!(matches!(answer, Err(AskError::Late)), "{answer:?}");
        assert!(connection.sender.is_none());
    }
}
