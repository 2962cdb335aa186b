//! A device that follows a cart over a WebSocket.

use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use cart_tests::support::node::Node;

/// How long a push may take on a busy machine.
const PUSHED_WITHIN: Duration = Duration::from_secs(20);

/// A WebSocket client of one cart.
pub(crate) struct Device(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Device {
    pub(crate) async fn of(node: &Node, user: &str) -> Self {
        Self::at(node, &format!("/ws/cart/{user}")).await
    }

    /// One that has a version of the cart.
    pub(crate) async fn since(node: &Node, user: &str, version: u64) -> Self {
        Self::at(node, &format!("/ws/cart/{user}?since={version}")).await
    }

    async fn at(node: &Node, path: &str) -> Self {
        let url = node.at(path).replacen("http", "ws", 1);
        Self(connect_async(url).await.unwrap().0)
    }

    /// Says something.
    pub(crate) async fn says(&mut self, what: &Value) {
        self.0.send(Message::text(what.to_string())).await.unwrap();
    }

    /// The next reply, whatever is told before it.
    pub(crate) async fn hears_reply(&mut self) -> Value {
        loop {
            let heard = self.hears().await;
            if heard["type"] == "reply" {
                return heard;
            }
        }
    }

    /// An event and a reply, in whichever order.
    pub(crate) async fn hears_event_and_reply(&mut self) -> (Value, Value) {
        let (one, other) = (self.hears().await, self.hears().await);
        if one["type"] == "reply" { (other, one) } else { (one, other) }
    }

    /// The next text message.
    pub(crate) async fn hears(&mut self) -> Value {
        let heard = async {
            loop {
                let message = self.0.next().await.unwrap().unwrap();
                if let Ok(text) = message.to_text()
                    && message.is_text()
                {
                    return serde_json::from_str(text).unwrap();
                }
            }
        };
        tokio::time::timeout(PUSHED_WITHIN, heard).await.expect("a push in time")
    }
}
