//! The `cartstream` binary; everything it does is in the library.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// What one thread allocates another frees, thousands of times a second: a request's bytes, a
/// record's. The system's allocator spends a quarter of the processor on that.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    cartstream::main()
}
