//! cartstream
