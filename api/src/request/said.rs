//! What a client says over its socket: a command under the id it gave it. Knows no socket, and no more
//! of a command than the routes do.

mod kind;

use cart_schemas::command::Intent;
use cart_schemas::id::{CartKey, CheckoutId};
use cart_schemas::traceparent::Traceparent;
use serde::Deserialize;
use serde::de::DeserializeOwned;

pub(crate) use self::kind::Kind;
use super::checkout::{CheckOut, CompleteCheckout};
use super::form::{AddItem, ChangeCurrency, Extend, SetQuantity};
use super::merge::MergeCarts;
use super::{Ask, ask, path, strict};
use crate::app::App;
use crate::clock;
use crate::identity::Caller;
use crate::problem::Problem;
use crate::settings::Traces;
use crate::trace::Trace;

/// A message that cannot be read, and the id it has, if it has one.
#[derive(Debug)]
pub(crate) struct Unread {
    /// Its id.
    pub(crate) id: Option<String>,
    /// What is wrong.
    pub(crate) problem: Problem,
}

/// A message that names a command.
#[derive(Debug)]
pub(crate) struct Said {
    /// How the client names it; its `Idempotency-Key`.
    pub(crate) id: String,
    expected_version: Option<u64>,
    kind: Kind,
    traceparent: Option<Traceparent>,
    wish: Wish,
}

/// A command, not yet judged.
#[derive(Debug)]
enum Wish {
    Add(AddItem),
    Set(OfItem, SetQuantity),
    Remove(OfItem),
    Clear,
    Restore,
    Extend(Extend),
    ChangeCurrency(ChangeCurrency),
    Merge(MergeCarts),
    CheckOut(CheckOut),
    Complete(OfCheckout, CompleteCheckout),
    Cancel(OfCheckout),
}

/// What is asked of the cart, or of one of its checkouts.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// Answered with the cart.
    Cart(Intent),
    /// Answered with the checkout; without one it begins one.
    Checkout(Option<CheckoutId>, Intent),
}

/// Read by itself, so that a refusal of the rest can name it.
#[derive(Deserialize)]
struct Named {
    id: Option<String>,
}

/// What else every message has.
#[derive(Deserialize)]
struct Head {
    #[serde(rename = "type")]
    kind: Option<String>,
    #[serde(rename = "ifVersion")]
    if_version: Option<u64>,
    traceparent: Option<String>,
}

#[derive(Debug, Deserialize)]
struct OfItem {
    #[serde(rename = "itemID")]
    item: String,
}

#[derive(Debug, Deserialize)]
struct OfCheckout {
    #[serde(rename = "checkoutID")]
    checkout: String,
}

impl Said {
    /// Reads a message.
    pub(crate) fn read(text: &str) -> Result<Self, Box<Unread>> {
        let Named { id } = read(text).map_err(|problem| Box::new(Unread { id: None, problem }))?;
        let id = id.filter(|id| ask::is_key(id));
        let unread = |problem| Box::new(Unread { id: id.clone(), problem });
        let named = id.clone().ok_or_else(|| {
            let expected = "id: expected 1 to 255 visible ASCII characters";
            unread(Problem::malformed(expected))
        })?;
        let head: Head = read(text).map_err(unread)?;
        let kind = Kind::named(head.kind.as_deref().unwrap_or_default());
        let expected = "type: expected the name of a command";
        let kind = kind.ok_or_else(|| unread(Problem::malformed(expected)))?;
        let wish = Wish::read(kind, text).map_err(unread)?;
        // As over HTTP, what is no traceparent is none.
        let traceparent = head.traceparent.and_then(|text| text.parse().ok());
        Ok(Self { id: named, expected_version: head.if_version, kind, traceparent, wish })
    }

    /// Where it stands in a trace, its own or a new one.
    pub(crate) fn trace(&self, traces: Traces) -> Trace {
        Trace::after(self.traceparent, traces)
    }

    /// How it is asked for: its id makes it safe to say again.
    pub(crate) fn ask(&self, trace: Trace) -> Ask {
        Ask {
            idempotency_key: Some(self.id.clone()),
            expected_version: self.expected_version,
            respond_async: false,
            traceparent: Some(trace.onward()),
        }
    }

    /// What it is called.
    pub(crate) const fn kind(&self) -> &'static str {
        self.kind.as_str()
    }

    /// What is asked of the cart at `key`; the order of the checks is the routes'.
    pub(crate) fn wanted(
        &self,
        app: &App,
        (key, caller): (&CartKey, &Caller),
    ) -> Result<Wanted, Problem> {
        let intent = match &self.wish {
            Wish::Add(form) => form.intent(|product| app.lists(key, product))?,
            Wish::Set(line, form) => form.intent(|| path::item(&line.item))?,
            Wish::Remove(line) => Intent::RemoveItem { item: path::item(&line.item)? },
            Wish::Clear => Intent::Clear,
            Wish::Restore => Intent::Restore,
            Wish::Extend(form) => form.intent()?,
            Wish::ChangeCurrency(form) => form.intent()?,
            Wish::Merge(form) => form.intent(key, |from, token| {
                app.identity.consent(caller, (from, token), clock::now())
            })?,
            Wish::CheckOut(form) => return Ok(Wanted::Checkout(None, form.intent())),
            Wish::Complete(of, form) => {
                caller.shop()?;
                let (checkout, intent) = form.intent(|| path::checkout(&of.checkout))?;
                return Ok(Wanted::Checkout(Some(checkout), intent));
            }
            Wish::Cancel(of) => {
                let checkout = path::checkout(&of.checkout)?;
                let intent = Intent::CancelCheckout { checkout };
                return Ok(Wanted::Checkout(Some(checkout), intent));
            }
        };
        Ok(Wanted::Cart(intent))
    }
}

impl Wish {
    fn read(kind: Kind, text: &str) -> Result<Self, Problem> {
        Ok(match kind {
            Kind::AddItem => Self::Add(read(text)?),
            Kind::SetQuantity => Self::Set(read(text)?, read(text)?),
            Kind::RemoveItem => Self::Remove(read(text)?),
            Kind::Clear => Self::Clear,
            Kind::Restore => Self::Restore,
            Kind::Extend => Self::Extend(read(text)?),
            Kind::ChangeCurrency => Self::ChangeCurrency(read(text)?),
            Kind::Merge => Self::Merge(read(text)?),
            Kind::Checkout => Self::CheckOut(read(text)?),
            Kind::CompleteCheckout => Self::Complete(read(text)?, read(text)?),
            Kind::CancelCheckout => Self::Cancel(read(text)?),
        })
    }
}

fn read<T: DeserializeOwned>(text: &str) -> Result<T, Problem> {
    strict::parse(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Code;

    #[test]
    fn a_command_has_a_name_and_an_id_that_makes_it_safe_to_say_again() {
        let said = Said::read(r#"{"type":"clear","id":"c-1","ifVersion":7,"more":[]}"#).unwrap();

        let ask = said.ask(said.trace(Traces::PassedOn));
        assert_eq!(ask.idempotency_key.as_deref(), Some("c-1"));
        assert_eq!((ask.expected_version, ask.respond_async), (Some(7), false));
        assert!(matches!(said.wish, Wish::Clear));
    }

    #[test]
    fn a_command_may_name_its_trace_and_else_begins_one() {
        let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let onward = |trace: &str| {
            let text = format!(r#"{{"type":"clear","id":"c-1","traceparent":"{trace}"}}"#);
            let said = Said::read(&text).unwrap();
            said.ask(said.trace(Traces::PassedOn)).traceparent.unwrap().to_string()
        };

        assert_eq!(onward(trace), trace);
        assert_ne!(onward("00-nothing"), onward("00-nothing"));
    }

    #[test]
    fn every_command_of_a_cart_can_be_said() {
        for text in [
            r#"{"id":"a","type":"add_item","productID":"p","quantity":1}"#,
            r#"{"id":"a","type":"set_quantity","itemID":"p","quantity":0}"#,
            r#"{"id":"a","type":"remove_item","itemID":"p"}"#,
            r#"{"id":"a","type":"clear"}"#,
            r#"{"id":"a","type":"restore"}"#,
            r#"{"id":"a","type":"extend","extendSeconds":5}"#,
            r#"{"id":"a","type":"change_currency","currency":"EUR"}"#,
            r#"{"id":"a","type":"merge","fromUserID":"guest"}"#,
            r#"{"id":"a","type":"checkout"}"#,
            r#"{"id":"a","type":"complete_checkout","checkoutID":"c","orderID":"o"}"#,
            r#"{"id":"a","type":"cancel_checkout","checkoutID":"c"}"#,
        ] {
            let said = Said::read(text).unwrap();
            assert!(text.contains(&format!(r#""type":"{}""#, said.kind())), "{text}");
        }
    }

    #[test]
    fn what_is_no_command_is_malformed_and_named_by_its_id_if_it_has_one() {
        let too_long = format!(r#"{{"type":"clear","id":"{}"}}"#, "x".repeat(256));
        for (text, id) in [
            ("{", None),
            ("[]", None),
            ("{}", None),
            (r#"{"type":"clear"}"#, None),
            (r#"{"type":"clear","id":""}"#, None),
            (r#"{"type":"clear","id":"a b"}"#, None),
            (r#"{"type":"clear","id":7}"#, None),
            (too_long.as_str(), None),
            (r#"{"type":"clear","id":"a","id":"b"}"#, None),
            (r#"{"id":"a"}"#, Some("a")),
            (r#"{"id":"a","type":"fly"}"#, Some("a")),
            (r#"{"id":"a","type":5}"#, Some("a")),
            (r#"{"id":"a","type":"clear","ifVersion":-1}"#, Some("a")),
            (r#"{"id":"a","type":"add_item","productID":"p"}"#, Some("a")),
        ] {
            let unread = Said::read(text).unwrap_err();
            assert_eq!(unread.problem.code(), Code::Malformed, "{text}");
            assert_eq!(unread.id.as_deref(), id, "{text}");
        }
    }
}
