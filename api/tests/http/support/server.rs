//! The API behind a real listener, and a client of its sockets.

use std::time::Duration;

use cart_api::{Door, Settings, Tls};
use futures::StreamExt as _;
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::handshake::client::Response;
use tokio_tungstenite::tungstenite::http::HeaderName;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::World;

pub(crate) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

pub(crate) struct Server {
    pub(crate) world: World,
    pub(crate) address: String,
    pub(crate) stop: oneshot::Sender<()>,
    pub(crate) serving: JoinHandle<()>,
}

impl Server {
    pub(crate) async fn start(settings: &Settings) -> Self {
        Self::at_door(settings, None).await
    }

    pub(crate) async fn start_secretly(settings: &Settings, tls: Tls) -> Self {
        Self::at_door(settings, Some(tls)).await
    }

    async fn at_door(settings: &Settings, tls: Option<Tls>) -> Self {
        let world = World::with(settings).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (stop, stopped) = oneshot::channel();
        let shutdown = async { drop(stopped.await) };
        let serving =
            tokio::spawn(cart_api::serve(Door::new(listener, tls), world.api.clone(), shutdown));
        Self { world, address, stop, serving }
    }

    pub(crate) async fn connect(&self, user: &str) -> Result<Socket, Error> {
        let url = format!("ws://{}/ws/cart/{user}", self.address);
        connect_async(url).await.map(|(socket, _)| socket)
    }

    /// Status and code of a refused handshake.
    pub(crate) async fn refused(&self, user: &str) -> (u16, String) {
        refusal(self.open(&format!("/ws/cart/{user}"), &[]).await)
    }

    /// Opens a socket at a path, with these headers.
    pub(crate) async fn open(
        &self,
        path: &str,
        headers: &[(&str, &str)],
    ) -> Result<(Socket, Response), Error> {
        let mut request = format!("ws://{}{path}", self.address).into_client_request().unwrap();
        for (name, value) in headers {
            let name: HeaderName = name.parse().unwrap();
            request.headers_mut().insert(name, value.parse().unwrap());
        }
        connect_async(request).await
    }
}

/// Status and code of a refused handshake.
pub(crate) fn refusal(opened: Result<(Socket, Response), Error>) -> (u16, String) {
    let Err(Error::Http(response)) = opened else { panic!("refused") };
    let problem: Value = serde_json::from_slice(response.body().as_deref().unwrap()).unwrap();
    let status = response.status().as_u16();
    assert_eq!(status == 401, response.headers().contains_key("www-authenticate"));
    (status, problem["code"].as_str().unwrap().to_owned())
}

/// The next message, which has to come.
pub(crate) async fn next(socket: &mut Socket) -> Message {
    let message = tokio::time::timeout(Duration::from_secs(10), socket.next()).await;
    message.expect("a message in time").expect("an open socket").expect("a message")
}

/// The code a socket is closed with.
pub(crate) async fn closed(socket: &mut Socket) -> u16 {
    loop {
        if let Message::Close(frame) = next(socket).await {
            return frame.unwrap().code.into();
        }
    }
}
