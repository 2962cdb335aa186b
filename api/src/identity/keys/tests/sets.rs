//! Public keys, alone and in sets: which are used, and for what.

use super::*;

const RSA_1024: &str = "-----BEGIN PUBLIC KEY-----
MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDldbvyUiMc+jOF4wjGk+yW+vRs
kh1aqaU4AV5sI1yrUiMgX0zMZvIxHLdS0pqhUqsWzZoapmy3bP4tOXjg8g31zeeY
Muc1ok1eTKy/zlDnKIMbGjISRRljFQYL9D2glVo7jowCp4yv0LK+ob+b6eToKD5i
VvuqCnUWQMNXdXvi4wIDAQAB
-----END PUBLIC KEY-----";
const P521: &str = "-----BEGIN PUBLIC KEY-----
MIGbMBAGByqGSM49AgEGBSuBBAAjA4GGAAQAO2QnDuOs4NvsOaSIDuuabu3AMEIS
yTE6nesGWRIHKii1yoFQQzWsKCsMMSp0EaG9hUvSE+CaSuuWCiNIUdt6u5IA70NP
tjs/wRJ4xhr4gxbR9obVaPDH1swHwybtXZAaAI9yC6xUIDRKZFVGtYpEO360+Wel
zOLHTJjiFckIUBi6hbk=
-----END PUBLIC KEY-----";
const SECP256K1: &str = "-----BEGIN PUBLIC KEY-----
MFYwEAYHKoZIzj0CAQYFK4EEAAoDQgAERlK/NGFLbXxonu3TDf6AZb0be5dLdCLj
91G2XIZyJG4Iqi87CfqBP15UHEjXcWYII7dmXzFJGlRWbvPmiRgJbg==
-----END PUBLIC KEY-----";

/// A public key as a set has it, and this.
fn jwk(public: &EncodingKey, algorithm: Algorithm, more: &Value) -> Value {
    let mut jwk = serde_json::to_value(Jwk::from_encoding_key(public, algorithm).unwrap()).unwrap();
    let all = jwk.as_object_mut().unwrap();
    all.remove("alg");
    all.extend(more.as_object().unwrap().clone());
    jwk
}

fn set(keys: &[Value]) -> Trust {
    Trust { key_set: Some(json!({ "keys": keys }).to_string()), ..Trust::default() }
}

fn three() -> Trust {
    set(&[
        jwk(&rsa(), Algorithm::RS256, &json!({"kid": "r", "use": "sig"})),
        jwk(&ec(), Algorithm::ES256, &json!({"kid": "e", "key_ops": ["verify"]})),
        jwk(&ed(), Algorithm::EdDSA, &json!({"kid": "d", "alg": "EdDSA", "x5t": "x", "more": []})),
    ])
}

/// What signs nothing here, each for a reason of its own.
fn useless() -> Vec<Value> {
    let rsa = |more: &Value| jwk(&rsa(), Algorithm::RS256, more);
    vec![
        rsa(&json!({"use": "enc"})),
        rsa(&json!({"use": "tls"})),
        rsa(&json!({"key_ops": ["encrypt"]})),
        rsa(&json!({"key_ops": []})),
        rsa(&json!({"alg": "RSA-OAEP"})),
        rsa(&json!({"alg": "HS256"})),
        rsa(&json!({"n": "AQAB"})),
        rsa(&json!({"n": "!!"})),
        rsa(&json!({"kty": "RSA2"})),
        jwk(&secret(), Algorithm::HS256, &json!({"kid": "s"})),
        jwk(&secret(), Algorithm::HS256, &json!({"kid": "s", "alg": "RS256"})),
        jwk(&ec(), Algorithm::ES256, &json!({"crv": "P-384"})),
        jwk(&ec(), Algorithm::ES256, &json!({"crv": "P-521"})),
        jwk(&ec(), Algorithm::ES256, &json!({"crv": "secp256k1"})),
        jwk(&ec(), Algorithm::ES256, &json!({"x": "AAAA"})),
        jwk(&ec(), Algorithm::ES256, &json!({"y": "YDCKjL8yaqKEY3KceOfuKX7QLmRDGQWkONDES_fMnlw"})),
        jwk(&ed(), Algorithm::EdDSA, &json!({"crv": "X25519"})),
        jwk(&ed(), Algorithm::EdDSA, &json!({"crv": "P-256"})),
        jwk(&ed(), Algorithm::EdDSA, &json!({"x": "AAAA"})),
        jwk(&ed(), Algorithm::EdDSA, &json!({"x": ""})),
        json!({"kty": "AKP", "alg": "ML-DSA-44", "pub": "AAAA"}),
        json!({"kty": "RSA"}),
        json!({}),
    ]
}

#[test]
fn a_set_checks_the_tokens_that_name_one_of_its_keys_or_none() {
    for (kid, algorithm, key) in [
        ("r", Algorithm::RS256, rsa()),
        ("r", Algorithm::PS384, rsa()),
        ("e", Algorithm::ES256, ec()),
        ("d", Algorithm::EdDSA, ed()),
    ] {
        let named = named(kid, (algorithm, &key), &claims());
        assert_eq!(who(&three(), &named), Ok(ann()), "{kid}");
        assert_eq!(who(&three(), &token(algorithm, &key, &claims())), Ok(ann()), "{kid}");
    }
}

#[test]
fn a_key_that_the_set_does_not_name_so_checks_nothing() {
    for kid in ["", "e", "R", "r ", "x", "../r", "cartstream-guests"] {
        let token = named(kid, (Algorithm::RS256, &rsa()), &claims());
        assert_eq!(who(&three(), &token), Err("no key has signed it".to_owned()), "{kid:?}");
    }
}

#[test]
fn a_set_passes_over_what_signs_nothing_here() {
    for key in useless() {
        let none = Keys::new(&set(std::slice::from_ref(&key))).err().unwrap();
        assert!(matches!(none, BadAccess::NoKey), "{key}");
    }
    let good = jwk(&ed(), Algorithm::EdDSA, &json!({"kid": "d"}));
    let among = set(&[useless(), vec![good]].concat());

    assert_eq!(who(&among, &named("d", (Algorithm::EdDSA, &ed()), &claims())), Ok(ann()));
    for (algorithm, key) in
        [(Algorithm::HS256, secret()), (Algorithm::RS256, rsa()), (Algorithm::ES256, ec())]
    {
        for token in [token(algorithm, &key, &claims()), named("s", (algorithm, &key), &claims())] {
            assert_eq!(who(&among, &token), Err("no key has signed it".to_owned()));
        }
    }
}

#[test]
fn a_key_that_is_for_one_algorithm_checks_no_other() {
    let trust = set(&[jwk(&rsa(), Algorithm::RS256, &json!({"alg": "PS256"}))]);

    assert_eq!(who(&trust, &token(Algorithm::PS256, &rsa(), &claims())), Ok(ann()));
    for other in [Algorithm::RS256, Algorithm::PS512] {
        assert!(who(&trust, &token(other, &rsa(), &claims())).is_err(), "{other:?}");
    }
}

#[test]
fn a_text_that_is_no_set_is_refused_at_once() {
    for json in ["", "{", "[]", "{}", "null", r#"{"keys":{}}"#, r#"{"keys":[7]}"#] {
        let trust = Trust { key_set: Some(json.to_owned()), ..Trust::default() };
        assert!(matches!(Keys::new(&trust).err(), Some(BadAccess::KeySet(_))), "{json}");
    }
    assert!(matches!(Keys::new(&set(&[])).err(), Some(BadAccess::NoKey)));
}

#[test]
fn a_public_key_that_would_check_nothing_is_refused_at_once() {
    let cut = RSA_PUBLIC.get(..200).unwrap();
    let no_key = "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----";
    for pem in ["", "key", cut, no_key, RSA_KEY, EC_KEY, ED_KEY, RSA_1024, P521, SECP256K1] {
        let refused = Keys::new(&by_public(&[EC_PUBLIC, pem])).err();
        assert!(matches!(refused, Some(BadAccess::PublicKey)), "{pem}");
    }
}
