//! That every name there is has a meaning, and no other. Knows no meaning.

use anyhow::ensure;
use cart_api::contract::Meaning;

/// Where meanings are written down.
const WORDS: &str = "api/src/contract/words.rs";

/// Fails unless exactly `names` have a meaning, and names the first that has none or is none.
pub(super) fn check<'a>(
    meanings: &[Meaning],
    names: impl IntoIterator<Item = &'a str>,
) -> anyhow::Result<()> {
    let mut stale: Vec<_> = meanings.iter().map(|(name, _)| *name).collect();
    for name in names {
        let described = stale.iter().position(|known| *known == name);
        let described = described.map(|at| stale.remove(at));
        ensure!(described.is_some(), "{name:?} is not described in {WORDS}");
    }
    ensure!(stale.is_empty(), "{stale:?} is described in {WORDS}, but is not there");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_described_is_named() {
        let told = |names: &[&str]| {
            let meanings = [("a", "The first."), ("b", "The second.")];
            check(&meanings, names.iter().copied()).map_err(|error| error.to_string())
        };

        assert_eq!(told(&["b", "a"]), Ok(()));
        assert!(told(&["a", "b", "c"]).unwrap_err().starts_with(r#""c" is not described"#));
        assert!(told(&["a"]).unwrap_err().starts_with(r#"["b"] is described"#));
    }
}
