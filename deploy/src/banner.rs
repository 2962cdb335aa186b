//! What a person at a terminal sees first.

use cart_api::{Access, Door};

use crate::cli::Role;
use crate::place::Installation;

/// Where the carts are, in words.
pub(crate) fn home<I: Installation>(at: &I) -> String {
    let only = if I::ALONE { ": one process, one machine; `cartstream move` grows it" } else { "" };
    format!("{}{only}", at.name())
}

/// Every URL there is, for someone who just started it.
#[expect(clippy::print_stdout, reason = "the banner is what a person at a terminal looks for")]
pub(crate) fn announce(door: &Door, roles: &[Role], home: &str) {
    let Ok(address) = door.address() else { return };
    let (http, ws) = if door.is_secret() { ("https", "wss") } else { ("http", "ws") };
    println!("Cartstream is up: {http}://{address}");
    println!("  on         {home}");
    if roles.contains(&Role::Api) {
        println!("  shop       {http}://{address}/");
        println!("  carts      {http}://{address}/api/cart/{{userID}}");
        println!("  products   {http}://{address}/api/products");
        println!("  live       {ws}://{address}/ws/cart/{{userID}}");
        println!("  contract   {http}://{address}/docs");
    }
    println!("  health     {http}://{address}/livez  {http}://{address}/readyz");
    println!("  metrics    {http}://{address}/metrics");
}

/// What a person must know before others reach it.
#[expect(clippy::print_stdout, reason = "the banner is what a person at a terminal looks for")]
pub(crate) fn warn(access: &Access) {
    if *access == Access::Open {
        println!(
            "  callers    are not asked who they are (--insecure-no-auth): for this machine only"
        );
    }
}
