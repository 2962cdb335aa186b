//! The settings of how much may be asked. Counts nothing.

use cart_api::{Allowances, Limit};
use clap::Args;

/// How much each may ask, as `RATE/BURST`: requests a second, and how many at once; or `off`.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct LimitArgs {
    /// Reads of each user and guest: so many a second, and so many at once, or `off`; docs/limits.md.
    #[arg(long, env = "CARTSTREAM_LIMIT_READS", value_name = LIMIT, default_value = "100/200")]
    limit_reads: Limit,
    /// Changes of each user and guest, by requests and over sockets.
    #[arg(long, env = "CARTSTREAM_LIMIT_WRITES", value_name = LIMIT, default_value = "50/100")]
    limit_writes: Limit,
    /// Sockets and streams each user and guest opens.
    #[arg(long, env = "CARTSTREAM_LIMIT_SOCKETS", value_name = LIMIT, default_value = "5/20")]
    limit_sockets: Limit,
    /// Requests of any kind from each address; this machine's own has no limit.
    #[arg(long, env = "CARTSTREAM_LIMIT_ADDRESS", value_name = LIMIT, default_value = "10000/20000")]
    limit_address: Limit,
    /// How many proxies of yours a request comes through, each of which adds to X-Forwarded-For; by
    /// default none, and the header is not believed.
    #[arg(
        long,
        env = "CARTSTREAM_TRUSTED_PROXIES",
        value_name = "N",
        default_value_t = 0,
        value_parser = clap::value_parser!(u8).range(0..=MOST_PROXIES)
    )]
    trusted_proxies: u8,
}

/// The form of a limit.
const LIMIT: &str = "RATE/BURST";
/// More proxies than that stand before nobody.
const MOST_PROXIES: i64 = 16;

impl LimitArgs {
    /// What the API is to count.
    pub(crate) const fn allowances(self) -> Allowances {
        Allowances {
            reads: self.limit_reads,
            writes: self.limit_writes,
            sockets: self.limit_sockets,
            address: self.limit_address,
            trusted_proxies: self.trusted_proxies,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Only {
        #[command(flatten)]
        limits: LimitArgs,
    }

    fn read(args: &[&str]) -> Result<Allowances, String> {
        let only = Only::try_parse_from([&["cartstream"], args].concat());
        only.map(|only| only.limits.allowances()).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_not_set_is_the_default_of_the_api() {
        assert_eq!(read(&[]), Ok(Allowances::default()));
    }

    #[test]
    fn each_limit_can_be_set_and_switched_off() {
        let flags = ["--limit-reads", "--limit-writes", "--limit-sockets", "--limit-address"];
        let off: Vec<_> = flags.iter().flat_map(|flag| [*flag, "off"]).collect();

        assert_eq!(read(&off), Ok(Allowances::NONE));
        let set = read(&["--limit-writes", "7/9", "--trusted-proxies", "2"]).unwrap();
        assert_eq!((set.writes.to_string().as_str(), set.trusted_proxies), ("7/9", 2));
    }

    #[test]
    fn a_limit_that_is_none_names_its_flag() {
        for (flag, value) in [
            ("--limit-reads", "100"),
            ("--limit-writes", "9/7"),
            ("--limit-address", "0/1"),
            ("--trusted-proxies", "17"),
        ] {
            let error = read(&[flag, value]).unwrap_err();
            assert!(error.contains(flag), "{error}");
        }
    }
}
