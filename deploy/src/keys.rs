//! `cartstream keys`: makes the API key of a service. Keeps nothing.

use cart_api::ApiKey;
use uuid::Uuid;

use crate::cli::KeysAction;

/// Makes a key, and tells it and the line to keep of it.
#[expect(clippy::print_stdout, reason = "the key is told once, to whoever asks for it")]
pub(crate) fn run(action: &KeysAction) {
    let KeysAction::New { name, tenant } = action;
    let (key, line) = ApiKey::fresh(random(), name, tenant.as_ref());
    println!("{key}");
    println!();
    println!(
        "Give it to the service; it is told only now. This line goes into the file of --api-keys:"
    );
    println!();
    println!("{line}");
}

#[expect(clippy::disallowed_methods, reason = "what is derived or ordered can be guessed")]
fn random() -> [u8; 32] {
    let (one, other) = (Uuid::new_v4().into_bytes(), Uuid::new_v4().into_bytes());
    let mut bytes = [0; 32];
    for (to, from) in bytes.iter_mut().zip(one.into_iter().chain(other)) {
        *to = from;
    }
    bytes
}
