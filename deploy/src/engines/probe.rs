//! One question and the first bytes of its answer over loopback TCP. Knows no protocol.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

/// Loopback refuses at once; a busy server takes a while to answer.
const CONNECT: Duration = Duration::from_secs(1);
const ANSWER: Duration = Duration::from_secs(2);

/// The first `N` bytes that the server on `port` answers; `None` if it does not listen, or answers
/// less.
pub(super) fn ask<const N: usize>(port: u16, question: &[u8]) -> Option<[u8; N]> {
    let mut stream = TcpStream::connect_timeout(&loopback(port), CONNECT).ok()?;
    stream.set_read_timeout(Some(ANSWER)).ok()?;
    stream.set_write_timeout(Some(ANSWER)).ok()?;
    stream.write_all(question).ok()?;
    let mut answer = [0; N];
    stream.read_exact(&mut answer).ok()?;
    Some(answer)
}

/// Whether a server could listen on `port`.
pub(super) fn is_free(port: u16) -> bool {
    TcpListener::bind(loopback(port)).is_ok()
}

fn loopback(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_nobody_listens_on_is_free_and_does_not_answer() {
        let port = TcpListener::bind(loopback(0))
            .and_then(|it| it.local_addr())
            .expect("loopback has a free port")
            .port();

        assert!(is_free(port));
        assert_eq!(ask::<1>(port, b"?"), None);
    }

    #[test]
    fn a_server_that_hangs_up_does_not_answer() {
        let listener = TcpListener::bind(loopback(0)).expect("loopback has a free port");
        let port = listener.local_addr().expect("it is bound").port();
        let server = std::thread::spawn(move || listener.accept().map(drop));

        assert_eq!(ask::<4>(port, b"?"), None);
        server.join().expect("the server does not panic").expect("the probe connected");
    }
}
