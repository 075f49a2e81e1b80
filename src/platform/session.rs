//! The access token: a JWT of fifteen minutes that names session, person and tenant, and nothing sensitive.

use anyhow::{Context, Result, ensure};
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// How long an access token lives, in seconds.
pub const ACCESS_SECONDS: i64 = 15 * 60;

/// What the token says. `role` and `ten` are hints for the frame; rights are read from the database at every opening.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The session.
    pub sid: Uuid,
    /// The person.
    pub sub: Uuid,
    /// The tenant the token was issued in, when there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ten: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rol: Option<String>,
    pub iat: i64,
    pub exp: i64,
    pub iss: String,
    pub aud: String,
}

const ISSUER: &str = "vantera";
const AUDIENCE: &str = "vantera-web";

/// Signing keys, newest first; older ones still verify until they are taken out.
pub struct TokenKeys {
    keys: Vec<(String, EncodingKey, DecodingKey)>,
}

impl TokenKeys {
    /// From `kid:hex` words separated by commas, each key at least 32 bytes.
    pub fn parse(text: &str) -> Result<Self> {
        let mut keys = Vec::new();
        for word in text.trim().split(',') {
            let (kid, secret) = word.trim().split_once(':').context("a token key is written kid:hex")?;
            let secret = hex::decode(secret).context("a token key is hex after its kid")?;
            ensure!(secret.len() >= 32, "a token key has at least 32 bytes");
            keys.push((kid.to_owned(), EncodingKey::from_secret(&secret), DecodingKey::from_secret(&secret)));
        }
        ensure!(!keys.is_empty(), "there must be one token key");
        Ok(Self { keys })
    }

    pub fn issue(&self, session: Uuid, person: Uuid, tenant: Option<Uuid>, role: Option<&str>, now: Timestamp) -> Result<String> {
        let (kid, key, _) = &self.keys[0];
        let iat = now.as_second();
        let claims = Claims { sid: session, sub: person, ten: tenant, rol: role.map(str::to_owned), iat, exp: iat + ACCESS_SECONDS, iss: ISSUER.into(), aud: AUDIENCE.into() };
        let header = Header { kid: Some(kid.clone()), ..Header::new(Algorithm::HS256) };
        Ok(jsonwebtoken::encode(&header, &claims, key)?)
    }

    /// The claims of a token that is ours, whole and still alive at `now`; anything else is nobody.
    pub fn read(&self, token: &str, now: Timestamp) -> Option<Claims> {
        let kid = jsonwebtoken::decode_header(token).ok()?.kid?;
        let (_, _, key) = self.keys.iter().find(|(known, ..)| *known == kid)?;
        let mut rules = Validation::new(Algorithm::HS256);
        rules.set_audience(&[AUDIENCE]);
        rules.set_issuer(&[ISSUER]);
        rules.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        // Time is ours to hand in, so the library's own clock is left out and the check stands below.
        rules.validate_exp = false;
        let claims = jsonwebtoken::decode::<Claims>(token, key, &rules).ok()?.claims;
        let second = now.as_second();
        (claims.exp > second && claims.iat <= second + 60).then_some(claims)
    }
}

/// SHA-256 of a secret, as the database keeps it.
pub fn hash(secret: &[u8]) -> Vec<u8> {
    aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, secret).as_ref().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;

    fn keys() -> TokenKeys {
        TokenKeys::parse(&format!("b:{},a:{}", "11".repeat(32), "22".repeat(32))).unwrap()
    }

    fn moment() -> Timestamp {
        "2026-11-21T08:00:00Z".parse().unwrap()
    }

    #[test]
    fn a_token_is_read_back_until_it_expires() {
        let token = keys().issue(Uuid::nil(), Uuid::nil(), None, Some("resident"), moment()).unwrap();
        assert!(keys().read(&token, moment()).is_some());
        let later = Timestamp::from_second(moment().as_second() + ACCESS_SECONDS).unwrap();
        assert!(keys().read(&token, later).is_none(), "expired");
    }

    #[test]
    fn an_older_key_still_verifies_and_a_stranger_does_not() {
        let old = TokenKeys::parse(&format!("a:{}", "22".repeat(32))).unwrap();
        let token = old.issue(Uuid::nil(), Uuid::nil(), None, None, moment()).unwrap();
        assert!(keys().read(&token, moment()).is_some());
        let stranger = TokenKeys::parse(&format!("a:{}", "33".repeat(32))).unwrap();
        let forged = stranger.issue(Uuid::nil(), Uuid::nil(), None, None, moment()).unwrap();
        assert!(keys().read(&forged, moment()).is_none());
    }

    #[test]
    fn alg_none_and_tokens_without_claims_are_nobody() {
        let b64 = |text: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
        let exp = moment().as_second() + 500;
        let none = format!(
            "{}.{}.",
            b64(r#"{"alg":"none","typ":"JWT","kid":"a"}"#),
            b64(&format!(r#"{{"sid":"{0}","sub":"{0}","iat":1,"exp":{exp},"iss":"vantera","aud":"vantera-web"}}"#, Uuid::nil()))
        );
        assert!(keys().read(&none, moment()).is_none());
        let header = Header { kid: Some("b".into()), ..Header::new(Algorithm::HS256) };
        let key = EncodingKey::from_secret(&hex::decode("11".repeat(32)).unwrap());
        for body in [
            serde_json::json!({}),
            serde_json::json!({"sub": Uuid::nil(), "sid": Uuid::nil(), "iat": 1, "iss": "vantera", "aud": "vantera-web"}),
            serde_json::json!({"sub": Uuid::nil(), "sid": Uuid::nil(), "iat": 1, "exp": exp, "iss": "other", "aud": "vantera-web"}),
        ] {
            let token = jsonwebtoken::encode(&header, &body, &key).unwrap();
            assert!(keys().read(&token, moment()).is_none(), "{body}");
        }
        for text in ["", "a.b.c", "ey"] {
            assert!(keys().read(text, moment()).is_none());
        }
    }
}
