//! `cartstream bench sockets`: many devices, each with a socket on a cart of its own. What they cost
//! while nothing happens, and how long after a change they are told of it. Judges nothing itself.

mod changes;
mod files;
mod line;
mod opening;
mod pauses;
mod plan;
mod report;
mod roll;
mod socket;
mod storm;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::fill;
use super::run::bar;
use super::server::Server;
use super::shopper::{add, cart_of};
use super::target::Target;
use super::{HIGHEST_RATE, LONGEST_RUN, MOST_SENDERS, write};
use crate::exit::Failure;
use crate::progress::Progress;
use changes::Ran;
use files::OpenFiles;
use opening::Crowd;
use plan::Plan;
use report::Report;
use storm::Storm;

/// The most sockets of one process: Linux has 28,232 ports for connections from one address to
/// another, and as many as [`MOST_SENDERS`] are for the changes.
const MOST_CONNECTIONS: u32 = 24_000;

/// What `bench sockets` is run with.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct CrowdArgs {
    /// The shop, as http://host:port, perhaps with a path, or host:port. Several take the sockets in
    /// turn, and the changes of their carts; repeat or separate by commas.
    #[arg(long, value_delimiter = ',', default_value = "http://127.0.0.1:8080")]
    shop: Vec<Target>,
    /// Sockets, each on a cart of its own with a line in it.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=i64::from(MOST_CONNECTIONS)))]
    connections: u32,
    /// The carts are those of socket-N, socket-N+1 …, so that several processes share none.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    first_user: u32,
    /// So many of them do not read any more once they were shown their cart. Their carts are changed
    /// like the others, and nothing is awaited there.
    ///
    /// They answer no pings either: the shop closes them after 80 to 120 s.
    #[arg(long, value_name = "F", default_value_t = 0)]
    slow: u32,
    /// The carts hold their lines from a run before: put none.
    ///
    /// A shop that was started anew has nothing in memory then that sockets could take the place of,
    /// so that what they take is seen from the first.
    #[arg(long)]
    filled: bool,
    /// Changes a second, over all carts at random, whether the shop keeps up or not (open loop).
    ///
    /// Without it, sockets are opened and nothing else.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=i64::from(HIGHEST_RATE)))]
    rate: Option<u32>,
    /// How long, after a warm-up of a fifth of it.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=i64::from(LONGEST_RUN)))]
    seconds: u32,
    /// Wait, once all are open, until the instance is restarted, and tell how long each socket was
    /// without its cart.
    ///
    /// Says on standard error when that may be done. Sockets that are cut come back on their own as
    /// those of browsers do: after pauses drawn at random that grow from 0.25 to 30 s.
    #[arg(long, conflicts_with_all = ["rate", "slow"])]
    storm: bool,
    /// How long after the first cut all are to be served again.
    #[arg(long, value_name = "SECONDS", default_value_t = 60, requires = "storm", value_parser = clap::value_parser!(u32).range(1..=i64::from(LONGEST_RUN)))]
    storm_within: u32,
    /// Connections for the changes; each has one request under way at a time.
    #[arg(long, default_value_t = 128, value_parser = clap::value_parser!(u32).range(1..=i64::from(MOST_SENDERS)))]
    senders: u32,
    /// Where the figures are written as JSON.
    #[arg(long)]
    json: Option<PathBuf>,
    /// What the figures are called there.
    #[arg(long)]
    name: Option<String>,
}

impl CrowdArgs {
    /// Within which time a storm is to be over, if there is to be one.
    fn storm(&self) -> Option<Duration> {
        self.storm.then(|| Duration::from_secs(u64::from(self.storm_within)))
    }

    fn plan(&self) -> Result<Plan, Failure> {
        let Self { connections, slow, .. } = *self;
        if slow > connections {
            let text = format!("--slow {slow} is more than --connections {connections}");
            return Err(Failure::Usage(text));
        }
        Ok(Plan { first_user: self.first_user, connections, slow, shops: self.shop.len() })
    }
}

/// What was done once the sockets were open.
#[derive(Debug)]
enum Then {
    Nothing,
    /// Their carts were changed.
    Changed(Box<Ran>),
    /// Their instance was restarted.
    Stormed(Box<Storm>),
}

impl Then {
    /// Whether nothing was lost on the way: a storm is judged, changes are only told.
    fn complete(&self, plan: Plan) -> Result<(), Failure> {
        match self {
            Self::Nothing | Self::Changed(_) => Ok(()),
            Self::Stormed(storm) => storm.complete(plan),
        }
    }
}

/// Opens the sockets, does with them what is wanted, and prints what it came to.
#[expect(clippy::print_stdout, reason = "the table is the answer of this command")]
pub(super) async fn run(args: &CrowdArgs) -> Result<(), Failure> {
    let plan = args.plan()?;
    let files = OpenFiles::raise()?;
    Progress::on_stderr().say(&files.to_string());
    files.hold(args.connections, args.senders)?;
    let shops = ready(args, plan).await?;
    let mut crowd = Crowd::open(plan, &shops).await?;
    let then = go_on(args, &mut crowd, &shops).await?;
    let report = Report::new(args, files, &crowd, &then);
    print!("{report}");
    write(args.json.as_deref(), &report.json())?;
    complete(&crowd, &shops).await?;
    then.complete(plan)
}

/// The shops, with a line in every cart.
async fn ready(args: &CrowdArgs, plan: Plan) -> Result<Vec<Server>, Failure> {
    let mut shops = Vec::new();
    for (place, target) in args.shop.iter().enumerate() {
        let shop = Server::at(target.clone()).await?;
        if !args.filled {
            fill::stock(shop.target()).await?;
            put_lines((shop.target(), args.senders), plan, place).await?;
        }
        shops.push(shop);
    }
    Ok(shops)
}

/// Puts a line into the cart of every socket at a shop: an empty cart is told in fewer bytes than a
/// customer's is.
async fn put_lines(shop: (Target, u32), plan: Plan, place: usize) -> Result<(), Failure> {
    let carts: Arc<[u64]> = plan.carts_at(place).collect();
    let count = u64::try_from(carts.len()).unwrap_or(u64::MAX);
    let line = move |cart: u64| add(&cart_of(&plan.user(cart)), &plan.product(cart), 1);
    let lines = move |of: u64| -> Vec<_> {
        let of = usize::try_from(of.saturating_sub(1)).ok();
        of.and_then(|of| carts.get(of)).copied().map(line).into_iter().collect()
    };
    let bar = bar(shop.0.address(), "carts");
    fill::put_all(shop, count, Arc::new(lines), &bar).await
}

/// Changes the carts or awaits a storm, if that is wanted and there are any sockets.
async fn go_on(args: &CrowdArgs, crowd: &mut Crowd, shops: &[Server]) -> Result<Then, Failure> {
    crowd.hear();
    let then = match (args.rate, args.storm()) {
        (None, None) => Then::Nothing,
        (_, _) if crowd.roll.opened.is_empty() => Then::Nothing,
        (Some(rate), _) => Then::Changed(Box::new(changes::run(args, rate, crowd, shops).await?)),
        (None, Some(within)) => Then::Stormed(Box::new(storm::run(crowd, within).await?)),
    };
    crowd.hear();
    Ok(then)
}

/// Whether every socket was opened, and every shop still answers.
async fn complete(crowd: &Crowd, shops: &[Server]) -> Result<(), Failure> {
    for shop in shops {
        let what = "a shop no longer answers; the figures are of what it did until then";
        shop.lives().await.map_err(|source| Failure::failed(what, source))?;
    }
    let (opened, wanted) = (crowd.roll.opened.len(), crowd.plan().connections);
    if u32::try_from(opened) == Ok(wanted) {
        return Ok(());
    }
    let text = format!("{opened} of {wanted} sockets were opened; the figures are of those");
    Err(Failure::Incomplete(text))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        args: CrowdArgs,
    }

    fn args(line: &str) -> CrowdArgs {
        Line::try_parse_from(format!("sockets {line}").split(' ')).unwrap().args
    }

    #[test]
    fn shops_are_repeated_or_separated_by_commas() {
        let args = args("--connections 7 --shop a:1,b:2 --shop c:3");

        assert_eq!(args.plan().unwrap().shops, 3);
        assert_eq!((args.seconds, args.rate, args.first_user), (30, None, 1));
    }

    #[test]
    fn a_storm_is_bounded_and_stands_for_the_changes() {
        let tried =
            |line: &str| Line::try_parse_from(format!("sockets --connections 7 {line}").split(' '));

        assert_eq!(args("--connections 7").storm(), None);
        assert_eq!(args("--connections 7 --storm").storm(), Some(Duration::from_secs(60)));
        let bounded = args("--connections 7 --storm --storm-within 5");
        assert_eq!(bounded.storm(), Some(Duration::from_secs(5)));
        for refused in ["--storm --rate 5", "--storm --slow 1", "--storm-within 5"] {
            assert!(tried(refused).is_err(), "{refused}");
        }
    }

    #[test]
    fn no_more_sockets_are_slow_than_there_are() {
        assert!(args("--connections 7 --slow 7").plan().is_ok());
        let refusal = args("--connections 7 --slow 8").plan().unwrap_err();

        assert!(matches!(&refusal, Failure::Usage(text) if text.contains("--slow 8")), "{refusal}");
    }
}
