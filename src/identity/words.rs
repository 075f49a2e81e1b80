//! Words of identity.
