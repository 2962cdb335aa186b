//! One socket: opened, read until it ends, and little memory held for it. What it is told is judged
//! elsewhere.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::StreamExt as _;
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};

use super::super::pushes::Pushes;
use super::super::target::Target;
use super::pauses::Pauses;
use super::plan::Plan;
use super::roll::{Back, Told};

/// Who is not shown a cart by then has failed: no customer waits so long.
pub(super) const OPEN_WITHIN: Duration = Duration::from_secs(20);
/// Held for each socket; an event has less than a kilobyte, and what is longer grows it.
const READ_BUFFER: usize = 2_048;
/// What the kernel takes for a socket that does not read. Left alone it takes megabytes, and the shop
/// would not notice within a run.
const SLOW_BUFFER: u32 = 4_096;
/// How long the shop may take to close the connection of a socket it took leave of, as it gives us.
/// Whoever closes first keeps the port for a minute: of a whole crowd, a process has too few.
const LEAVES_WITHIN: Duration = Duration::from_secs(1);

type Socket = WebSocketStream<TcpStream>;

/// What the sockets have in common.
#[derive(Debug)]
pub(super) struct Common {
    pub(super) plan: Plan,
    /// The shops, and where they are: looked up once.
    pub(super) shops: Vec<(Target, SocketAddr)>,
    pub(super) pushes: Arc<Pushes>,
    /// Two things a socket, and of one that comes back one a pause.
    pub(super) told: mpsc::UnboundedSender<Told>,
}

impl Common {
    /// Opens a socket and reads it until it ends.
    pub(super) async fn follow(self: Arc<Self>, socket: u64, turn: OwnedSemaphorePermit) {
        let began = Instant::now();
        let opened = self.open_in_time(socket).await;
        drop(turn);
        let (stream, handshake) = match opened {
            Ok((stream, connected)) => (stream, connected.duration_since(began)),
            Err(why) => return self.tell(Told::Failed { why }),
        };
        self.tell(Told::Shown { socket, handshake, cart: began.elapsed() });
        if self.plan.is_slow(socket) {
            self.pushes.leave(socket);
            std::future::pending::<()>().await;
        }
        self.stay(socket, stream).await;
    }

    /// Opens a socket that was closed anew, after pauses, and reads it until it ends again.
    ///
    /// It does not say what it knows (`?since`): that it is told its cart shows that it is served, and
    /// costs the shop more than anything else it may be told.
    pub(super) async fn come_back(self: Arc<Self>, socket: u64, closed: Instant) {
        let known = self.pushes.version(socket);
        let mut pauses = Pauses::of(self.plan.number(socket));
        let (mut ended, mut tries) = (closed, 0);
        let (stream, accepted) = loop {
            tokio::time::sleep_until((ended + pauses.draw()).into()).await;
            tries += 1;
            match self.open_in_time(socket).await {
                Ok(opened) => break opened,
                Err(why) => self.tell(Told::Refused { why }),
            }
            ended = Instant::now();
        };
        let (served, versions) = (Instant::now(), (known, self.pushes.version(socket)));
        self.tell(Told::Back(Back { socket, closed, accepted, served, tries, versions }));
        self.stay(socket, stream).await;
    }

    /// Reads an open socket until it ends.
    async fn stay(&self, socket: u64, mut stream: Socket) {
        let why = self.listen(socket, &mut stream).await;
        let at = Instant::now();
        self.pushes.closed(socket);
        take_leave(stream).await;
        self.tell(Told::Closed { socket, at, why });
    }

    /// Opens a socket and waits for its cart as long as a customer does; tells when it was a WebSocket.
    async fn open_in_time(&self, socket: u64) -> Result<(Socket, Instant), String> {
        // In a box: it needs far more memory than what stays.
        let opening = Box::pin(self.open(socket));
        let opened = tokio::time::timeout(OPEN_WITHIN, opening).await;
        opened.unwrap_or_else(|_| Err("no cart in time".to_owned()))
    }

    /// Opens a socket and waits for its cart.
    async fn open(&self, socket: u64) -> Result<(Socket, Instant), String> {
        let (target, address) = self.shops.get(self.plan.shop(socket)).ok_or("no shop")?;
        let is_slow = self.plan.is_slow(socket);
        let tcp = connect(*address, is_slow).await.map_err(|error| why(&Error::Io(error)))?;
        let url = target.socket(&format!("/ws/cart/{}", self.plan.user(socket)));
        let config = WebSocketConfig::default().read_buffer_size(READ_BUFFER).write_buffer_size(0);
        let opened = tokio_tungstenite::client_async_with_config(url, tcp, Some(config)).await;
        let (mut stream, _) = opened.map_err(|error| why(&error))?;
        let connected = Instant::now();
        while !self.pushes.is_shown(socket) {
            if let Some(why) = self.hear(socket, stream.next().await) {
                return Err(why);
            }
        }
        Ok((stream, connected))
    }

    /// Reads until the end, and tells why that is.
    async fn listen(&self, socket: u64, stream: &mut Socket) -> String {
        loop {
            if let Some(why) = self.hear(socket, stream.next().await) {
                return why;
            }
        }
    }

    /// Passes a message on; of the end it tells why.
    fn hear(&self, socket: u64, message: Option<Result<Message, Error>>) -> Option<String> {
        match message {
            Some(Ok(Message::Text(text))) => {
                self.pushes.told(socket, &text, Instant::now());
                None
            }
            Some(Ok(Message::Close(Some(frame)))) => {
                Some(format!("{} {}", u16::from(frame.code), frame.reason).trim_end().to_owned())
            }
            Some(Ok(Message::Close(None))) => Some("closed without a code".to_owned()),
            Some(Ok(
                Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_),
            )) => None,
            Some(Err(error)) => Some(why(&error)),
            None => Some("ended".to_owned()),
        }
    }

    /// Whoever listened has gone when the run ends.
    fn tell(&self, told: Told) {
        self.told.send(told).ok();
    }
}

async fn connect(address: SocketAddr, is_slow: bool) -> std::io::Result<TcpStream> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    if is_slow {
        socket.set_recv_buffer_size(SLOW_BUFFER)?;
    }
    socket.connect(address).await
}

/// Answers the shop's leave, if it took any, and lets it close the connection.
async fn take_leave(mut stream: Socket) {
    let ended = async { while let Some(Ok(_)) = stream.next().await {} };
    // A shop that does not is left.
    tokio::time::timeout(LEAVES_WITHIN, ended).await.ok();
}

/// A reason in a few words, the same for all it is the same for.
fn why(error: &Error) -> String {
    if let Error::Http(answer) = error {
        return format!("HTTP {}", answer.status().as_u16());
    }
    error.to_string()
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;
    use tokio::sync::Semaphore;

    use super::*;

    /// A socket at this address, and what it tells.
    async fn told(address: SocketAddr) -> Told {
        let (told, mut telling) = mpsc::unbounded_channel();
        let plan = Plan { first_user: 1, connections: 1, slow: 0, shops: 1 };
        let shops = vec![(Target::from(address), address)];
        let common = Common { plan, shops, pushes: Arc::new(Pushes::of(1).unwrap()), told };
        let turn = Arc::new(Semaphore::new(1)).acquire_owned().await.unwrap();
        Arc::new(common).follow(1, turn).await;
        telling.recv().await.unwrap()
    }

    #[tokio::test]
    async fn a_socket_that_is_refused_tells_the_status() {
        let shop = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = shop.local_addr().unwrap();
        let answers = tokio::spawn(async move {
            let (mut stream, _) = shop.accept().await.unwrap();
            assert!(stream.read(&mut [0; 1_024]).await.unwrap() > 0);
            stream.write_all(b"HTTP/1.1 503 No\r\ncontent-length: 0\r\n\r\n").await.unwrap();
            stream
        });

        let told = told(address).await;

        assert!(matches!(&told, Told::Failed { why } if why == "HTTP 503"), "{told:?}");
        answers.await.unwrap();
    }

    #[tokio::test]
    async fn a_shop_that_is_not_there_is_a_reason() {
        let port = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = port.local_addr().unwrap();
        drop(port);

        let told = told(address).await;

        let is_refused = |why: &str| why.to_lowercase().contains("connection refused");
        assert!(matches!(&told, Told::Failed { why } if is_refused(why)), "{told:?}");
    }
}
