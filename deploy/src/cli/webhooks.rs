//! The settings of webhooks and of the links they tell.

use cart_analytics::webhooks::{Links, Page, ShortSecret, Terms};
use cart_api::Webhooks;
use cart_outbound::{Client, Destination, Reach};
use clap::Args;

use crate::clock;
use crate::exit::Failure;

/// How shops' webhooks are told.
#[derive(Debug, Args)]
pub(crate) struct WebhookArgs {
    /// Let webhooks be on hosts of a private network, or on this machine by plain http.
    #[arg(long, env = "CARTSTREAM_WEBHOOKS_ALLOW_PRIVATE")]
    webhooks_allow_private: bool,
    /// The secret of at least 32 bytes that recovery links are signed with, the same for every process;
    /// without it there are none. Better in the environment than on the command line.
    #[arg(long, env = "CARTSTREAM_RECOVERY_SECRET", value_name = "SECRET", value_parser = links, hide_env_values = true)]
    recovery_secret: Option<Links>,
    /// The page of the storefront that recovery links lead to; it gets `recovery=` and a token, which it
    /// shows to POST /api/recovery.
    #[arg(long, env = "CARTSTREAM_RECOVERY_URL", value_name = "URL", requires = "recovery_secret")]
    recovery_url: Option<String>,
}

fn links(secret: &str) -> Result<Links, ShortSecret> {
    Links::new(secret)
}

impl WebhookArgs {
    const fn reach(&self) -> Reach {
        if self.webhooks_allow_private { Reach::Inside } else { Reach::World }
    }

    /// What the API is to know of it.
    pub(crate) fn settings(&self) -> Webhooks {
        Webhooks { reach: self.reach(), links: self.recovery_secret.clone() }
    }

    /// What endpoints are told with.
    ///
    /// # Errors
    /// The page is none, or nobody can be trusted over TLS.
    pub(crate) fn terms(&self) -> Result<Terms, Failure> {
        let client = Client::new(None)
            .map_err(|source| Failure::failed("webhooks cannot be told by TLS", source))?;
        let page = self.recovery_url.clone().zip(self.recovery_secret.clone());
        let page = page.map(|(url, links)| page_of(url, links)).transpose()?;
        Ok(Terms { client, reach: self.reach(), page, now: clock::now })
    }
}

/// A page is the shop's own: it may be anywhere.
fn page_of(url: String, links: Links) -> Result<Page, Failure> {
    match Destination::parse(&url, Reach::Inside) {
        Ok(_) => Ok(Page { url, links }),
        Err(error) => Err(Failure::Usage(format!("--recovery-url: {error}"))),
    }
}
