//! Who asks: credentials in, a caller out. Knows no route and no request.

mod access;
mod api_keys;
mod caller;
mod guests;
mod key_set;
mod keys;
mod tickets;

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};

use cart_schemas::id::CartKey;
use cart_schemas::timestamp::Timestamp;
use lru::LruCache;
use sha2::{Digest as _, Sha256};

use self::keys::Keys;

pub use self::access::{Access, BadAccess, Secret, ShortSecret, Trust};
pub use self::api_keys::{ApiKey, ApiKeys, InvalidApiKey};
pub(crate) use self::caller::{Caller, Known};
pub(crate) use self::guests::{Guests, Pass};
use self::key_set::{Fetcher, KeySet, Refresh};
pub(crate) use self::tickets::{Ticket, Tickets};
use crate::problem::{Code, Problem};

/// Tokens remembered as genuine: a signature of RSA costs as much as half of a change. More than that
/// many callers within a minute are checked each time.
const BELIEVED_MAX: NonZeroUsize = NonZeroUsize::new(20_000).unwrap();
/// How long a token is believed without another look, in seconds, while no key changes. When one does,
/// all are looked at again.
const BELIEVED_FOR: u32 = 60;
/// The longest token: with its name, more than common servers take for one header.
const TOKEN_MAX: usize = 8 * 1024;

/// How callers are known.
pub(crate) enum Identity {
    /// Nobody is asked who they are.
    Open,
    /// By what they bring.
    Checked(Box<Checked>),
}

/// What callers may bring.
pub(crate) struct Checked {
    keys: Keys,
    api_keys: ApiKeys,
    /// By their SHA-256: a cache of tokens themselves would be worth stealing.
    believed: Mutex<LruCache<[u8; 32], Believed>>,
}

#[derive(Clone)]
struct Believed {
    known: Known,
    /// By which keys.
    generation: u64,
    /// When it is to be looked at again.
    until: Timestamp,
}

impl Identity {
    /// How `access` has callers known.
    pub(crate) fn new(access: &Access) -> Result<Self, BadAccess> {
        let Access::Known(trust) = access else { return Ok(Self::Open) };
        Ok(Self::Checked(Box::new(Checked {
            keys: Keys::new(trust)?,
            api_keys: trust.api_keys.clone(),
            believed: Mutex::new(LruCache::new(BELIEVED_MAX)),
        })))
    }

    /// What keeps the keys what their issuer shows, if they are fetched. It runs once.
    pub(crate) fn refresh(&self, access: &Access) -> Result<Option<Refresh>, BadAccess> {
        let (Self::Checked(checked), Access::Known(trust)) = (self, access) else {
            return Ok(None);
        };
        let (Some(set), Some(url)) = (checked.keys.fetched(), &trust.key_set_url) else {
            return Ok(None);
        };
        let fetcher = Fetcher::new(url, trust.key_set_authorities.as_deref())?;
        Ok(Some(Refresh { set: Arc::clone(set), fetcher }))
    }

    const fn checked(&self) -> Option<&Checked> {
        match self {
            Self::Open => None,
            Self::Checked(checked) => Some(checked),
        }
    }

    /// Who makes guests here.
    pub(crate) fn guests(&self) -> Option<&Guests> {
        self.checked().and_then(|checked| checked.keys.guests())
    }

    /// Who brings this token, at `now`. Where nobody is asked who they are, it is not looked for: a
    /// proxy's own credentials are then none of ours. A token by a key that is not known yet waits until the
    /// keys were fetched again, unless they were lately.
    pub(crate) async fn known<'a>(
        &self,
        token: impl FnOnce() -> Result<Option<&'a str>, Problem>,
        now: Timestamp,
    ) -> Result<Known, Problem> {
        let Self::Checked(checked) = self else {
            return Ok(Known { caller: Caller::Anyone, until: None });
        };
        let expected = "expected Authorization: Bearer and a token or an API key";
        let token = token()?.ok_or_else(|| Problem::new(Code::Unauthenticated, expected))?;
        let problem = match checked.known(token, now) {
            Ok(known) => return Ok(known),
            Err(problem) => problem,
        };
        match checked.lacking(token) {
            Some(set) if set.is_fetched_again().await => checked.known(token, now),
            Some(_) | None => Err(problem),
        }
    }

    /// That `caller` may take what another's cart holds: that one has given them a token of theirs.
    pub(crate) fn consent(
        &self,
        caller: &Caller,
        (from, token): (&CartKey, Option<&str>),
        now: Timestamp,
    ) -> Result<(), Problem> {
        match caller {
            Caller::Anyone | Caller::Shop { .. } => Ok(()),
            // The rules say what comes of a cart merged into itself.
            Caller::Customer { user, .. } if user == from.user() => Ok(()),
            Caller::Customer { .. } => {
                // The caller's own token is not what is wrong: no answer may ask for another of those.
                // For a key that is not known yet nobody waits here: the caller's was just looked at.
                let theirs = token.and_then(|token| self.checked()?.known(token, now).ok());
                let theirs = theirs.and_then(|known| known.caller.cart(from.user().clone()).ok());
                let lacking = "fromToken: expected a token of the other cart's user";
                let has_consented = theirs.is_some_and(|theirs| theirs == *from);
                if has_consented { Ok(()) } else { Err(caller::forbidden(lacking)) }
            }
        }
    }
}

impl Checked {
    /// The set that lacks the key of a token which is worth a look.
    fn lacking(&self, token: &str) -> Option<&Arc<KeySet>> {
        let is_jwt = bounded(token).is_ok() && !ApiKey::is_meant(token);
        is_jwt.then(|| self.keys.lacking(token)).flatten()
    }

    fn known(&self, token: &str, now: Timestamp) -> Result<Known, Problem> {
        bounded(token)?;
        if ApiKey::is_meant(token) {
            let key =
                self.api_keys.find(token).ok_or_else(|| invalid("nobody has this API key"))?;
            let (name, tenant) = (key.name().to_owned(), key.tenant().cloned());
            let caller = Caller::Shop { tenant, name };
            return Ok(Known { caller, until: None });
        }
        let digest = Sha256::digest(token).into();
        // Read before the keys are: what the set of before has found, that after it does not believe.
        let generation = self.keys.generation();
        if let Some(known) = self.believed((digest, generation), now) {
            return Ok(known);
        }
        let known = self.keys.check(token)?;
        let again = now.plus_seconds(BELIEVED_FOR);
        let until = known.until.map_or(again, |ends| ends.min(again));
        if let Ok(mut believed) = self.believed.lock() {
            believed.put(digest, Believed { known: known.clone(), generation, until });
        }
        Ok(known)
    }

    fn believed(&self, (digest, by): ([u8; 32], u64), now: Timestamp) -> Option<Known> {
        let mut believed = self.believed.lock().ok()?;
        let one = believed.get(&digest)?;
        (now < one.until && one.generation == by).then(|| one.known.clone())
    }
}

/// Refuses a token nobody needs, before anything is made of it.
fn bounded(token: &str) -> Result<(), Problem> {
    if token.len() > TOKEN_MAX { Err(invalid("the token is too long")) } else { Ok(()) }
}

/// A token that proves nothing; why is for developers.
fn invalid(why: &'static str) -> Problem {
    Problem::new(Code::InvalidToken, why)
}
