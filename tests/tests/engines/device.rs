//! A device that follows a cart over a WebSocket.

use std::time::Duration;

use futures::StreamExt as _;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use cart_tests::support::node::Node;

/// How long a push may take on a busy machine.
const PUSHED_WITHIN: Duration = Duration::from_secs(20);

/// A WebSocket client of one cart.
pub(crate) struct Device(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Device {
    pub(crate) async fn of(node: &Node, user: &str) -> Self {
        let url = node.at(&format!("/ws/cart/{user}")).replacen("http", "ws", 1);
        Self(connect_async(url).await.unwrap().0)
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
