//! Who sends us events, and what each may bring.

/// A sender of webhooks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Provider {
    Stripe,
    WhatsApp,
    Messenger,
    Telegram,
    Voicenter,
    Morning,
    ICount,
    Grow,
    PayMe,
    Google,
}

const KIB: usize = 1024;

impl Provider {
    pub const ALL: [Provider; 10] = [
        Provider::Stripe,
        Provider::WhatsApp,
        Provider::Messenger,
        Provider::Telegram,
        Provider::Voicenter,
        Provider::Morning,
        Provider::ICount,
        Provider::Grow,
        Provider::PayMe,
        Provider::Google,
    ];

    /// As it stands in addresses and in the database.
    pub fn word(self) -> &'static str {
        match self {
            Provider::Stripe => "stripe",
            Provider::WhatsApp => "whatsapp",
            Provider::Messenger => "messenger",
            Provider::Telegram => "telegram",
            Provider::Voicenter => "voicenter",
            Provider::Morning => "morning",
            Provider::ICount => "icount",
            Provider::Grow => "grow",
            Provider::PayMe => "payme",
            Provider::Google => "google",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Provider::ALL.into_iter().find(|provider| provider.word() == word)
    }

    /// The largest body read, in bytes: some times the largest that the provider is known to send. Meta puts many
    /// messages into one, Voicenter a call's whole transcript; Google sends none at all.
    pub fn body_limit(self) -> usize {
        match self {
            Provider::WhatsApp | Provider::Messenger | Provider::Voicenter => 512 * KIB,
            Provider::Stripe | Provider::Telegram | Provider::Morning | Provider::ICount => 256 * KIB,
            Provider::Grow | Provider::PayMe => 64 * KIB,
            Provider::Google => 4 * KIB,
        }
    }

    /// Whether each account has an address of its own, because the body does not prove (or does not say) whose it is.
    pub fn has_own_address(self) -> bool {
        !matches!(self, Provider::Stripe | Provider::WhatsApp | Provider::Messenger | Provider::Google)
    }

    /// Whether one address may serve an account alone though another serves all: an app of the tenant's own at Meta.
    pub fn may_have_own_address(self) -> bool {
        self.has_own_address() || self.is_meta()
    }

    pub fn is_meta(self) -> bool {
        matches!(self, Provider::WhatsApp | Provider::Messenger)
    }
}

/// How a body is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    Json,
    Form,
}

impl Written {
    /// Reads a content type; `None` for what this provider does not send. Where there is none, it is the provider's usual.
    pub fn of(provider: Provider, content_type: &str) -> Option<Self> {
        let kind = content_type.split(';').next().unwrap_or_default().trim();
        let written = match kind {
            "" if provider == Provider::PayMe => Written::Form,
            "" => Written::Json,
            _ if provider == Provider::Google => Written::Json,
            _ if kind.eq_ignore_ascii_case("application/json") => Written::Json,
            _ if kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") => Written::Form,
            _ => return None,
        };
        let sent = match provider {
            Provider::PayMe => written == Written::Form,
            Provider::Grow | Provider::Morning | Provider::Voicenter => true,
            _ => written == Written::Json,
        };
        sent.then_some(written)
    }

    /// As it is kept beside the body.
    pub fn word(self) -> &'static str {
        match self {
            Written::Json => "application/json",
            Written::Form => "application/x-www-form-urlencoded",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Provider, Written};

    #[test]
    fn every_provider_has_one_word() {
        for provider in Provider::ALL {
            assert_eq!(Provider::from_word(provider.word()), Some(provider));
        }
        assert_eq!(Provider::from_word("Stripe"), None);
    }

    #[test]
    fn a_body_is_taken_as_its_provider_writes_it() {
        for (provider, kind, written) in [
            (Provider::Stripe, "application/json; charset=utf-8", Some(Written::Json)),
            (Provider::Stripe, "", Some(Written::Json)),
            (Provider::Stripe, "application/x-www-form-urlencoded", None),
            (Provider::PayMe, "application/x-www-form-urlencoded", Some(Written::Form)),
            (Provider::PayMe, "application/json", None),
            (Provider::Grow, "Application/JSON", Some(Written::Json)),
            (Provider::Grow, "application/x-www-form-urlencoded;charset=UTF-8", Some(Written::Form)),
            (Provider::Voicenter, "text/xml", None),
            (Provider::Telegram, "multipart/form-data; boundary=x", None),
            (Provider::Google, "text/plain", Some(Written::Json)),
        ] {
            assert_eq!(Written::of(provider, kind), written, "{provider:?} {kind}");
        }
    }
}
