//! Screens of the operator.
