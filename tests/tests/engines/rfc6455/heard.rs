//! What a client hears: frames taken apart after RFC 6455, and held to what a server must keep.
//! Knows no connection.

use serde_json::Value;

use super::frame::{CLOSE, FIN, MASKED, PING, PONG, TEXT};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Heard {
    Text(Value),
    Ping,
    Pong(Vec<u8>),
    /// With no code where it has no body.
    Close(Option<u16>),
    /// The server has ended the connection.
    Ended,
    /// The server has cut the connection off.
    Reset,
}

/// The frame these bytes begin with and how many it takes, once it is whole.
pub(super) fn take(bytes: &[u8]) -> Result<Option<(Heard, usize)>, String> {
    let &[head, length, ..] = bytes else { return Ok(None) };
    if length & MASKED != 0 {
        return Err("a masked frame".to_owned());
    }
    let (extended, least) = match length {
        126 => (2, 126),
        127 => (8, 0x1_0000),
        _ => (0, 0),
    };
    let Some(extension) = bytes.get(2..2 + extended) else { return Ok(None) };
    let said = extension.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte));
    let size = if extended == 0 { usize::from(length) } else { said };
    if size < least {
        return Err(format!("a length of {size} in {extended} bytes"));
    }
    let begin = 2 + extended;
    let Some(payload) = bytes.get(begin..begin + size) else { return Ok(None) };
    Ok(Some((of(head, payload)?, begin + size)))
}

/// What a whole frame says. This server sends each message in one frame.
fn of(head: u8, payload: &[u8]) -> Result<Heard, String> {
    if head & FIN == 0 || head & 0x70 != 0 {
        return Err(format!("a frame that begins with {head:#04x}"));
    }
    let opcode = head & 0x0f;
    if opcode >= CLOSE && payload.len() > 125 {
        return Err(format!("a control frame of {} bytes", payload.len()));
    }
    match opcode {
        TEXT => match serde_json::from_slice(payload) {
            Ok(value) => Ok(Heard::Text(value)),
            Err(error) => Err(format!("a text that is no JSON: {error}")),
        },
        CLOSE => code(payload).map(Heard::Close),
        PING => Ok(Heard::Ping),
        PONG => Ok(Heard::Pong(payload.to_vec())),
        _ => Err(format!("a frame of opcode {opcode:#x}")),
    }
}

fn code(body: &[u8]) -> Result<Option<u16>, String> {
    let (code, reason) = match body {
        [] => return Ok(None),
        [high, low, reason @ ..] => (u16::from_be_bytes([*high, *low]), reason),
        [_] => return Err("a close with half a code".to_owned()),
    };
    if !(1000..5000).contains(&code) || [1004, 1005, 1006, 1015].contains(&code) {
        return Err(format!("a close with {code}, which nobody may send"));
    }
    match std::str::from_utf8(reason) {
        Ok(_) => Ok(Some(code)),
        Err(_) => Err(format!("a close with {code} and a reason that is not UTF-8")),
    }
}
