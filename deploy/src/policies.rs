//! The shops' policies as the settings say them: a time for every cart, and a file for the rest.

use cart_schemas::policies::Policies;
use cart_schemas::policy::Policy;

use crate::cli::Serving;
use crate::exit::Failure;

/// Reads them. A wrong file is told with where it is wrong, and nothing is served by half of it.
pub(crate) fn read(serving: &Serving) -> Result<Policies, Failure> {
    let ttl_seconds = serving.cart_ttl;
    let base = Policy { ttl_seconds, empty_ttl_seconds: ttl_seconds, ..Policy::default() };
    let Some(file) = &serving.policies else { return Ok(Policies::same(base)) };
    let name = file.display();
    let text = std::fs::read(file).map_err(|source| {
        Failure::failed(format!("the policies in {name} cannot be read"), source)
    })?;
    Policies::read(&text, base)
        .map_err(|error| Failure::Usage(format!("the policies in {name} cannot be used: {error}")))
}
