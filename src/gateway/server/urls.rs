//! Which addresses an endpoint may have, judged when it is registered and told to who typed it. Where a name leads is
//! judged again at every connection (hooks::sender), because names change what they point to.

use hooks::address::{Reach, Target, TargetError};
use kit::Lang;

use crate::gateway::model::URL_LIMIT;

/// Reads an address in the one form in which it will be called.
pub fn read(typed: &str, reach: Reach) -> Result<String, TargetError> {
    let written = Target::parse(typed.trim(), reach)?.url().to_string();
    // Letters of other scripts grow when they are written as they are sent.
    if written.len() > URL_LIMIT { Err(TargetError::NotAUrl) } else { Ok(written) }
}

/// What is wrong with an address, and how to mend it.
pub fn sentence(problem: TargetError, lang: Lang) -> &'static str {
    let (he, en) = match problem {
        TargetError::NotAUrl => ("זו לא כתובת שלמה, עד 2000 תווים, שמתחילה ב־https://", "This is not a whole address of up to 2000 characters that begins with https://"),
        TargetError::NotHttps => ("הכתובת צריכה להתחיל ב־https://", "The address must begin with https://"),
        TargetError::Credentials => ("בכתובת יש שם משתמש. האימות נעשה בחתימה.", "The address holds a user name. Authenticity is proved by the signature."),
        TargetError::Fragment => ("בכתובת יש סולמית (#), שלא נשלחת לשרת.", "The address holds a fragment (#), which is never sent to a server."),
        TargetError::Port => ("אפשר רק פורט 443.", "Only port 443 is called."),
        TargetError::Literal => ("צריך שם של שרת, לא מספר.", "The host must be a name, not an address in numbers."),
        TargetError::PrivateName => ("השם הזה שייך לרשת פרטית. צריך שם ציבורי.", "This name belongs to a private network. A public one is needed."),
    };
    if lang == Lang::He { he } else { en }
}

#[cfg(test)]
mod tests {
    use hooks::address::{Reach, TargetError};

    use super::read;

    #[test]
    fn an_address_is_kept_as_it_will_be_called() {
        assert_eq!(read(" https://Hooks.Partner.EXAMPLE ", Reach::Public).as_deref(), Ok("https://hooks.partner.example/"));
        assert_eq!(read("http://127.0.0.1:4300/hook", Reach::Loopback).as_deref(), Ok("http://127.0.0.1:4300/hook"));
        assert_eq!(read("http://127.0.0.1:4300/hook", Reach::Public), Err(TargetError::NotHttps));
        assert_eq!(read(&format!("https://a.example/{}", "א".repeat(500)), Reach::Public), Err(TargetError::NotAUrl), "longer once it is written as it is sent");
    }
}
