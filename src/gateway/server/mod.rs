//! What the gateway does for other rooms, and its own verbs.
