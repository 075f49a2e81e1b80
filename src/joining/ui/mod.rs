//! Screens of joining.
