use hooks::address::TargetError;
use kit::{AppError, Code, Lang, TextError};

use super::urls;
use crate::gateway::model::{DESCRIPTION_LIMIT, KEY_NAME_LIMIT, NAME_LIMIT};
use crate::platform::Refusal;

/// What the gateway says no to.
#[derive(Debug)]
pub enum GatewayRefusal {
    PartnerName(TextError),
    KeyName(TextError),
    Description,
    Kind,
    Scope,
    /// A person opens so many partners and no more.
    TooManyPartners,
    TooManyKeys,
    TooManyEndpoints,
    /// A building grants so many partners and no more.
    TooManyGrants,
    Url(TargetError),
    /// No type of the catalogue, and no family of it.
    UnknownType(String),
    TooManyTypes,
    PerMinute,
    /// No partner has this code. The same for a code that cannot be one.
    NoSuchCode,
    /// A grant that names nothing grants nothing.
    NothingChosen,
    Until,
    /// The platform switched this endpoint off.
    SwitchedOff,
    TooManyTests,
    /// Its endpoint is off, its building withdrew, or the message is kept no more.
    NotAgain,
}

impl Refusal for GatewayRefusal {
    fn tell(&self, lang: Lang) -> AppError {
        let say = |he: &str, en: &str| if lang == Lang::He { he.to_owned() } else { en.to_owned() };
        let too_long = |limit: usize| say(&format!("הטקסט ארוך. אפשר עד \u{2068}{limit}\u{2069} תווים."), &format!("The text is long. Up to {limit} characters fit."));
        match self {
            GatewayRefusal::PartnerName(TextError::Empty) => {
                AppError::field("name", say("כדאי להוסיף את שם הארגון, כמו שוועדי הבתים מכירים אותו.", "Please add the organisation's name, as committees know it."))
            }
            GatewayRefusal::PartnerName(TextError::TooLong { .. }) => AppError::field("name", too_long(NAME_LIMIT)),
            GatewayRefusal::KeyName(TextError::Empty) => {
                AppError::field("key_name", say("כדאי לתת למפתח שם, כדי לזכור איפה הוא נמצא.", "Please name the key, so that you remember where it is used."))
            }
            GatewayRefusal::KeyName(TextError::TooLong { .. }) => AppError::field("key_name", too_long(KEY_NAME_LIMIT)),
            GatewayRefusal::Description => AppError::field("description", too_long(DESCRIPTION_LIMIT)),
            GatewayRefusal::Kind => AppError::field("kind", say("כדאי לבחור את סוג הארגון.", "Please choose what kind of organisation it is.")),
            GatewayRefusal::Scope => AppError::field("scope", say("כדאי לבחור קריאה או כתיבה.", "Please choose read or write.")),
            GatewayRefusal::TooManyPartners => AppError::new(
                Code::TooMany,
                say("כבר נפתחו כאן כמה חשבונות. אפשר לפנות אלינו כדי לפתוח עוד.", "Several accounts were opened here already. Write to us to open more."),
            ),
            GatewayRefusal::TooManyKeys => AppError::new(
                Code::Conflict,
                say("יש כבר כמה מפתחות שאפשר. כדאי לבטל קודם מפתח שלא בשימוש.", "There are as many keys as there may be. Please revoke one that is not used first."),
            ),
            GatewayRefusal::TooManyEndpoints => AppError::new(
                Code::Conflict,
                say("יש כבר כמה נקודות קצה שאפשר. כדאי למחוק קודם אחת שלא בשימוש.", "There are as many endpoints as there may be. Please delete one that is not used first."),
            ),
            GatewayRefusal::TooManyGrants => AppError::new(
                Code::Conflict,
                say("הבניין מעדכן כבר כמה שותפים שאפשר. כדאי לנתק קודם שותף אחד.", "The building tells as many partners as it may. Please withdraw one first."),
            ),
            GatewayRefusal::Url(problem) => AppError::field("url", urls::sentence(*problem, lang)),
            GatewayRefusal::UnknownType(entry) => {
                AppError::field("event_types", say(&format!("אין בקטלוג סוג אירוע בשם \u{2068}{entry}\u{2069}."), &format!("The catalogue has no event type \"{entry}\".")))
            }
            GatewayRefusal::TooManyTypes => AppError::field("event_types", say("הרשימה ארוכה מדי.", "The list is too long.")),
            GatewayRefusal::PerMinute => AppError::field("per_minute", say("אפשר בין 1 ל־6000 הודעות בדקה.", "Between 1 and 6000 messages a minute.")),
            GatewayRefusal::NoSuchCode => {
                AppError::field("code", say("לא מצאנו שותף עם הקוד הזה. הקוד כתוב בדף של השותף.", "We know no partner by this code. It stands on the partner's page."))
            }
            GatewayRefusal::NothingChosen => AppError::field("event_types", say("כדאי לבחור לפחות דבר אחד שעליו מעדכנים.", "Please choose at least one thing to tell about.")),
            GatewayRefusal::Until => AppError::field(
                "until",
                say("כדאי לבחור יום מהיום ועד חמש שנים קדימה, או להשאיר ריק.", "Please choose a day between today and five years from now, or leave it empty."),
            ),
            GatewayRefusal::TooManyTests => AppError::new(
                Code::TooMany,
                say("נשלחו כבר כמה אירועי ניסיון בדקה האחרונה. אפשר לנסות שוב בעוד דקה.", "Several tests were sent within the last minute. Please try again in a minute."),
            ),
            GatewayRefusal::NotAgain => AppError::new(
                Code::Conflict,
                say(
                    "את ההודעה הזאת אי אפשר לשלוח שוב: נקודת הקצה כבויה, הבניין ניתק את הגישה, או שההודעה כבר לא שמורה.",
                    "This message cannot be sent again: its endpoint is off, the building withdrew, or it is kept no more.",
                ),
            ),
            GatewayRefusal::SwitchedOff => AppError::new(
                Code::Conflict,
                say("נקודת הקצה הושבתה אצלנו. אפשר לפנות אלינו כדי להפעיל אותה.", "This endpoint was switched off by us. Write to us to have it switched on."),
            ),
        }
    }
}
