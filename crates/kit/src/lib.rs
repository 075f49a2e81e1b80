//! The plain vocabulary every part of Vantera shares: ids, money, phones, rights, errors, languages.
//!
//! Pure: no clock, no randomness, no I/O. What enters here through a parser cannot be wrong inside.

mod error;
mod id;
mod lang;
mod money;
mod phone;
mod replay;
mod rights;
mod text;

pub use error::{AppError, Code};
pub use id::*;
pub use lang::Lang;
pub use money::{Currency, Money};
pub use phone::{Phone, PhoneError};
pub use replay::Replay;
pub use rights::{Right, Role, Trust, rights_table};
pub use text::{PersonName, TextError, clean_line, clean_text, initials, shown, shown_line};
