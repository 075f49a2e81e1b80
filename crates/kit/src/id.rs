//! Identifiers: each thing has its own type over a UUID, so that one cannot stand in for another.

/// Declares a UUID newtype: 128 bits, written as 36 characters of hyphenated hex.
macro_rules! id {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub uuid::Uuid);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
        impl std::str::FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                uuid::Uuid::parse_str(text).map(Self)
            }
        }
        impl From<uuid::Uuid> for $name {
            fn from(value: uuid::Uuid) -> Self {
                Self(value)
            }
        }
    )+};
}

id! {
    /// A building or a business: the wall every row stands behind.
    TenantId,
    /// A human being, before and across tenants.
    PersonId,
    /// One person's place in one tenant.
    MembershipId,
    /// One signed-in device.
    SessionId,
    /// A flat of a building.
    FlatId,
    /// One attempt to join a building, from first page to first feed view.
    JoinId,
    /// One payment intent of ours, before and after a provider knows it.
    CheckoutId,
    /// A post in the feed.
    PostId,
    /// A comment under a post.
    CommentId,
    /// A picture kept for a tenant.
    PictureId,
    /// An inbound event as it was received.
    InboundId,
}

impl FlatId {
    /// A stable number in 1..=6 that picks one of the six avatar tones.
    pub fn tone(&self) -> u8 {
        tone(self.0)
    }
}

impl PersonId {
    /// A stable number in 1..=6 that picks one of the six avatar tones.
    pub fn tone(&self) -> u8 {
        tone(self.0)
    }
}

fn tone(id: uuid::Uuid) -> u8 {
    (id.as_bytes().iter().fold(0u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(*byte))) % 6) as u8 + 1
}
