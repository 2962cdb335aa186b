//! The product's binary under a name of the tests', so that they can start, pause and kill it.

use std::process::ExitCode;

fn main() -> ExitCode {
    cartstream::main()
}
