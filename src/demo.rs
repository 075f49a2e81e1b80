//! The demo: one building with a few neighbours, made through the rooms' own verbs, and the links that open it.

use anyhow::Result;

use crate::platform::AppState;

/// Chooses demo mode for this process, before the configuration is read.
pub fn choose() {
    crate::platform::DEMO_CHOSEN.store(true, std::sync::atomic::Ordering::Relaxed);
}

/// Opens the demo building if it is not there and prints its links.
pub async fn open(_state: &AppState) -> Result<()> {
    Ok(())
}
