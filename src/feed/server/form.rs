//! The composer's form as it streams in: text fields kept as typed, pictures made ready one at a time. A form that
//! breaks a bound is read on to its end, so that the browser hears the answer and nothing typed is lost.

use std::collections::BTreeMap;

use axum::extract::multipart::{Field, Multipart, MultipartError};

use super::error::FeedRefusal;
use super::pictures::{self, Picture, PictureError};
use super::posts::Draft;
use crate::feed::model::{PICTURE_BYTES, PICTURES};

/// The whole form, in bytes.
const FORM_BYTES: usize = 45 * 1024 * 1024;
/// A form beyond this is cut off unread, in bytes.
pub const HARD_BYTES: usize = 96 * 1024 * 1024;
/// One text field, in bytes; well over the longest text that may be kept.
const TEXT_BYTES: usize = 64 * 1024;
/// Fields of one form.
const FIELDS: usize = 40;

/// What came in.
#[derive(Default)]
pub struct Form {
    /// Text fields by name.
    pub values: BTreeMap<String, String>,
    pub pictures: Vec<Picture>,
    /// Whether any file was chosen.
    pub had_pictures: bool,
    /// The first bound that was broken.
    pub problem: Option<FeedRefusal>,
    bytes: usize,
}

impl Form {
    /// Reads the form to its end. Errors are kept in `problem`.
    pub async fn fill(&mut self, mut multipart: Multipart) {
        for _ in 0..FIELDS {
            let outcome = match multipart.next_field().await {
                Ok(None) => return,
                Ok(Some(field)) => self.take(field).await,
                Err(error) => Err(error),
            };
            if let Err(error) = outcome {
                let reason = if error.status() == http::StatusCode::PAYLOAD_TOO_LARGE { FeedRefusal::FormTooLarge } else { FeedRefusal::FormBroken };
                return self.refuse(reason);
            }
        }
        self.refuse(FeedRefusal::FormBroken);
    }

    /// What was typed, as the verb takes it.
    pub fn draft(&self) -> Draft {
        let value = |name: &str| self.values.get(name).cloned().unwrap_or_default();
        Draft { kind: value("kind"), title: value("title"), body: value("body"), event_at: value("event_at"), pinned_until: value("pinned_until"), client_key: value("client_key") }
    }

    async fn take(&mut self, field: Field<'_>) -> Result<(), MultipartError> {
        let name = field.name().unwrap_or_default().to_owned();
        if name != "pictures" && name != "pictures[]" {
            // A text cut here is longer than any that may be kept, and the verb says so.
            let (bytes, _) = self.read(field, TEXT_BYTES).await?;
            if !name.is_empty() && name.len() <= 40 {
                self.values.insert(name, String::from_utf8_lossy(&bytes).into_owned());
            }
            return Ok(());
        }
        let (sent, whole) = self.read(field, PICTURE_BYTES).await?;
        // An empty file field is how a browser says that none was chosen.
        if !sent.is_empty() {
            self.had_pictures = true;
            if whole { self.keep(sent).await } else { self.refuse(FeedRefusal::Picture(PictureError::TooHeavy)) }
        }
        Ok(())
    }

    async fn keep(&mut self, sent: Vec<u8>) {
        if self.problem.is_some() {
            return;
        }
        if self.pictures.len() == PICTURES {
            return self.refuse(FeedRefusal::TooManyPictures);
        }
        match pictures::prepare(sent).await {
            Ok(picture) => self.pictures.push(picture),
            Err(error) => self.refuse(FeedRefusal::Picture(error)),
        }
    }

    /// A field's first `most` bytes, and whether those are all; the others are read and let go.
    async fn read(&mut self, mut field: Field<'_>, most: usize) -> Result<(Vec<u8>, bool), MultipartError> {
        let (mut kept, mut whole) = (Vec::new(), true);
        while let Some(chunk) = field.chunk().await? {
            self.bytes += chunk.len();
            if self.bytes > FORM_BYTES {
                self.refuse(FeedRefusal::FormTooLarge);
                whole = false;
            } else if whole {
                let room = most - kept.len();
                kept.extend_from_slice(&chunk[..chunk.len().min(room)]);
                whole = chunk.len() <= room;
            }
        }
        Ok((kept, whole))
    }

    pub fn refuse(&mut self, reason: FeedRefusal) {
        self.problem.get_or_insert(reason);
    }
}
