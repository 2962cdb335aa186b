//! A TCP connection to an engine that can be stalled, cut and mended. Knows no protocol.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// A local address whose connections lead to another one.
#[derive(Debug)]
pub struct Wire {
    address: SocketAddr,
    target: SocketAddr,
    flows: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl Wire {
    /// A wire to `target`, at an address of its own.
    ///
    /// # Errors
    /// There is no port to listen on.
    pub async fn to(target: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let mut wire =
            Self { address, target, flows: watch::Sender::new(true), tasks: JoinSet::new() };
        wire.serve(listener);
        Ok(wire)
    }

    /// Where to connect to.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Lets nothing through and breaks nothing: bytes wait on the way, in both directions.
    pub fn stall(&self) {
        self.flows.send_replace(false);
    }

    /// Lets everything through again.
    pub fn flow(&self) {
        self.flows.send_replace(true);
    }

    /// Breaks every connection; new ones are refused.
    pub async fn cut(&mut self) {
        self.tasks.shutdown().await;
    }

    /// Accepts connections again, at the same address.
    ///
    /// # Errors
    /// The port has been taken.
    pub async fn mend(&mut self) -> io::Result<()> {
        let listener = TcpListener::bind(self.address).await?;
        self.serve(listener);
        Ok(())
    }

    fn serve(&mut self, listener: TcpListener) {
        let (target, flows) = (self.target, self.flows.subscribe());
        self.tasks.spawn(async move {
            // Its connections end with it.
            let mut connections = JoinSet::new();
            while let Ok((near, _)) = listener.accept().await {
                connections.spawn(connect(near, target, flows.clone()));
            }
        });
    }
}

async fn connect(near: TcpStream, target: SocketAddr, flows: watch::Receiver<bool>) {
    let Ok(far) = TcpStream::connect(target).await else { return };
    let (near_out, near_in) = near.into_split();
    let (far_out, far_in) = far.into_split();
    tokio::select! {
        _ = pump(near_out, far_in, flows.clone()) => {}
        _ = pump(far_out, near_in, flows) => {}
    }
}

async fn pump(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut flows: watch::Receiver<bool>,
) -> io::Result<()> {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let read = from.read(&mut buffer).await?;
        if read == 0 || flows.wait_for(|flows| *flows).await.is_err() {
            return Ok(());
        }
        to.write_all(buffer.get(..read).unwrap_or_default()).await?;
    }
}
