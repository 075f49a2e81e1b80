use serde::{Deserialize, Serialize};

/// An Israeli mobile number in E.164: `+9725XXXXXXXX`.
///
/// Mobile is asked for because the one-time code goes by SMS. Validation is by the numbering plan's shape
/// (05 and eight digits), not by a table of allocated ranges: such tables lag behind real allocations.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Phone(String);

/// Why a text is not a number we can send a code to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PhoneError {
    /// Nothing was typed.
    Empty,
    /// A number of another country.
    Foreign,
    /// An Israeli number that is not a mobile (landline, 1-700, 07X).
    NotMobile,
    /// Too few, too many or other characters.
    Malformed,
}

impl Phone {
    /// Reads a number as people write and paste it: spaces, hyphens, brackets, dots, a leading `+972`, `972`, `00972`
    /// or trunk 0 (also both), and the invisible direction marks that chat apps add.
    pub fn parse(typed: &str) -> Result<Self, PhoneError> {
        let mut digits = String::new();
        let mut plus = false;
        for ch in typed.chars() {
            match ch {
                '+' if digits.is_empty() => plus = true,
                ch if ch.is_ascii_digit() => digits.push(ch),
                ' ' | '\u{a0}' | '-' | '\u{2010}'..='\u{2015}' | '\u{5be}' | '(' | ')' | '.' | '/' | '\t' => {}
                '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' => {}
                _ => return Err(PhoneError::Malformed),
            }
        }
        if digits.is_empty() {
            return Err(if plus { PhoneError::Malformed } else { PhoneError::Empty });
        }
        let international = plus || digits.starts_with("00");
        let digits = digits.strip_prefix("00").unwrap_or(&digits);
        let national = match digits.strip_prefix("972") {
            Some(rest) if international || rest.len() >= 8 => rest,
            _ if international => return Err(if (8..=15).contains(&digits.len()) { PhoneError::Foreign } else { PhoneError::Malformed }),
            _ => digits,
        };
        let national = national.strip_prefix('0').unwrap_or(national);
        match (national.as_bytes().first(), national.len()) {
            (Some(b'5'), 9) => Ok(Self(format!("+972{national}"))),
            (Some(b'2' | b'3' | b'4' | b'8' | b'9'), 8) | (Some(b'7'), 9) | (Some(b'1'), 10) => Err(PhoneError::NotMobile),
            _ => Err(PhoneError::Malformed),
        }
    }

    /// E.164, as stored.
    pub fn e164(&self) -> &str {
        &self.0
    }

    /// As read in Israel: `054-318 2704`.
    pub fn national(&self) -> String {
        let rest = &self.0[4..];
        format!("0{}-{} {}", &rest[..2], &rest[2..5], &rest[5..])
    }

    /// The last two digits only: `05•-••• ••04`.
    pub fn masked(&self) -> String {
        format!("05•-••• ••{}", &self.0[self.0.len() - 2..])
    }
}

impl TryFrom<String> for Phone {
    type Error = String;
    fn try_from(value: String) -> Result<Self, Self::Error> {
        Phone::parse(&value).map_err(|error| format!("{error:?}"))
    }
}

impl From<Phone> for String {
    fn from(value: Phone) -> Self {
        value.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_usual_way_of_writing_a_mobile_gives_one_number() {
        for typed in [
            "0543182704",
            "054-3182704",
            "054-318 2704",
            "054 318 27 04",
            "+972543182704",
            "+972-54-318-2704",
            "972543182704",
            "00972543182704",
            "+972 (0)54-318-2704",
            "+9720543182704",
            "\u{202a}+972 54-318-2704\u{202c}",
            "54-318 2704",
            " 054.318.2704 ",
        ] {
            assert_eq!(Phone::parse(typed).map(|p| p.e164().to_owned()), Ok("+972543182704".to_owned()), "{typed:?}");
        }
    }

    #[test]
    fn what_is_not_a_mobile_says_why() {
        for (typed, why) in [
            ("", PhoneError::Empty),
            ("   ", PhoneError::Empty),
            ("03-5551234", PhoneError::NotMobile),
            ("077-1234567", PhoneError::NotMobile),
            ("1-700-123456", PhoneError::NotMobile),
            ("+1 415 555 2671", PhoneError::Foreign),
            ("0044 20 7946 0958", PhoneError::Foreign),
            ("05431827", PhoneError::Malformed),
            ("054318270455", PhoneError::Malformed),
            ("חמש ארבע", PhoneError::Malformed),
            ("+", PhoneError::Malformed),
        ] {
            assert_eq!(Phone::parse(typed), Err(why), "{typed:?}");
        }
    }

    #[test]
    fn a_number_is_shown_as_israelis_write_it() {
        let phone = Phone::parse("0543182704").unwrap();
        assert_eq!(phone.national(), "054-318 2704");
        assert_eq!(phone.masked(), "05•-••• ••04");
    }
}
