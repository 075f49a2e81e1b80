//! Words of identity that both sides share.

use kit::{Role, SessionId};
use serde::{Deserialize, Serialize};

/// The page that asks for the code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodePage {
    /// "05•-••• ••04"; `None` when no code was asked for in this browser.
    pub masked_phone: Option<String>,
    /// In the sandbox, where the code can be read.
    pub sandbox_inbox: Option<String>,
}

/// One place a person belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    pub slug: String,
    pub name: String,
    pub role: Role,
}

/// A management company or a partner the person works at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompanyPlace {
    pub code: String,
    pub name: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Home {
    pub places: Vec<Place>,
    pub companies: Vec<CompanyPlace>,
    pub partners: Vec<CompanyPlace>,
    pub is_operator: bool,
}

/// Where a person is signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DevicesPage {
    /// The person's own name.
    pub name: String,
    /// The one in hand first, then the latest seen.
    pub devices: Vec<Device>,
}

/// One device, which is one session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    pub session: SessionId,
    pub system: System,
    pub browser: Browser,
    /// "היום, 06:41".
    pub seen_label: String,
    /// The day of signing in: "3.9".
    pub since_label: String,
    pub is_here: bool,
}

/// What stands before somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceKind {
    Phone,
    Tablet,
    Laptop,
    Computer,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum System {
    IPhone,
    IPad,
    Android,
    AndroidTablet,
    Windows,
    Mac,
    ChromeOs,
    Linux,
    Unknown,
}

impl System {
    const ALL: [(System, &str); 8] = [
        (System::IPhone, "iphone"),
        (System::IPad, "ipad"),
        (System::Android, "android"),
        (System::AndroidTablet, "android_tablet"),
        (System::Windows, "windows"),
        (System::Mac, "mac"),
        (System::ChromeOs, "chromeos"),
        (System::Linux, "linux"),
    ];

    /// The word kept in the database.
    pub fn word(self) -> &'static str {
        System::ALL.iter().find(|(system, _)| *system == self).map_or("unknown", |(_, word)| word)
    }

    pub fn from_word(word: &str) -> Self {
        System::ALL.iter().find(|(_, known)| *known == word).map_or(System::Unknown, |(system, _)| *system)
    }

    pub fn kind(self) -> DeviceKind {
        match self {
            System::IPhone | System::Android => DeviceKind::Phone,
            System::IPad | System::AndroidTablet => DeviceKind::Tablet,
            System::Mac | System::ChromeOs => DeviceKind::Laptop,
            System::Windows | System::Linux | System::Unknown => DeviceKind::Computer,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Browser {
    Safari,
    Chrome,
    Firefox,
    Edge,
    Samsung,
    Opera,
    Other,
}

impl Browser {
    const ALL: [(Browser, &str); 6] = [
        (Browser::Safari, "safari"),
        (Browser::Chrome, "chrome"),
        (Browser::Firefox, "firefox"),
        (Browser::Edge, "edge"),
        (Browser::Samsung, "samsung"),
        (Browser::Opera, "opera"),
    ];

    /// The word kept in the database.
    pub fn word(self) -> &'static str {
        Browser::ALL.iter().find(|(browser, _)| *browser == self).map_or("other", |(_, word)| word)
    }

    pub fn from_word(word: &str) -> Self {
        Browser::ALL.iter().find(|(_, known)| *known == word).map_or(Browser::Other, |(browser, _)| *browser)
    }
}
