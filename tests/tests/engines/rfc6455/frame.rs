//! A frame as a client sends it, right or wrong, put together byte by byte after RFC 6455, 5.2.
//! Knows no connection and no command.

pub(super) const CONTINUATION: u8 = 0x0;
pub(super) const TEXT: u8 = 0x1;
pub(super) const BINARY: u8 = 0x2;
pub(super) const CLOSE: u8 = 0x8;
pub(super) const PING: u8 = 0x9;
pub(super) const PONG: u8 = 0xA;

pub(super) const RSV1: u8 = 0x40;
pub(super) const RSV2: u8 = 0x20;
pub(super) const RSV3: u8 = 0x10;

pub(super) const FIN: u8 = 0x80;
pub(super) const MASKED: u8 = 0x80;

/// Any will do; a case that is about masks says its own.
const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// How a frame says its length.
#[derive(Debug, Clone, Copy)]
enum Length {
    /// In as few bytes as can be, as it must.
    Minimal,
    /// In the two bytes after 126.
    InTwo,
    /// In the eight bytes after 127.
    InEight,
    /// In eight bytes, and it is another one than the payload's.
    Claimed(u64),
}

#[derive(Debug, Clone)]
pub(super) struct Frame {
    head: u8,
    mask: Option<[u8; 4]>,
    length: Length,
    payload: Vec<u8>,
}

/// A masked frame that is its message's last.
pub(super) fn frame(opcode: u8, payload: impl AsRef<[u8]>) -> Frame {
    let payload = payload.as_ref().to_vec();
    Frame { head: FIN | opcode, mask: Some(MASK), length: Length::Minimal, payload }
}

pub(super) fn text(payload: impl AsRef<[u8]>) -> Frame {
    frame(TEXT, payload)
}

pub(super) fn binary(payload: impl AsRef<[u8]>) -> Frame {
    frame(BINARY, payload)
}

pub(super) fn ping(payload: impl AsRef<[u8]>) -> Frame {
    frame(PING, payload)
}

pub(super) fn pong(payload: impl AsRef<[u8]>) -> Frame {
    frame(PONG, payload)
}

/// What goes on with a message and ends it.
pub(super) fn rest(payload: impl AsRef<[u8]>) -> Frame {
    frame(CONTINUATION, payload)
}

/// A close with a code and a reason.
pub(super) fn close(code: u16, reason: impl AsRef<[u8]>) -> Frame {
    frame(CLOSE, [&code.to_be_bytes(), reason.as_ref()].concat())
}

/// A message in as many frames as there are payloads.
pub(super) fn fragments<P: AsRef<[u8]>>(payloads: impl IntoIterator<Item = P>) -> Vec<Frame> {
    let mut frames: Vec<_> =
        payloads.into_iter().map(|payload| rest(payload).unfinished()).collect();
    if let Some(first) = frames.first_mut() {
        first.head |= TEXT;
    }
    if let Some(last) = frames.last_mut() {
        last.head |= FIN;
    }
    frames
}

impl Frame {
    /// More frames of its message follow.
    pub(super) fn unfinished(mut self) -> Self {
        self.head &= !FIN;
        self
    }

    /// With these reserved bits.
    pub(super) fn reserved(mut self, bits: u8) -> Self {
        self.head |= bits;
        self
    }

    pub(super) fn masked_by(mut self, mask: [u8; 4]) -> Self {
        self.mask = Some(mask);
        self
    }

    pub(super) fn unmasked(mut self) -> Self {
        self.mask = None;
        self
    }

    pub(super) fn length_in_two_bytes(mut self) -> Self {
        self.length = Length::InTwo;
        self
    }

    pub(super) fn length_in_eight_bytes(mut self) -> Self {
        self.length = Length::InEight;
        self
    }

    /// Says that it has this length, whatever it has.
    pub(super) fn claims(mut self, length: u64) -> Self {
        self.length = Length::Claimed(length);
        self
    }

    fn length(&self) -> (u8, Vec<u8>) {
        let length = self.payload.len();
        let in_two = || u16::try_from(length).unwrap().to_be_bytes().to_vec();
        match (self.length, length) {
            (Length::Minimal, ..126) => (u8::try_from(length).unwrap(), Vec::new()),
            (Length::Minimal, ..0x1_0000) | (Length::InTwo, _) => (126, in_two()),
            (Length::Minimal | Length::InEight, _) => (127, (length as u64).to_be_bytes().to_vec()),
            (Length::Claimed(claimed), _) => (127, claimed.to_be_bytes().to_vec()),
        }
    }
}

impl From<Frame> for Vec<u8> {
    fn from(frame: Frame) -> Self {
        let (length, extended) = frame.length();
        let mut bytes = vec![frame.head, length];
        bytes.extend(extended);
        match frame.mask {
            None => bytes.extend(frame.payload),
            Some(mask) => {
                bytes[1] |= MASKED;
                bytes.extend(mask);
                bytes.extend(frame.payload.iter().zip(mask.iter().cycle()).map(|(a, b)| a ^ b));
            }
        }
        bytes
    }
}

/// All of these in one segment.
pub(super) fn together<F: Into<Vec<u8>>>(frames: impl IntoIterator<Item = F>) -> [Vec<u8>; 1] {
    [frames.into_iter().flat_map(Into::into).collect()]
}

/// Each byte in a segment of its own.
pub(super) fn apart(bytes: impl Into<Vec<u8>>) -> Vec<Vec<u8>> {
    bytes.into().into_iter().map(|byte| vec![byte]).collect()
}

/// In two segments, the first of so many bytes.
pub(super) fn cut(bytes: impl Into<Vec<u8>>, at: usize) -> [Vec<u8>; 2] {
    let mut first = bytes.into();
    let second = first.split_off(at);
    [first, second]
}
