//! What of Kafka's security goes together, in a build with it and in one without.

use clap::Parser;

use super::*;

#[derive(Debug, Parser)]
struct Only {
    #[command(flatten)]
    access: KafkaAccess,
}

fn access(args: &[&str]) -> KafkaAccess {
    Only::parse_from([&["cartstream"], args].concat()).access
}

fn checked(args: &[&str]) -> Result<(), String> {
    access(args).check()
}

const USER: [&str; 3] =
    ["--kafka-sasl=scram-sha-512", "--kafka-user=shop", "--kafka-password=hunter2"];

#[test]
fn what_does_not_go_together_is_refused_by_its_flag() {
    for (args, flag) in [
        (&["--kafka-ca=ca.pem"][..], "--kafka-security"),
        (&["--kafka-security=ssl", "--kafka-cert=a.pem"], "--kafka-key"),
        (&["--kafka-security=ssl", "--kafka-key=a.pem"], "--kafka-cert"),
        (&["--kafka-security=sasl-plaintext", "--kafka-ca=ca.pem"], "sasl-ssl"),
        (&["--kafka-security=sasl-ssl"], "--kafka-user"),
        (&["--kafka-security=sasl-ssl", USER[0], USER[1]], "--kafka-password"),
        (&["--kafka-security=ssl", USER[1]], "--kafka-user"),
        (&USER, "--kafka-security"),
    ] {
        let refused = checked(args).unwrap_err();
        assert!(refused.contains(flag) && !refused.contains("hunter2"), "{args:?}: {refused}");
    }
    assert_eq!(checked(&[]), Ok(()));
    for security in ["--kafka-security=sasl-ssl", "--kafka-security=sasl-plaintext"] {
        assert_eq!(checked(&[&[security], &USER[..]].concat()), Ok(()));
    }
}

#[test]
fn settings_are_librdkafkas_and_the_password_is_shown_to_nobody() {
    let access = access(&[&["--kafka-security=sasl-ssl"], &USER[..]].concat());
    let options = [
        ("security.protocol", "sasl_ssl"),
        ("ssl.ca.location", "probe"),
        ("sasl.mechanism", "SCRAM-SHA-512"),
        ("sasl.username", "shop"),
        ("sasl.password", "hunter2"),
    ];

    assert_eq!(access.options(), options.map(|(name, value)| (name.into(), value.into())));
    assert!(!format!("{access:?}").contains("hunter2"));
    assert_eq!(self::access(&[]).options(), []);
}

#[test]
fn a_build_without_tls_names_the_feature_it_lacks() {
    let option = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let plain = [option("security.protocol", "PLAINTEXT"), option("linger.ms", "1")];
    assert_eq!(access(&[]).settle(&plain), Ok(()));

    let ssl = access(&["--kafka-security=ssl"]).settle(&[]);
    let by_option = access(&[]).settle(&[option("sasl.mechanism", "PLAIN")]);
    for settled in [ssl, by_option] {
        assert_eq!(settled.is_ok(), SPEAKS_TLS);
        if let Err(refused) = settled {
            assert!(refused.contains("kafka-tls"), "{refused}");
        }
    }
}

#[test]
fn a_password_comes_from_one_place() {
    let file = std::env::temp_dir().join(format!("cartstream-password-{}", std::process::id()));
    std::fs::write(&file, "hunter2\n").unwrap();
    let flag = format!("--kafka-password-file={}", file.display());
    let mut from_file = access(&[&flag]);
    // It stands alone here, which is found only after it was read.
    drop(from_file.settle(&[]));
    assert_eq!(from_file.kafka_password.as_ref().map(Password::text), Some("hunter2"));

    let both = access(&[&flag, "--kafka-password=x"]).settle(&[]).unwrap_err();
    assert!(both.contains("--kafka-password-file"), "{both}");
    std::fs::write(&file, "\n").unwrap();
    assert!(access(&[&flag]).settle(&[]).unwrap_err().contains("empty"));
    std::fs::remove_file(&file).unwrap();
    assert!(access(&[&flag]).settle(&[]).unwrap_err().contains("cannot be read"));
}
