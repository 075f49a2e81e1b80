//! Secrets at rest: AES-256-GCM under keys that have names, and a keyed fingerprint for what must be found again.
//!
//! Pure: the caller brings the keys and the randomness. A sealed value is bound to its place ([`Place`]): moved to
//! another row, column, table or tenant it does not open, so that whoever may write the database cannot make the
//! product use one tenant's secret as another's.
//!
//! Sources: NIST SP 800-38D (GCM, a random 96-bit nonce a value: below 2^32 values a key); RFC 5869 (HKDF, for the key of the fingerprints).
//!
//! A sealed value is `1 | length of the key's name (1 byte) | the name | nonce (12) | ciphertext and tag (16)`.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use aws_lc_rs::hmac;

const VERSION: u8 = 1;
const NONCE_BYTES: usize = 12;
/// The longest name of a key, in bytes.
pub const KEY_NAME_MAX: usize = 32;
/// The longest text that is sealed, in bytes: secrets, tokens, phones and messages; not files.
pub const PLAIN_MAX_BYTES: usize = 64 * 1024;

/// Where a sealed value stands; it opens nowhere else.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The tenant's id, or a word for what belongs to no tenant (`platform`).
    pub tenant: &'a str,
    pub table: &'a str,
    pub column: &'a str,
    /// The row's primary key.
    pub row: &'a str,
}

/// Why something could not be sealed or opened. None says more than that about keys or text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    #[error("vault keys are NAME:64 hex digits, separated by commas, each name once")]
    Keys,
    #[error("the text is too long to be sealed")]
    TooLong,
    /// Not a sealed value, or one of a later version.
    #[error("not a sealed value")]
    Malformed,
    /// Sealed with a key that is not here (any more).
    #[error("sealed with an unknown key")]
    UnknownKey,
    /// Changed, or moved from another place.
    #[error("the sealed value does not belong here")]
    Refused,
}

/// The keys of one installation. The first seals; all open.
pub struct Vault {
    keys: Vec<(String, LessSafeKey)>,
    /// Fingerprints must not change when keys rotate: their key is derived from the last key of the list, the oldest.
    finder: hmac::Key,
}

impl Vault {
    /// Reads `name:hex,name:hex…`: 32 bytes a key, the newest first, the oldest last and kept for ever (fingerprints
    /// are made with it).
    pub fn parse(text: &str) -> Result<Self, VaultError> {
        let mut keys: Vec<(String, LessSafeKey)> = Vec::new();
        let mut finder = None;
        for item in text.split(',').map(str::trim).filter(|item| !item.is_empty()) {
            let (name, hexed) = item.split_once(':').ok_or(VaultError::Keys)?;
            let mut bytes = [0u8; 32];
            hex::decode_to_slice(hexed, &mut bytes).map_err(|_| VaultError::Keys)?;
            let plain = (1..=KEY_NAME_MAX).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
            if !plain || keys.iter().any(|(known, _)| known == name) {
                return Err(VaultError::Keys);
            }
            keys.push((name.to_owned(), LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &bytes).map_err(|_| VaultError::Keys)?)));
            finder = Some(derived(&bytes)?);
        }
        Ok(Self { keys, finder: finder.ok_or(VaultError::Keys)? })
    }

    /// Seals `plain` for one place. `nonce` is fresh randomness, never used before.
    pub fn seal(&self, place: Place<'_>, plain: &[u8], nonce: [u8; NONCE_BYTES]) -> Result<Vec<u8>, VaultError> {
        if plain.len() > PLAIN_MAX_BYTES {
            return Err(VaultError::TooLong);
        }
        let (name, key) = &self.keys[0];
        let mut sealed = plain.to_vec();
        key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(bound(place, name)), &mut sealed).map_err(|_| VaultError::TooLong)?;
        let mut out = Vec::with_capacity(2 + name.len() + NONCE_BYTES + sealed.len());
        out.extend([VERSION, u8::try_from(name.len()).map_err(|_| VaultError::Keys)?]);
        out.extend(name.as_bytes());
        out.extend(nonce);
        out.extend(sealed);
        Ok(out)
    }

    /// Opens what was sealed for this place.
    pub fn open(&self, place: Place<'_>, sealed: &[u8]) -> Result<Vec<u8>, VaultError> {
        let (name, rest) = read_name(sealed)?;
        let (_, key) = self.keys.iter().find(|(known, _)| known == name).ok_or(VaultError::UnknownKey)?;
        let (nonce, ciphertext) = rest.split_at_checked(NONCE_BYTES).ok_or(VaultError::Malformed)?;
        let mut text = ciphertext.to_vec();
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| VaultError::Malformed)?;
        let opened = key.open_in_place(nonce, Aad::from(bound(place, name)), &mut text).map_err(|_| VaultError::Refused)?.len();
        text.truncate(opened);
        Ok(text)
    }

    /// Whether a value was sealed with the key that seals now; what was not is sealed again by the rotation.
    pub fn is_current(&self, sealed: &[u8]) -> bool {
        read_name(sealed).is_ok_and(|(name, _)| name == self.keys[0].0)
    }

    /// The name of the key that seals now.
    pub fn current_key(&self) -> &str {
        &self.keys[0].0
    }

    /// The keyed fingerprint of a text, to find it without reading it. `kind` keeps phones and e-mails apart; the text
    /// comes in its one written form (E.164, lower case).
    pub fn blind(&self, kind: &str, text: &str) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.finder);
        context.update(&framed(&[kind, text]));
        let mut out = [0; 32];
        out.copy_from_slice(context.sign().as_ref());
        out
    }
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.keys.iter().map(|(name, _)| name)).finish()
    }
}

struct FinderKey;

impl KeyType for FinderKey {
    fn len(&self) -> usize {
        32
    }
}

fn derived(key: &[u8; 32]) -> Result<hmac::Key, VaultError> {
    let mut out = [0u8; 32];
    let extracted = Salt::new(HKDF_SHA256, b"vantera").extract(key);
    extracted.expand(&[b"blind index"], FinderKey).and_then(|okm| okm.fill(&mut out)).map_err(|_| VaultError::Keys)?;
    Ok(hmac::Key::new(hmac::HMAC_SHA256, &out))
}

fn read_name(sealed: &[u8]) -> Result<(&str, &[u8]), VaultError> {
    let [VERSION, length, rest @ ..] = sealed else { return Err(VaultError::Malformed) };
    let (name, rest) = rest.split_at_checked(usize::from(*length)).ok_or(VaultError::Malformed)?;
    Ok((std::str::from_utf8(name).map_err(|_| VaultError::Malformed)?, rest))
}

/// What is authenticated beside the text.
fn bound(place: Place<'_>, key: &str) -> Vec<u8> {
    framed(&[key, place.tenant, place.table, place.column, place.row])
}

/// Each part with its length before it, so that no two lists read alike.
fn framed(parts: &[&str]) -> Vec<u8> {
    let mut out = Vec::new();
    for part in parts {
        out.extend((part.len() as u64).to_be_bytes());
        out.extend(part.as_bytes());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{PLAIN_MAX_BYTES, Place, Vault, VaultError};

    const HERE: Place<'static> = Place { tenant: "t1", table: "gateway_secrets", column: "sealed", row: "r1" };

    fn vault(names: &[&str]) -> Vault {
        let text: Vec<String> = names.iter().map(|name| format!("{name}:{}", hex::encode([name.as_bytes()[0]; 32]))).collect();
        Vault::parse(&text.join(",")).expect("keys")
    }

    #[test]
    fn what_was_sealed_opens_in_its_place() {
        let vault = vault(&["a"]);
        for plain in [&b""[..], b"whsec_x", &vec![7; PLAIN_MAX_BYTES]] {
            let sealed = vault.seal(HERE, plain, [9; 12]).expect("sealed");
            assert_eq!(vault.open(HERE, &sealed).expect("opened"), plain);
        }
        assert_eq!(vault.seal(HERE, &vec![7; PLAIN_MAX_BYTES + 1], [9; 12]), Err(VaultError::TooLong));
    }

    #[test]
    fn moved_to_another_row_column_table_or_tenant_it_is_refused() {
        let vault = vault(&["a"]);
        let sealed = vault.seal(HERE, b"secret", [1; 12]).expect("sealed");
        let places = [Place { tenant: "t2", ..HERE }, Place { table: "other", ..HERE }, Place { column: "other", ..HERE }, Place { row: "r2", ..HERE }];
        for there in places {
            assert_eq!(vault.open(there, &sealed), Err(VaultError::Refused), "{there:?}");
        }
        // Parts that would read alike when simply put together.
        let sliding = Place { tenant: "t1g", table: "ateway_secrets", ..HERE };
        assert_eq!(vault.open(sliding, &sealed), Err(VaultError::Refused));
    }

    #[test]
    fn a_changed_byte_anywhere_is_refused() {
        let vault = vault(&["a"]);
        let sealed = vault.seal(HERE, b"secret", [1; 12]).expect("sealed");
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(vault.open(HERE, &changed).is_err(), "byte {at}");
        }
        for length in 0..sealed.len() {
            assert!(vault.open(HERE, &sealed[..length]).is_err(), "cut to {length}");
        }
    }

    #[test]
    fn after_a_rotation_old_values_open_and_new_ones_use_the_new_key() {
        let before = vault(&["a"]);
        let after = vault(&["b", "a"]);
        let old = before.seal(HERE, b"secret", [1; 12]).expect("sealed");
        assert_eq!(after.open(HERE, &old).expect("opened"), b"secret");
        assert!(!after.is_current(&old));
        let new = after.seal(HERE, b"secret", [2; 12]).expect("sealed");
        assert!(after.is_current(&new));
        assert_eq!(before.open(HERE, &new), Err(VaultError::UnknownKey));
        assert_eq!(before.blind("phone", "+972501234567"), after.blind("phone", "+972501234567"), "what is looked for stays findable");
        assert_ne!(after.blind("phone", "x"), after.blind("email", "x"));
    }

    #[test]
    fn keys_that_are_none_are_refused() {
        let key = "00".repeat(32);
        for text in ["", "a", "a:00", &format!(":{key}"), &format!("a:{key},a:{key}"), &format!("a b:{key}"), &format!("{}:{key}", "a".repeat(33))] {
            assert_eq!(Vault::parse(text).err(), Some(VaultError::Keys), "{text}");
        }
        assert!(format!("{:?}", Vault::parse(&format!("k1:{key}")).expect("keys")).contains("k1"));
    }
}
