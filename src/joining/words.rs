//! Words of joining.
