//! Looks for bytes of which the property `frame` does not hold.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| cart_properties::holds("frame", bytes));
