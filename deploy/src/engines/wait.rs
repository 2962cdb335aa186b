//! Waiting for a condition of the outside world, with an end. The only place of the module that
//! reads a clock.

use std::thread;
use std::time::{Duration, Instant};

const PAUSE: Duration = Duration::from_millis(50);

/// Asks until there is an answer; `None` when the limit has passed without one.
#[expect(clippy::disallowed_methods, reason = "another process's state can only be asked for")]
pub(super) fn until<T>(limit: Duration, mut ask: impl FnMut() -> Option<T>) -> Option<T> {
    let begun = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return Some(answer);
        }
        if begun.elapsed() >= limit {
            return None;
        }
        thread::sleep(PAUSE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_asks_at_least_once_even_without_time() {
        assert_eq!(until(Duration::ZERO, || Some(7)), Some(7));
    }

    #[test]
    fn it_asks_again_until_there_is_an_answer() {
        let mut asked = 0;

        let answer = until(Duration::from_secs(60), || {
            asked += 1;
            (asked == 3).then_some(asked)
        });

        assert_eq!(answer, Some(3));
    }

    #[test]
    fn it_gives_up_when_the_limit_has_passed() {
        assert_eq!(until::<()>(Duration::from_millis(1), || None), None);
    }
}
