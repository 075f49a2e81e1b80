//! The words of the operator's pages.

pub mod console;
pub mod health;
pub mod inbound;
pub mod outgoing;
pub mod slow;
pub mod tenants;

use kit::Lang;

mod queues;

pub use queues::{QueueWords, queue_words};

pub struct Words {
    pub title: &'static str,
    pub lead: &'static str,
    pub buildings: &'static str,
    pub building: &'static str,
    pub began: &'static str,
    pub entered: &'static str,
    pub half: &'static str,
    pub nearly_all: &'static str,
    pub target: &'static str,
    pub met: &'static str,
    pub missed: &'static str,
    pub unknown: &'static str,
    pub none: &'static str,
    pub none_why: &'static str,
}

pub const HE: Words = Words {
    title: "זמני הצטרפות",
    lead: "כל הבניינים, 30 הימים האחרונים. היעד: 95% בתוך 60 שניות.",
    buildings: "לפי בניין",
    building: "בניין",
    began: "פתחו טופס",
    entered: "נכנסו ללוח",
    half: "מחצית",
    nearly_all: "95%",
    target: "יעד",
    met: "ביעד",
    missed: "מעל היעד",
    unknown: "אין מדידה",
    none: "עוד אין הצטרפויות",
    none_why: "אחרי שבניין ראשון ישלח את הקישור, הזמנים יופיעו כאן.",
};

pub const EN: Words = Words {
    title: "Join times",
    lead: "All buildings, the last 30 days. The target: 95% within 60 seconds.",
    buildings: "By building",
    building: "Building",
    began: "Opened the form",
    entered: "Entered the board",
    half: "Half",
    nearly_all: "95%",
    target: "Target",
    met: "On target",
    missed: "Over the target",
    unknown: "Not measured",
    none: "Nobody joined yet",
    none_why: "Once a first building sends its link, times show here.",
};

pub fn words(lang: Lang) -> &'static Words {
    match lang {
        Lang::He => &HE,
        Lang::En => &EN,
    }
}
