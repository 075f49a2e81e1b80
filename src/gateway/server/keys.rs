//! Keys of the REST API: made and revoked by people, used by programs. A key is 256 random bits behind `vk_`; what is kept
//! is the SHA-256 of its whole text, which needs no salt and no slow hash because nobody can guess the text.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kit::clean_line;
use uuid::Uuid;

use super::error::GatewayRefusal;
use super::partners::{page_of, seal_shown, seen};
use super::store::{self, KeyHolder};
use crate::gateway::model::{KEY_NAME_LIMIT, Scope, ShownOnce};
use crate::platform::session::{self, Claims};
use crate::platform::{Fault, GlobalCx};

/// Living keys of one partner.
const MOST_KEYS: i32 = 20;
const PREFIX: &str = "vk_";
/// Characters by which its owner knows a key again.
const PREFIX_SHOWN: usize = 10;
/// `vk_` and 32 bytes of base64 without padding.
const KEY_CHARS: usize = 46;

/// What the desk leads to, and what its browser carries there to be shown once.
pub struct Made {
    pub next: String,
    pub sealed: String,
}

/// Makes a key for a program of the partner's.
pub async fn add(cx: &mut GlobalCx, claims: Option<Claims>, partner: &str, name: &str, scope: &str) -> Result<Made, Fault> {
    let (person, partner) = seen(cx, claims, partner).await?;
    let (lang, now) = (cx.lang, cx.now);
    let refuse = |why| Fault::refused(why, lang);
    let name = clean_line(name, KEY_NAME_LIMIT).map_err(|error| refuse(GatewayRefusal::KeyName(error)))?;
    let scope = Scope::from_word(scope).ok_or_else(|| refuse(GatewayRefusal::Scope))?;
    let text = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(cx.ids.secret::<32>()));
    let key = store::NewKey {
        key: cx.ids.new_id(),
        partner: partner.id,
        name: &name,
        prefix: &text[..PREFIX_SHOWN],
        hash: session::hash(text.as_bytes()),
        scope,
        by: person,
        most: MOST_KEYS,
    };
    if !store::add_key(cx.db(), &key, now).await? {
        return Err(refuse(GatewayRefusal::TooManyKeys));
    }
    let sealed = seal_shown(cx, &partner, person, &ShownOnce { is_key: true, text })?;
    Ok(Made { next: page_of(&partner.code), sealed })
}

/// Revokes a key: the next request with it is refused. Doing it twice does it once.
pub async fn revoke(cx: &mut GlobalCx, claims: Option<Claims>, partner: &str, key: &str) -> Result<String, Fault> {
    let (_, partner) = seen(cx, claims, partner).await?;
    let key: Uuid = key.parse().map_err(|_| Fault::NotFound)?;
    let now = cx.now;
    if !store::revoke_key(cx.db(), partner.id, key, now).await? {
        return Err(Fault::NotFound);
    }
    Ok(page_of(&partner.code))
}

/// Whether a text could be a key of ours.
pub(super) fn is_shaped(text: &str) -> bool {
    text.len() == KEY_CHARS && text.starts_with(PREFIX)
}

/// Whose key this is. Looking its hash up takes as long for a wrong key as for one that was revoked.
pub(super) async fn holder(cx: &mut GlobalCx, text: &str) -> Result<Option<KeyHolder>, Fault> {
    if !is_shaped(text) {
        return Ok(None);
    }
    let now = cx.now;
    Ok(store::key_used(cx.db(), &session::hash(text.as_bytes()), now).await?)
}
