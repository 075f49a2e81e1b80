use serde::{Deserialize, Serialize};

/// The language a person reads. Hebrew comes first; direction follows language.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    #[default]
    He,
    En,
}

impl Lang {
    /// The BCP 47 tag, as it stands in `<html lang>`.
    pub fn tag(self) -> &'static str {
        match self {
            Lang::He => "he",
            Lang::En => "en",
        }
    }

    /// The text direction, as it stands in `<html dir>`.
    pub fn dir(self) -> &'static str {
        match self {
            Lang::He => "rtl",
            Lang::En => "ltr",
        }
    }

    /// Reads a tag of a cookie or a link; anything unknown is Hebrew.
    pub fn from_tag(tag: &str) -> Self {
        if tag.eq_ignore_ascii_case("en") { Lang::En } else { Lang::He }
    }
}
