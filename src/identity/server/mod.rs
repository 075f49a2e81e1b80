//! Signing in by one-time code, sessions, signing out; the way home.

mod error;
pub mod jobs;
mod service;
mod store;

pub use error::{IdentityRefusal, phone_sentence};
pub use service::{CodeSent, answer_code, begin_session, code_page, ensure_person, home, places_of_phone, send_code, sign_out, sign_out_person};
