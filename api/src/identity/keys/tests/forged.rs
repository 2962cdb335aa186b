//! Tokens nobody who is trusted has made.

use super::super::super::{Access, Identity, TOKEN_MAX};
use super::*;

const NO_TOKEN: &str = "expected a JSON Web Token";
const UNSIGNED: &str = "no key has signed it";

fn everybody() -> Trust {
    Trust { secret: SECRET.parse().ok(), ..by_public(&[RSA_PUBLIC, EC_PUBLIC, ED_PUBLIC]) }
}

/// The parts of a token of Ann's by the secret.
fn parts() -> [String; 3] {
    let token = token(Algorithm::HS256, &secret(), &claims());
    let parts: Vec<_> = token.split('.').map(str::to_owned).collect();
    parts.try_into().unwrap()
}

#[test]
fn a_token_nobody_signed_is_refused_however_it_says_so() {
    let [_, payload, signature] = parts();
    for alg in [
        r#""none""#,
        r#""None""#,
        r#""NONE""#,
        r#""nOnE""#,
        r#"" none""#,
        r#""n\u006fne""#,
        r#""""#,
        r#""hs256""#,
        r#""HS256 ""#,
        "null",
        "0",
        "[\"HS256\"]",
        "{\"HS256\":null,\"none\":null}",
    ] {
        let header = URL_SAFE_NO_PAD.encode(format!(r#"{{"alg":{alg},"typ":"JWT"}}"#));
        for signature in ["", signature.as_str(), "AA"] {
            let told = who(&everybody(), &format!("{header}.{payload}.{signature}"));
            assert_eq!(told, Err(NO_TOKEN.to_owned()), "{alg} {signature:?}");
        }
    }
    for header in [r#"{"typ":"JWT"}"#, r#"{"alg":"none","alg":"HS256"}"#, "{}", "[]", ""] {
        let header = URL_SAFE_NO_PAD.encode(header);
        let told = who(&everybody(), &format!("{header}.{payload}.{signature}"));
        assert_eq!(told, Err(NO_TOKEN.to_owned()), "{header}");
    }
}

#[test]
fn a_public_key_is_never_the_secret_of_a_keyed_hash() {
    for public in [RSA_PUBLIC, EC_PUBLIC, ED_PUBLIC] {
        let trimmed = public.trim();
        let body: String = trimmed.lines().filter(|line| !line.starts_with('-')).collect();
        for text in [public, trimmed, &body] {
            let key = EncodingKey::from_secret(text.as_bytes());
            for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
                let token = token(algorithm, &key, &claims());
                for trust in [by_public(&[public]), everybody()] {
                    assert_eq!(who(&trust, &token), Err(UNSIGNED.to_owned()), "{algorithm:?}");
                }
            }
        }
    }
}

#[test]
fn a_key_checks_no_token_of_another_kind() {
    let all = [
        (Algorithm::HS256, secret()),
        (Algorithm::RS256, rsa()),
        (Algorithm::PS512, rsa()),
        (Algorithm::ES256, ec()),
        (Algorithm::EdDSA, ed()),
    ];
    let trusts = [
        (by_secret(), &[Algorithm::HS256][..]),
        (by_public(&[RSA_PUBLIC]), RSA),
        (by_public(&[EC_PUBLIC]), &[Algorithm::ES256]),
        (by_public(&[ED_PUBLIC]), &[Algorithm::EdDSA]),
    ];
    for (trust, own) in trusts {
        for (algorithm, key) in all.iter().filter(|(algorithm, _)| !own.contains(algorithm)) {
            let token = token(*algorithm, key, &claims());
            assert_eq!(who(&trust, &token), Err(UNSIGNED.to_owned()), "{algorithm:?}");
        }
    }
    for longer in [Algorithm::HS384, Algorithm::HS512] {
        let token = token(longer, &secret(), &claims());
        assert_eq!(who(&by_secret(), &token), Err(UNSIGNED.to_owned()), "{longer:?}");
    }
}

#[test]
fn a_header_that_says_it_was_signed_otherwise_helps_nobody() {
    for (algorithm, key) in [(Algorithm::RS256, rsa()), (Algorithm::ES256, ec())] {
        let token = token(algorithm, &key, &claims());
        let (_, rest) = token.split_once('.').unwrap();
        for alg in ["HS256", "RS256", "PS256", "ES256", "ES384", "EdDSA"] {
            if alg == format!("{algorithm:?}") {
                continue;
            }
            let header = URL_SAFE_NO_PAD.encode(format!(r#"{{"alg":"{alg}"}}"#));
            let told = who(&everybody(), &format!("{header}.{rest}"));
            assert_eq!(told, Err(UNSIGNED.to_owned()), "{algorithm:?} as {alg}");
        }
    }
}

#[test]
fn a_token_brings_no_key_of_its_own() {
    let own = EncodingKey::from_secret(b"the forger's own secret, as long as it takes");
    let jwk = Jwk::from_encoding_key(&own, Algorithm::HS256).unwrap();
    let url = Some("https://forger.example/keys".to_owned());
    let plain = || Header { kid: Some("../../dev/null".to_owned()), ..Header::default() };
    for header in [
        Header { jwk: Some(jwk), ..plain() },
        Header { jku: url.clone(), ..plain() },
        Header { x5u: url, x5c: Some(vec!["AAAA".to_owned()]), ..plain() },
    ] {
        let token = encode(&header, &claims(), &own).unwrap();
        assert_eq!(who(&everybody(), &token), Err(UNSIGNED.to_owned()), "{header:?}");
    }
}

#[test]
fn what_a_token_says_must_be_understood_is_not() {
    for crit in [r#"["b64"]"#, r#"["exp"]"#, "[]"] {
        let header = format!(r#"{{"alg":"HS256","crit":{crit},"b64":true}}"#);
        let told = who(&by_secret(), &raw(&header, &claims().to_string()));
        assert_eq!(told, Err("crit: no extension is understood here".to_owned()), "{crit}");
    }
}

#[test]
fn a_token_with_any_character_another_is_refused() {
    let token = token(Algorithm::HS256, &secret(), &claims());
    let keys = Keys::new(&by_secret()).unwrap();
    assert!(keys.check(&token).is_ok());
    for at in 0..token.len() {
        for other in [b'A', b'B', b'-', b'.', b'=', b' ', 0] {
            let mut bytes = token.clone().into_bytes();
            let byte = bytes.get_mut(at).unwrap();
            if *byte == other {
                continue;
            }
            *byte = other;
            let changed = String::from_utf8(bytes).unwrap();
            let problem = keys.check(&changed).unwrap_err();
            assert_eq!(problem.code(), Code::InvalidToken, "{at} {other}");
        }
    }
}

#[test]
fn a_token_is_whole_and_nothing_more() {
    let whole = token(Algorithm::HS256, &secret(), &claims());
    let keys = Keys::new(&by_secret()).unwrap();
    for length in 0..whole.len() {
        let cut = whole.get(..length).unwrap();
        assert_eq!(keys.check(cut).unwrap_err().code(), Code::InvalidToken, "{length}");
    }
    let [header, payload, signature] = parts();
    for text in [
        ".".to_owned(),
        "..".to_owned(),
        "...".to_owned(),
        "a.b.c".to_owned(),
        "!!.!!.!!".to_owned(),
        "ä.ö.ü".to_owned(),
        "null.null.null".to_owned(),
        format!("{header}.{payload}."),
        format!("{header}..{signature}"),
        format!(".{payload}.{signature}"),
        format!("{header}.{payload}.{signature}."),
        format!("{header}.{payload}.{signature}.{signature}"),
        format!("{header}.{header}.{payload}.{signature}"),
        format!("{header}.{payload}.{signature}="),
        format!("{header}=.{payload}.{signature}"),
        format!(" {header}.{payload}.{signature}"),
        format!("{header}.{payload}.{signature}\n"),
        format!("{header} .{payload}.{signature}"),
        format!("{payload}.{header}.{signature}"),
        format!("{header}.{payload}.{payload}"),
        format!("Bearer {header}.{payload}.{signature}"),
        whole.repeat(2),
    ] {
        let problem = keys.check(&text).unwrap_err();
        assert_eq!(problem.code(), Code::InvalidToken, "{text:?}");
    }
}

#[test]
fn a_json_bomb_is_refused() {
    let deep = format!("{}{}", "[".repeat(1_500), "]".repeat(1_500));
    let wide = format!(r#"{{"alg":"HS256",{}"z":0}}"#, r#""a":{},"#.repeat(500));
    for header in [
        format!(r#"{{"alg":"HS256","x":{deep}}}"#),
        format!(r#"{{"alg":"HS256","jwk":{deep}}}"#),
        deep.clone(),
    ] {
        let told = who(&by_secret(), &raw(&header, &claims().to_string()));
        assert_eq!(told, Err(NO_TOKEN.to_owned()));
    }
    let header = r#"{"alg":"HS256"}"#;
    for claim in ["sub", "exp", "nbf", "iss", "aud", "scope", "tenant"] {
        let mut claims = claims();
        claims.as_object_mut().unwrap().remove(claim);
        let payload = claims.to_string().replacen('{', &format!(r#"{{"{claim}":{deep},"#), 1);
        assert!(who(&by_secret(), &raw(header, &payload)).is_err(), "{claim}");
    }
    // What nobody reads costs nothing, and whoever may sign may say it.
    let unread = claims().to_string().replacen('{', &format!(r#"{{"x":{deep},"#), 1);
    assert_eq!(who(&by_secret(), &raw(header, &unread)), Ok(ann()));
    assert_eq!(who(&by_secret(), &raw(&wide, &claims().to_string())), Ok(ann()));
}

#[tokio::test]
async fn a_token_of_more_than_8_kib_is_refused_unread() {
    let identity = Identity::new(&Access::Known(Box::new(by_secret()))).unwrap();
    let known = async |token: &str| identity.known(|| Ok(Some(token)), clock::now()).await;
    let padded =
        |by: usize| token(Algorithm::HS256, &secret(), &with("pad", json!("x".repeat(by))));
    let most = (5_900..6_200).rev().map(padded).find(|token| token.len() <= TOKEN_MAX).unwrap();
    let more = (5_900..6_200).map(padded).find(|token| token.len() > TOKEN_MAX).unwrap();

    assert_eq!(known(&most).await.unwrap().caller, ann());
    assert_eq!(why(&known(&more).await.unwrap_err()), "the token is too long");
    let no_token = "x".repeat(TOKEN_MAX + 1);
    assert_eq!(why(&known(&no_token).await.unwrap_err()), "the token is too long");
    let no_key = format!("csk_{no_token}");
    assert_eq!(why(&known(&no_key).await.unwrap_err()), "the token is too long");
}
