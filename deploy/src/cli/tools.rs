//! What the subcommands take that look at a running shop. All but `dlq replay` only read.

use cart_schemas::id::{CartKey, TenantId};
use cart_schemas::timestamp::Timestamp;
use clap::Args;
use jiff::SignedDuration;

use crate::answer::Form;

/// Dead letters: commands nobody could decide.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum LettersAction {
    /// Tell which there are.
    List {
        /// Only those of this class, as in `Undecodable`.
        #[arg(long)]
        class: Option<String>,
        #[command(flatten)]
        form: Form,
    },
    /// Show one, whole.
    Show {
        /// The partition of the command log it lay on.
        partition: u16,
        /// Its offset there.
        #[arg(value_parser = offsets())]
        offset: i64,
        #[command(flatten)]
        form: Form,
    },
    /// Append commands again where they lay, if nobody can have decided them; nothing is deleted.
    Replay(ReplayArgs),
}

/// Which letters are replayed.
#[derive(Debug, Args)]
pub(crate) struct ReplayArgs {
    /// The partition of the command log it lay on.
    #[arg(required_unless_present = "all", conflicts_with = "all", requires = "offset")]
    pub(crate) partition: Option<u16>,
    /// Its offset there.
    #[arg(value_parser = offsets())]
    pub(crate) offset: Option<i64>,
    /// Every letter.
    #[arg(long)]
    pub(crate) all: bool,
    /// Of all letters, only those of this class.
    #[arg(long, requires = "all", conflicts_with = "partition")]
    pub(crate) class: Option<String>,
    /// Also what may be decided already and forgotten: you looked at the cart, and it is not.
    #[arg(long)]
    pub(crate) risk_deciding_twice: bool,
    #[command(flatten)]
    pub(crate) form: Form,
}

/// What is looked at.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Inspected {
    /// A cart: its row, what it remembers, what it waits for, and whether commands wait for it.
    Cart {
        /// The user, or `tenant/user`.
        key: CartKey,
    },
}

/// What is counted.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum AnalyticsAction {
    /// Count every event there is, and tell how many carts began, were left, came back and were paid; or, with
    /// other tiers, how many would have been told to have left.
    Replay(CountArgs),
}

/// What is counted, and by which tiers.
#[derive(Debug, Args)]
pub(crate) struct CountArgs {
    /// For how long nobody has touched a cart that the first tier tells of, as in 30m.
    #[arg(long, value_parser = whole_seconds)]
    pub(crate) idle: Option<u32>,
    /// The same of every tier, as in 30m,6h,48h.
    #[arg(long, value_parser = whole_seconds, value_delimiter = ',')]
    pub(crate) tiers: Vec<u32>,
    /// With tiers, only what was due from this time on (RFC 3339).
    #[arg(long)]
    pub(crate) from: Option<Timestamp>,
    /// With tiers, only what was due before this time.
    #[arg(long)]
    pub(crate) to: Option<Timestamp>,
    #[command(flatten)]
    pub(crate) form: Form,
}

fn whole_seconds(text: &str) -> Result<u32, String> {
    let time: SignedDuration = text.parse().map_err(|error: jiff::Error| error.to_string())?;
    let seconds = u32::try_from(time.as_secs()).ok().filter(|_| time.subsec_nanos() == 0);
    seconds.ok_or_else(|| "expected whole seconds".to_owned())
}

/// What is done with API keys.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum KeysAction {
    /// Make one, and tell the line to keep of it.
    New {
        /// What the service is called, in the audit and in the file.
        #[arg(value_parser = one_word)]
        name: String,
        /// The shop it may act for; the default one if absent.
        #[arg(long)]
        tenant: Option<TenantId>,
    },
}

/// What is done with settings.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum ConfigAction {
    /// Tell every setting, its value and where that came from; secrets are hidden.
    Show(Form),
}

fn one_word(text: &str) -> Result<String, &'static str> {
    let is_word =
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#');
    is_word.then(|| text.to_owned()).ok_or("expected one word")
}

fn offsets() -> impl clap::builder::TypedValueParser<Value = i64> {
    clap::value_parser!(i64).range(0..)
}
