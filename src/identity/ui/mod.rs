//! Screens of identity.
