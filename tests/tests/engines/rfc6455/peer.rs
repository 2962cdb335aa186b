//! One end of a TCP connection to the server, driven by hand: it sends bytes as they are, and takes
//! apart what comes. Knows no expectation.

use std::io::ErrorKind;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

use super::heard::{Heard, take};

/// How long an answer may take on a busy machine.
const ANSWERED_WITHIN: Duration = Duration::from_secs(20);

/// What has the kernel hold as little as it can for somebody who does not read.
const LITTLE: u32 = 4 * 1024;

#[derive(Debug)]
pub(super) struct Peer {
    stream: TcpStream,
    unread: Vec<u8>,
}

impl Peer {
    pub(super) async fn at(address: &str) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        // What is sent by itself arrives by itself.
        stream.set_nodelay(true).unwrap();
        Self { stream, unread: Vec::new() }
    }

    /// One with little room for what it does not read.
    pub(super) async fn small_at(address: &str) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(LITTLE).unwrap();
        let stream = socket.connect(address.parse().unwrap()).await.unwrap();
        Self { stream, unread: Vec::new() }
    }

    /// Asks to follow a cart, and is let in.
    pub(super) async fn enters(&mut self, user: &str) -> Result<(), String> {
        let request = format!(
            "GET /ws/cart/{user} HTTP/1.1\r\nHost: shop\r\nUpgrade: websocket\r\n\
             Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        self.says(request.as_bytes()).await;
        let answer = self.answer().await?;
        if answer.starts_with("HTTP/1.1 101 ") { Ok(()) } else { Err(answer) }
    }

    /// Follows a cart and has been told it.
    pub(super) async fn follows(address: &str, user: &str) -> Result<Self, String> {
        let mut peer = Self::at(address).await;
        peer.enters(user).await?;
        peer.hears_cart().await?;
        Ok(peer)
    }

    /// Sends bytes. A server that has failed a connection takes no more; what it said tells.
    pub(super) async fn says(&mut self, bytes: &[u8]) {
        drop(timeout(ANSWERED_WITHIN, self.stream.write_all(bytes)).await);
    }

    /// Sends nothing any more.
    pub(super) async fn falls_silent(&mut self) {
        drop(self.stream.shutdown().await);
    }

    /// The head of an HTTP answer.
    pub(super) async fn answer(&mut self) -> Result<String, String> {
        const END: &[u8] = b"\r\n\r\n";
        loop {
            if let Some(at) = self.unread.windows(END.len()).position(|bytes| bytes == END) {
                let rest = self.unread.split_off(at + END.len());
                let head = std::mem::replace(&mut self.unread, rest);
                return String::from_utf8(head).map_err(|error| error.to_string());
            }
            if let Some(end) = self.reads().await? {
                let unread = String::from_utf8_lossy(&self.unread);
                return Err(format!("{end:?} after {unread:?} of an HTTP answer"));
            }
        }
    }

    /// The next frame but the server's own pings.
    pub(super) async fn hears(&mut self) -> Result<Heard, String> {
        loop {
            match take(&self.unread)? {
                Some((heard, taken)) => {
                    self.unread.drain(..taken);
                    if heard != Heard::Ping {
                        return Ok(heard);
                    }
                }
                None => match self.reads().await? {
                    Some(end) if self.unread.is_empty() => return Ok(end),
                    Some(end) => return Err(format!("{end:?} within a frame")),
                    None => {}
                },
            }
        }
    }

    /// The cart, which is told first.
    pub(super) async fn hears_cart(&mut self) -> Result<(), String> {
        let heard = self.hears().await?;
        let is_cart = matches!(&heard, Heard::Text(told) if told["type"] == "cart_state");
        if is_cart { Ok(()) } else { Err(format!("{heard:?} came instead of the cart")) }
    }

    /// Listens until the server ends the connection.
    pub(super) async fn is_left(&mut self) -> Result<(), String> {
        while self.reads().await?.is_none() {
            self.unread.clear();
        }
        Ok(())
    }

    /// Reads what there is; the end, if that is what there is.
    async fn reads(&mut self) -> Result<Option<Heard>, String> {
        let read = timeout(ANSWERED_WITHIN, self.stream.read_buf(&mut self.unread)).await;
        match read.map_err(|_| format!("nothing came for {ANSWERED_WITHIN:?}"))? {
            Ok(0) => Ok(Some(Heard::Ended)),
            Ok(_) => Ok(None),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => Ok(Some(Heard::Reset)),
            Err(error) => Err(format!("the connection failed: {error}")),
        }
    }
}
