//! Signing in by one-time code, sessions and their devices, signing out; the way home.

mod devices;
mod error;
pub mod jobs;
mod service;
mod store;

pub use devices::{devices, end_device, end_other_devices};
pub use error::{IdentityRefusal, phone_sentence};
pub use service::{CodeSent, answer_code, begin_session, code_page, ensure_person, home, name_of, places_of_phone, send_code, sign_out, sign_out_person, signed_in};
