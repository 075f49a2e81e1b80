//! The words of the console's frame.

use kit::Lang;

pub struct ConsoleWords {
    pub queues: &'static str,
    pub outgoing: &'static str,
    pub inbound: &'static str,
    pub tenants: &'static str,
    pub health: &'static str,
}

const HE: ConsoleWords = ConsoleWords { queues: "תורים", outgoing: "יוצאים", inbound: "נכנסים", tenants: "בניינים", health: "תקינות" };

const EN: ConsoleWords = ConsoleWords { queues: "Queues", outgoing: "Outgoing", inbound: "Inbound", tenants: "Buildings", health: "Health" };

pub fn console(lang: Lang) -> &'static ConsoleWords {
    match lang {
        Lang::He => &HE,
        Lang::En => &EN,
    }
}
