//! The checked-in reference against the one the code renders now.

use std::path::Path;

use cart_tests::reference::{COMMAND, pages};

#[test]
fn the_reference_is_what_the_code_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");

    for page in pages().unwrap() {
        let checked_in = std::fs::read_to_string(root.join(page.path)).unwrap();
        assert!(checked_in == page.text, "{} is not what the code says: {COMMAND}", page.path);
    }
}
