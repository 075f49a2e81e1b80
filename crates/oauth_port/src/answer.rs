use serde::Deserialize;

use crate::Secret;

/// The longest token that is taken, in bytes. Google: 2,048 for access tokens, 512 for refresh tokens.
const TOKEN_MAX_BYTES: usize = 8 * 1024;
const SCOPES_MAX_BYTES: usize = 4 * 1024;
/// The longest that a token is believed to live: a year.
const LIFE_MAX_S: i64 = 366 * 86_400;

/// What the provider gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tokens {
    pub access: Secret,
    /// Takes the place of the one that was sent; none where that one stays good.
    pub refresh: Option<Secret>,
    /// Seconds from the provider's answer; at least 1.
    pub expires_in_s: i64,
    /// Scopes with spaces between, when the provider tells them.
    pub scopes: Option<String>,
}

/// Why there are no new tokens.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// The refresh token is expired, revoked or another client's: only its owner's new consent helps.
    #[error("the provider takes the refresh token no more (invalid_grant)")]
    InvalidGrant,
    /// The provider does not take the request, whoever's token it is: our client is set up wrongly.
    #[error("the provider refused our client: {0}")]
    Refused(String),
    /// No answer, or one that says nothing. The provider may have done it all the same.
    #[error("the provider is unavailable: {0}")]
    Unavailable(String),
    /// An answer with success that we do not read.
    #[error("the provider's answer could not be read: {0}")]
    Unreadable(&'static str),
}

#[derive(Deserialize)]
struct Given {
    access_token: String,
    token_type: String,
    expires_in: i64,
    #[serde(default)]
    refresh_token: Option<String>,
    #[serde(default)]
    scope: Option<String>,
}

#[derive(Deserialize)]
struct Refusal {
    error: String,
}

pub(crate) fn read(status: u16, body: &[u8]) -> Result<Tokens, TokenError> {
    match status {
        200 => given(body),
        // Too slow, too many, or theirs to mend: nothing is said about our token.
        408 | 429 | 500.. => Err(TokenError::Unavailable(format!("HTTP {status}"))),
        400..=499 => Err(refused(status, body)),
        _ => Err(TokenError::Unavailable(format!("HTTP {status}"))),
    }
}

fn given(body: &[u8]) -> Result<Tokens, TokenError> {
    let given: Given = serde_json::from_slice(body).map_err(|_| TokenError::Unreadable("it is not an access token with its type and its end"))?;
    let is_token = |text: &str| (1..=TOKEN_MAX_BYTES).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    if !given.token_type.eq_ignore_ascii_case("bearer") {
        return Err(TokenError::Unreadable("its token is of another type than Bearer"));
    }
    if !is_token(&given.access_token) || given.refresh_token.as_deref().is_some_and(|token| !is_token(token)) {
        return Err(TokenError::Unreadable("its token is none"));
    }
    if given.expires_in < 1 {
        return Err(TokenError::Unreadable("its token has ended"));
    }
    Ok(Tokens {
        access: Secret::new(given.access_token),
        refresh: given.refresh_token.map(Secret::new),
        expires_in_s: given.expires_in.min(LIFE_MAX_S),
        scopes: given.scope.filter(|scopes| scopes.len() <= SCOPES_MAX_BYTES),
    })
}

/// Source: RFC 6749, section 5.2. The code is shown to operators, so it is taken only where it looks like one.
fn refused(status: u16, body: &[u8]) -> TokenError {
    let code = serde_json::from_slice::<Refusal>(body).map(|refusal| refusal.error).unwrap_or_default();
    match code.as_str() {
        "invalid_grant" => TokenError::InvalidGrant,
        _ if (1..=60).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_') => TokenError::Refused(code),
        _ => TokenError::Refused(format!("HTTP {status}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_gives_what_it_holds_and_nothing_else_is_a_token() {
        let whole = br#"{"access_token":"ya29.a","expires_in":3599,"scope":"a b","token_type":"Bearer","refresh_token":"1//r"}"#;
        let tokens = read(200, whole).expect("tokens");
        assert_eq!((tokens.access.reveal(), tokens.refresh.as_ref().map(Secret::reveal), tokens.expires_in_s), ("ya29.a", Some("1//r"), 3599));
        assert!(!format!("{tokens:?}").contains("ya29") && !format!("{tokens:?}").contains("1//r"), "{tokens:?}");
        assert_eq!(read(200, br#"{"access_token":"x","expires_in":99999999999,"token_type":"bearer"}"#).expect("tokens").expires_in_s, LIFE_MAX_S);
        for wrong in [
            r#"{"access_token":"x","token_type":"Bearer"}"#,
            r#"{"access_token":"x","expires_in":10,"token_type":"mac"}"#,
            r#"{"access_token":"","expires_in":10,"token_type":"Bearer"}"#,
            r#"{"access_token":"a b","expires_in":10,"token_type":"Bearer"}"#,
            r#"{"access_token":"x","expires_in":0,"token_type":"Bearer"}"#,
            "<html>",
        ] {
            assert!(matches!(read(200, wrong.as_bytes()), Err(TokenError::Unreadable(_))), "{wrong}");
        }
    }

    #[test]
    fn only_invalid_grant_asks_for_the_owner_and_only_what_may_pass_is_unavailable() {
        let refusal = |status, body: &str| read(status, body.as_bytes()).expect_err("a refusal");
        assert_eq!(refusal(400, r#"{"error":"invalid_grant","error_description":"Token has been expired or revoked."}"#), TokenError::InvalidGrant);
        assert_eq!(refusal(401, r#"{"error":"invalid_client","error_description":"Unauthorized"}"#), TokenError::Refused("invalid_client".into()));
        assert_eq!(refusal(403, "ya29.secret in a page"), TokenError::Refused("HTTP 403".into()));
        assert_eq!(refusal(400, r#"{"error":"ya29.Secret"}"#), TokenError::Refused("HTTP 400".into()));
        for status in [302, 408, 429, 500, 503] {
            assert_eq!(refusal(status, r#"{"error":"invalid_grant"}"#), TokenError::Unavailable(format!("HTTP {status}")));
        }
    }
}
