//! Panics of a run: those over defective goods are part of it, any other one fails it, wherever in a
//! node it happens. Knows no node.

use std::cell::RefCell;
use std::sync::Once;

/// What decide says over defective goods.
pub(super) const EXPECTED: &str = "defective goods";

thread_local! {
    static FIRST: RefCell<Option<String>> = const { RefCell::new(None) };
}

static WATCHED: Once = Once::new();

/// From here on panics of this thread are remembered. Nothing is printed of the expected ones.
pub(super) fn watch() {
    WATCHED.call_once(|| {
        let default = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let text = info.payload_as_str().unwrap_or("no text");
            if text == EXPECTED {
                return;
            }
            FIRST.with_borrow_mut(|first| {
                first.get_or_insert_with(|| text.to_owned());
            });
            default(info);
        }));
    });
    FIRST.with_borrow_mut(|first| *first = None);
}

/// The first unexpected panic of this thread since then.
pub(super) fn first() -> Option<String> {
    FIRST.with_borrow_mut(Option::take)
}
