//! The operator's pages.

mod frame;
mod health;
mod inbound;
mod live;
mod outgoing;
mod pages;
mod queues;
mod slow;
mod tenants;

pub use health::{HealthNow, HealthPage};
pub use inbound::{InboundNow, InboundPage};
pub use outgoing::{OutgoingNow, OutgoingPage};
pub use pages::{JoinTimesNow, JoinTimesPage};
pub use queues::{QueuesNow, QueuesPage};
pub use slow::{SlowNow, SlowPage};
pub use tenants::{TenantsNow, TenantsPage};
