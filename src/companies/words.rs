//! The words of companies, in both languages.

use kit::Lang;

use super::model::Post;

pub struct Words {
    pub open_title: &'static str,
    pub open_lead: &'static str,
    pub company_name: &'static str,
    pub own_name: &'static str,
    pub own_name_hint: &'static str,
    pub open: &'static str,

    pub company: &'static str,
    pub code: &'static str,
    pub code_hint: &'static str,
    pub buildings: &'static str,
    pub no_buildings: &'static str,
    pub staff: &'static str,
    pub me: &'static str,
    pub end: &'static str,
    pub add: &'static str,
    pub name: &'static str,
    pub phone: &'static str,
    pub phone_hint: &'static str,
    pub post_label: &'static str,
    pub post: fn(Post) -> &'static str,

    pub building_title: &'static str,
    pub give_lead: &'static str,
    pub give_hint: &'static str,
    pub give: &'static str,
    pub given_to: &'static str,
    pub since: fn(&str) -> String,
    pub withdraw: &'static str,
    pub may_title: &'static str,
    pub may: [&'static str; 3],
}

pub const HE: Words = Words {
    open_title: "פתיחת חברת ניהול",
    open_lead: "צוות אחד לכמה בניינים. כל בניין מצטרף כשיו״ר הוועד מוסר אותו לניהול.",
    company_name: "שם החברה",
    own_name: "השם שלך",
    own_name_hint: "כך יופיע ליד הודעות בבניינים.",
    open: "פתיחת החברה",

    company: "חברת ניהול",
    code: "קוד החברה",
    code_hint: "מוסרים אותו ליו״ר הוועד, שמזין אותו בדף הניהול של הבניין.",
    buildings: "הבניינים שלנו",
    no_buildings: "עוד אין בניינים. בניין יופיע כאן אחרי שיו״ר הוועד יזין את הקוד.",
    staff: "הצוות",
    me: "כאן",
    end: "סיום עבודה",
    add: "הוספה לצוות",
    name: "שם מלא",
    phone: "טלפון נייד",
    phone_hint: "נכנסים עם המספר הזה וקוד, ואז כל הבניינים של החברה פתוחים.",
    post_label: "תפקיד",
    post: |post| match post {
        Post::Owner => "בעלות",
        Post::Staff => "צוות",
    },

    building_title: "חברת ניהול",
    give_lead: "אפשר למסור את הבניין לחברת ניהול, ולקחת אותו חזרה בכל רגע.",
    give_hint: "שמונה אותיות וספרות, מהדף של החברה.",
    give: "מסירה לניהול",
    given_to: "הבניין מנוהל בידי",
    since: |when| format!("מאז \u{2068}{when}\u{2069}"),
    withdraw: "סיום הניהול",
    may_title: "מה החברה יכולה",
    may: ["לקרוא ולכתוב בלוח, לנעוץ הודעות ולהסיר הודעות.", "לראות מי הצטרף, לאשר ולהסיר דיירים.", "לא לשנות את הבניין, את הוועד או את המסירה. סיום הניהול חל מיד."],
};

pub const EN: Words = Words {
    open_title: "Open a management company",
    open_lead: "One staff for several buildings. A building comes when the chair of its committee hands it over.",
    company_name: "Company name",
    own_name: "Your name",
    own_name_hint: "As it will stand beside posts in the buildings.",
    open: "Open the company",

    company: "Management company",
    code: "Company code",
    code_hint: "Give it to a building's chair, who enters it on the building's management page.",
    buildings: "Our buildings",
    no_buildings: "No buildings yet. One shows here once its chair enters the code.",
    staff: "Staff",
    me: "You",
    end: "End work",
    add: "Add to the staff",
    name: "Full name",
    phone: "Mobile phone",
    phone_hint: "They sign in with this number and a code, and all the company's buildings are open.",
    post_label: "Role",
    post: |post| match post {
        Post::Owner => "Owner",
        Post::Staff => "Staff",
    },

    building_title: "Management company",
    give_lead: "The building can be handed to a management company, and taken back at any moment.",
    give_hint: "Eight letters and digits, from the company's page.",
    give: "Hand over",
    given_to: "The building is managed by",
    since: |when| format!("Since \u{2068}{when}\u{2069}"),
    withdraw: "End the management",
    may_title: "What the company may do",
    may: [
        "Read and write on the board, pin and take down posts.",
        "See who joined, confirm and remove residents.",
        "Not change the building, its committee or this. Ending the management holds at once.",
    ],
};

pub fn words(lang: Lang) -> &'static Words {
    match lang {
        Lang::He => &HE,
        Lang::En => &EN,
    }
}
