use kit::{AppError, Code, Lang};

use super::pictures::PictureError;
use crate::feed::model::{COMMENT_LIMIT, PICTURE_BYTES, PICTURES, POST_LIMIT, TITLE_LIMIT};
use crate::platform::Refusal;

/// Why something was not written into the feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeedRefusal {
    BodyMissing,
    BodyTooLong,
    TitleMissing,
    TitleTooLong,
    EventWhenMissing,
    EventWhenPast,
    EventWhenFar,
    PinnedUntil,
    CommentMissing,
    CommentTooLong,
    ReasonMissing,
    ReasonTooLong,
    /// Notices and events are the committee's.
    CommitteeOnly,
    /// Neither its author nor the committee.
    NotYours,
    /// Only its author mends a post.
    NotYoursToEdit,
    EditLate,
    UndoLate,
    TooManyPosts,
    TooManyComments,
    TooManyPictures,
    Picture(PictureError),
    /// The whole form.
    FormTooLarge,
    FormBroken,
    FormSlow,
}

impl FeedRefusal {
    /// The field to mend, when one is.
    fn field(self) -> Option<&'static str> {
        match self {
            FeedRefusal::BodyMissing | FeedRefusal::BodyTooLong | FeedRefusal::CommentMissing | FeedRefusal::CommentTooLong => Some("body"),
            FeedRefusal::TitleMissing | FeedRefusal::TitleTooLong => Some("title"),
            FeedRefusal::EventWhenMissing | FeedRefusal::EventWhenPast | FeedRefusal::EventWhenFar => Some("event_at"),
            FeedRefusal::PinnedUntil => Some("pinned_until"),
            FeedRefusal::ReasonMissing | FeedRefusal::ReasonTooLong => Some("reason"),
            FeedRefusal::TooManyPictures | FeedRefusal::Picture(_) | FeedRefusal::FormTooLarge => Some("pictures"),
            FeedRefusal::CommitteeOnly => Some("kind"),
            FeedRefusal::NotYoursToEdit | FeedRefusal::EditLate | FeedRefusal::UndoLate => None,
            FeedRefusal::NotYours | FeedRefusal::TooManyPosts | FeedRefusal::TooManyComments | FeedRefusal::FormBroken | FeedRefusal::FormSlow => None,
        }
    }

    fn code(self) -> Code {
        match self {
            FeedRefusal::CommitteeOnly | FeedRefusal::NotYours | FeedRefusal::NotYoursToEdit => Code::Forbidden,
            FeedRefusal::EditLate | FeedRefusal::UndoLate => Code::Conflict,
            FeedRefusal::TooManyPosts | FeedRefusal::TooManyComments => Code::TooMany,
            FeedRefusal::FormTooLarge | FeedRefusal::Picture(PictureError::TooHeavy) => Code::TooLarge,
            _ => Code::Invalid,
        }
    }

    fn sentence(self, lang: Lang) -> String {
        let he = lang == Lang::He;
        let words = |hebrew: &str, english: &str| if he { hebrew.to_owned() } else { english.to_owned() };
        match self {
            FeedRefusal::BodyMissing => words("כדאי לכתוב כמה מילים, או לצרף תמונה.", "Please write a few words, or add a picture."),
            FeedRefusal::BodyTooLong => told(he, POST_LIMIT, "הטקסט ארוך מדי. אפשר לכתוב עד # תווים.", "The text is too long. Up to # characters fit."),
            FeedRefusal::TitleMissing => words("לאירוע צריך כותרת קצרה, למשל ״קידוש שכנים בחצר״.", "An event needs a short title, such as “Coffee in the yard”."),
            FeedRefusal::TitleTooLong => told(he, TITLE_LIMIT, "הכותרת ארוכה מדי. אפשר עד # תווים.", "The title is too long. Up to # characters fit."),
            FeedRefusal::EventWhenMissing => words("כדאי לבחור יום ושעה לאירוע.", "Please choose a day and an hour for the event."),
            FeedRefusal::EventWhenPast => words("המועד הזה כבר עבר. כדאי לבחור מועד אחר.", "That time has passed. Please choose another."),
            FeedRefusal::EventWhenFar => words("אפשר לקבוע אירוע עד שנתיים מראש.", "Events can be set up to two years ahead."),
            FeedRefusal::PinnedUntil => words("כדאי לבחור יום שעוד לא עבר, או להשאיר ריק.", "Please choose a day still to come, or leave it empty."),
            FeedRefusal::CommentMissing => words("כדאי לכתוב כמה מילים לפני השליחה.", "Please write a few words before sending."),
            FeedRefusal::CommentTooLong => told(he, COMMENT_LIMIT, "התגובה ארוכה מדי. אפשר לכתוב עד # תווים.", "The comment is too long. Up to # characters fit."),
            FeedRefusal::ReasonMissing => words("כדאי לכתוב בכמה מילים מה לא בסדר.", "Please say in a few words what is wrong."),
            FeedRefusal::ReasonTooLong => told(he, REASON_LIMIT, "ההסבר ארוך מדי. אפשר עד # תווים.", "The explanation is too long. Up to # characters fit."),
            FeedRefusal::CommitteeOnly => {
                words("הודעות ואירועים מתפרסמים בידי ועד הבית. אפשר לפרסם פוסט רגיל.", "Notices and events come from the committee. An ordinary post is welcome.")
            }
            FeedRefusal::NotYours => {
                words("אפשר להסיר רק מה שנכתב מכאן. על השאר אפשר לדווח לוועד.", "Only one's own words can be taken down. The rest can be reported to the committee.")
            }
            FeedRefusal::NotYoursToEdit => words("אפשר לערוך רק פוסטים שנכתבו מכאן.", "Only one's own posts can be edited."),
            FeedRefusal::EditLate => {
                words("עבר הזמן לעריכה: חצי שעה מרגע הפרסום. אפשר להוסיף תגובה.", "The time for editing is over: half an hour from publishing. A comment can still be added.")
            }
            FeedRefusal::UndoLate => words("עבר הזמן לביטול ההסרה: עשר דקות.", "The time for putting it back is over: ten minutes."),
            FeedRefusal::TooManyPosts => words("פורסמו כאן כמה פוסטים בזמן קצר. אפשר להמשיך בעוד שעה.", "Several posts went up in a short time. Please go on in an hour."),
            FeedRefusal::TooManyComments => words("נכתבו כאן הרבה תגובות בזמן קצר. אפשר להמשיך בעוד שעה.", "Many comments were written in a short time. Please go on in an hour."),
            FeedRefusal::TooManyPictures => told(he, PICTURES, "אפשר לצרף עד # תמונות לפוסט.", "A post takes up to # pictures."),
            FeedRefusal::Picture(PictureError::Unreadable) => {
                words("אחד הקבצים אינו תמונה שאפשר לפתוח. מתאימים JPEG, PNG, WebP ו־GIF.", "One of the files is not a picture we can open. JPEG, PNG, WebP and GIF work.")
            }
            FeedRefusal::Picture(PictureError::TooManyPixels) => words(
                "אחת התמונות גדולה מדי: עד 40 מגה־פיקסל. כדאי להקטין אותה ולנסות שוב.",
                "One of the pictures is too large: up to 40 megapixels. Please make it smaller and try again.",
            ),
            FeedRefusal::Picture(PictureError::TooHeavy) => told(
                he,
                PICTURE_BYTES / (1024 * 1024),
                "אחת התמונות כבדה מדי. תמונה יכולה לשקול עד # מגה־בייט.",
                "One of the pictures is too heavy. A picture may have up to # megabytes.",
            ),
            FeedRefusal::FormTooLarge => words("התמונות יחד כבדות מדי. כדאי לצרף פחות, או קטנות יותר.", "The pictures together are too heavy. Please add fewer, or smaller ones."),
            FeedRefusal::FormBroken => words("הטופס הגיע חלקית. כדאי לנסות שוב.", "The form arrived in part. Please try again."),
            FeedRefusal::FormSlow => {
                words("השליחה ארכה יותר מדי זמן. כדאי לנסות שוב, אולי עם פחות תמונות.", "Sending took too long. Please try again, perhaps with fewer pictures.")
            }
        }
    }
}

/// The longest reason of a report, in characters.
pub const REASON_LIMIT: usize = 300;

impl Refusal for FeedRefusal {
    fn tell(&self, lang: Lang) -> AppError {
        let sentence = self.sentence(lang);
        let error = AppError::new(self.code(), sentence.clone());
        match self.field() {
            Some(field) => error.and(field, sentence),
            None => error,
        }
    }
}

/// A sentence with its bound in the place of `#`.
fn told(he: bool, bound: usize, hebrew: &str, english: &str) -> String {
    let number = if bound >= 1000 { format!("{},{:03}", bound / 1000, bound % 1000) } else { bound.to_string() };
    (if he { hebrew } else { english }).replace('#', &number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_is_told_as_a_number_in_both_languages() {
        assert!(FeedRefusal::BodyTooLong.tell(Lang::He).message.contains("4,000"));
        assert!(FeedRefusal::Picture(PictureError::TooHeavy).tell(Lang::En).message.contains("10 megabytes"));
        assert_eq!(FeedRefusal::FormTooLarge.tell(Lang::En).code, Code::TooLarge);
        assert!(FeedRefusal::EventWhenPast.tell(Lang::He).fields.contains_key("event_at"));
    }
}
