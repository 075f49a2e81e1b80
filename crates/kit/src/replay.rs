use std::collections::BTreeMap;

use crate::AppError;

/// A plain form that did not go through: what was typed and what to mend. The page it came from is shown again
/// with this in its context, so that nothing typed is lost with JavaScript off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replay {
    /// The server function's endpoint, such as `joining/submit`.
    pub endpoint: String,
    pub values: BTreeMap<String, String>,
    pub error: AppError,
}

impl Replay {
    /// What was typed into a field.
    pub fn value(&self, field: &str) -> Option<String> {
        self.values.get(field).cloned()
    }

    /// What is wrong with a field.
    pub fn problem(&self, field: &str) -> Option<String> {
        self.error.fields.get(field).cloned()
    }
}
