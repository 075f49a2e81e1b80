//! Counting forgeries. They are written in batches: whoever forges by the thousand must not make us write by the
//! thousand, so one request at a time carries what all have counted so far into the database.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use kit::Lang;

use super::providers::Provider;
use super::store;
use crate::platform::{AppState, Fault, GlobalCx};

type Counts = BTreeMap<(Provider, i64, &'static str), i64>;

#[derive(Default)]
pub struct Tally {
    counts: Mutex<Counts>,
    writing: tokio::sync::Mutex<()>,
}

impl Tally {
    /// Counts one. What comes while another request writes is written by it, or by the next.
    pub async fn note(&self, state: &AppState, provider: Provider, reason: &'static str) {
        state.meters.forged(provider.word(), reason);
        let hour = state.clock.now().as_second().div_euclid(3_600);
        *self.counts.lock().unwrap_or_else(PoisonError::into_inner).entry((provider, hour, reason)).or_default() += 1;
        let Ok(_pen) = self.writing.try_lock() else { return };
        loop {
            let counts = std::mem::take(&mut *self.counts.lock().unwrap_or_else(PoisonError::into_inner));
            if counts.is_empty() {
                return;
            }
            if let Err(fault) = write(state, &counts).await {
                tracing::warn!(error = ?fault, "forged webhooks could not be counted in the database yet");
                let mut kept = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
                counts.into_iter().for_each(|(key, count)| *kept.entry(key).or_default() += count);
                return;
            }
        }
    }
}

async fn write(state: &AppState, counts: &Counts) -> Result<(), Fault> {
    let mut cx = GlobalCx::open(state, Lang::He, "forged-webhooks".into()).await?;
    for ((provider, hour, reason), count) in counts {
        let hour = Timestamp::from_second(hour * 3_600).map_err(anyhow::Error::from)?;
        store::forged(cx.db(), provider.word(), hour, reason, *count).await?;
    }
    cx.commit().await
}
