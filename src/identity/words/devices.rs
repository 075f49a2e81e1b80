//! The words of the devices' page, in both languages.

use kit::Lang;

use crate::identity::model::{Browser, System};

pub struct DeviceWords {
    pub title: &'static str,
    pub count: fn(usize) -> String,
    pub now: &'static str,
    pub here: &'static str,
    pub here_since: fn(&str) -> String,
    pub others: &'static str,
    pub end: &'static str,
    pub end_others: &'static str,
    pub note: &'static str,
    pub system: fn(System) -> &'static str,
    /// Empty when there is nothing to say.
    pub browser: fn(Browser) -> &'static str,
}

const HE: DeviceWords = DeviceWords {
    title: "מכשירים מחוברים",
    count: |count| match count {
        1 => "מכשיר אחד".to_owned(),
        2 => "2 מכשירים".to_owned(),
        _ => format!("{count} מכשירים"),
    },
    now: "פעיל עכשיו",
    here: "כאן",
    here_since: |day| format!("המכשיר הזה, מחובר מאז {day}"),
    others: "מכשירים נוספים",
    end: "ניתוק",
    end_others: "ניתוק כל המכשירים האחרים",
    note: "מכשיר מתנתק לבד 60 יום אחרי הכניסה. ניתוק לא מוחק מידע.",
    system: |system| match system {
        System::IPhone => "iPhone",
        System::IPad => "iPad",
        System::Android => "טלפון Android",
        System::AndroidTablet => "טאבלט Android",
        System::Windows => "מחשב Windows",
        System::Mac => "Mac",
        System::ChromeOs => "Chromebook",
        System::Linux => "מחשב Linux",
        System::Unknown => "מכשיר לא מזוהה",
    },
    browser: |browser| match browser {
        Browser::Safari => "ספארי",
        Browser::Chrome => "כרום",
        Browser::Firefox => "פיירפוקס",
        Browser::Edge => "אדג׳",
        Browser::Samsung => "הדפדפן של סמסונג",
        Browser::Opera => "אופרה",
        Browser::Other => "",
    },
};

const EN: DeviceWords = DeviceWords {
    title: "Signed-in devices",
    count: |count| match count {
        1 => "One device".to_owned(),
        _ => format!("{count} devices"),
    },
    now: "In use now",
    here: "Here",
    here_since: |day| format!("This device, signed in since {day}"),
    others: "Other devices",
    end: "Sign out",
    end_others: "Sign out all other devices",
    note: "A device is signed out by itself 60 days after signing in. Signing out deletes nothing.",
    system: |system| match system {
        System::IPhone => "iPhone",
        System::IPad => "iPad",
        System::Android => "Android phone",
        System::AndroidTablet => "Android tablet",
        System::Windows => "Windows computer",
        System::Mac => "Mac",
        System::ChromeOs => "Chromebook",
        System::Linux => "Linux computer",
        System::Unknown => "Unknown device",
    },
    browser: |browser| match browser {
        Browser::Safari => "Safari",
        Browser::Chrome => "Chrome",
        Browser::Firefox => "Firefox",
        Browser::Edge => "Edge",
        Browser::Samsung => "Samsung Internet",
        Browser::Opera => "Opera",
        Browser::Other => "",
    },
};

pub fn device_words(lang: Lang) -> &'static DeviceWords {
    match lang {
        Lang::He => &HE,
        Lang::En => &EN,
    }
}
