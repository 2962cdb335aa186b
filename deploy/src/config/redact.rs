//! Takes out of a setting what may be a secret; in doubt, it is one. Pure.

/// What stands for a secret.
pub(super) const HIDDEN: &str = "***";

/// Words that a secret's name has in it.
const WORDS: [&str; 4] = ["password", "secret", "token", "key"];

/// Whether what has this name is a secret.
pub(super) fn names_a_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    WORDS.iter().any(|word| name.contains(word))
}

/// The values of one setting, without secrets: those of `key=value` pairs whose text names one,
/// and the user info of addresses.
pub(super) fn redacted(values: &[String]) -> String {
    let values: Vec<_> = values.iter().map(|value| without_value(value)).collect();
    without_user_info(&values.join(","))
}

/// A value may itself hold pairs, as `sasl.jaas.config` does: the whole text is looked at.
fn without_value(text: &str) -> String {
    match text.split_once('=') {
        Some((name, _)) if names_a_secret(text) => format!("{name}={HIDDEN}"),
        Some(_) | None => text.to_owned(),
    }
}

/// A password may have any character in it: everything from the first scheme, or the beginning, up
/// to the last `@` is hidden, rather than too little of it.
fn without_user_info(text: &str) -> String {
    let Some((before, host)) = text.rsplit_once('@') else { return text.to_owned() };
    match before.split_once("://") {
        Some((scheme, _)) => format!("{scheme}://{HIDDEN}@{host}"),
        None if before.contains(':') => format!("{HIDDEN}@{host}"),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    fn redacted(values: &[&str]) -> String {
        super::redacted(&values.iter().map(|value| (*value).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn a_pair_keeps_its_name_and_loses_its_value_if_it_names_a_secret() {
        for (value, shown) in [
            ("sasl.password=a=b", "sasl.password=***"),
            ("SSL.KEY.PEM=x", "SSL.KEY.PEM=***"),
            ("oauth.Token=x", "oauth.Token=***"),
            ("sasl.oauthbearer.client.secret=x", "sasl.oauthbearer.client.secret=***"),
            ("sasl.jaas.config=Login password=\"x\";", "sasl.jaas.config=***"),
            ("security.protocol=SSL", "security.protocol=SSL"),
            ("monkey", "monkey"),
        ] {
            assert_eq!(redacted(&[value]), shown);
        }
    }

    #[test]
    fn an_address_loses_its_user_info_whatever_characters_that_has() {
        for (value, shown) in [
            ("https://user:pass@host/path", "https://***@host/path"),
            ("https://token@host", "https://***@host"),
            ("ssl://u:p,w@/@host:1", "ssl://***@host:1"),
            ("u:p@host:1", "***@host:1"),
            ("host:1,host:2", "host:1,host:2"),
            ("/srv/ann@work/data", "/srv/ann@work/data"),
        ] {
            assert_eq!(redacted(&[value]), shown);
        }
        assert_eq!(redacted(&["a://u:p@h", "b://u:q@i"]), "a://***@i");
    }
}
