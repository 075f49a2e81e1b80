//! Accessibility statement, privacy notice and terms of use, in both languages. Plain words; a lawyer reads them before
//! the house opens to the public. The addresses are placeholders of the reserved domain `example`.

use kit::Lang;

pub struct Text {
    pub title: &'static str,
    pub sections: &'static [Section],
    /// (sentence, e-mail address)
    pub contact: Option<(&'static str, &'static str)>,
}

pub struct Section {
    pub title: &'static str,
    pub body: &'static [&'static str],
    pub points: &'static [&'static str],
}

pub fn accessibility(lang: Lang) -> &'static Text {
    match lang {
        Lang::He => &ACCESSIBILITY_HE,
        Lang::En => &ACCESSIBILITY_EN,
    }
}

pub fn privacy(lang: Lang) -> &'static Text {
    match lang {
        Lang::He => &PRIVACY_HE,
        Lang::En => &PRIVACY_EN,
    }
}

pub fn terms(lang: Lang) -> &'static Text {
    match lang {
        Lang::He => &TERMS_HE,
        Lang::En => &TERMS_EN,
    }
}

static ACCESSIBILITY_HE: Text = Text {
    title: "הצהרת נגישות",
    sections: &[
        Section {
            title: "המחויבות שלנו", body: &["לכל מי שגר בבניין מגיע להשתמש בלוח שלו. ונטרה נבנית לפי תקן ישראלי 5568, ברמה AA של הנחיות WCAG 2.2."], points: &[]
        },
        Section {
            title: "מה נגיש",
            body: &[],
            points: &[
                "כל הדפים בנויים לקריאה בקורא מסך בעברית, עם כותרות ואזורים מסומנים.",
                "כל פעולה אפשרית במקלדת בלבד, והמיקוד נראה תמיד.",
                "הניגודיות נמדדה: 4.5 לפחות לטקסט, במראה בהיר ובמראה כהה.",
                "אפשר להגדיל את הטקסט ל־200% ואת התצוגה ל־400% בלי לאבד תוכן.",
                "מצב נאמר תמיד במילים ובסמל, לא בצבע לבדו.",
                "מי שביקש פחות תנועה במכשיר לא רואה אנימציות.",
                "הטפסים עובדים גם בדפדפן בלי סקריפטים.",
            ],
        },
        Section {
            title: "מה עוד לא",
            body: &[],
            points: &["תמונות שדיירים מעלים מוצגות בלי תיאור מילולי, אלא אם נכתב כזה בהודעה. אנחנו עובדים על כך.", "דף התשלום שייך לחברת הסליקה, ונגישותו באחריותה."],
        },
        Section {
            title: "איך זה נבדק",
            body: &["כל דף נבדק בכל גרסה בכלי אוטומטי (axe), במראה בהיר וכהה, בטלפון ובמחשב. בדיקה מלאה עם קוראי מסך ועם אנשים עם מוגבלות עוד לפנינו, ותאריכה יפורסם כאן."],
            points: &[],
        },
        Section {
            title: "נתקלת בקושי",
            body: &["כדאי לכתוב לנו מה קרה ובאיזה דף. צוות הנגישות עונה בתוך שני ימי עבודה. אפשר לפנות גם לנציבות שוויון זכויות לאנשים עם מוגבלות במשרד המשפטים."],
            points: &[],
        },
    ],
    contact: Some(("צוות הנגישות:", "accessibility@vantera.example")),
};

static ACCESSIBILITY_EN: Text = Text {
    title: "Accessibility statement",
    sections: &[
        Section {
            title: "What we hold ourselves to",
            body: &["Everybody who lives in a building should be able to use its board. Vantera is built to Israeli Standard 5568, level AA of WCAG 2.2."],
            points: &[],
        },
        Section {
            title: "What is accessible",
            body: &[],
            points: &[
                "Every page is built for a screen reader, with headings and named regions.",
                "Everything can be done by keyboard alone, and focus is always visible.",
                "Contrast is measured: at least 4.5 for text, in light and in dark.",
                "Text grows to 200% and the page to 400% without loss.",
                "A state is always told in words and an icon, never by colour alone.",
                "Who asked the device for less motion sees no animation.",
                "Forms work in a browser without scripts too.",
            ],
        },
        Section {
            title: "What is not yet",
            body: &[],
            points: &[
                "Pictures that residents upload have no description unless the post gives one. We are working on it.",
                "The payment page is the payment company's, and so is its accessibility.",
            ],
        },
        Section {
            title: "How it is checked",
            body: &[
                "Every page of every version is checked by a tool (axe), in light and in dark, on a phone and on a desk. A full round with screen readers and with people with disabilities is still ahead; its date will stand here.",
            ],
            points: &[],
        },
        Section {
            title: "If something stood in your way",
            body: &[
                "Please write what happened and on which page. The accessibility team answers within two working days. You may also turn to the Commission for Equal Rights of Persons with Disabilities at the Ministry of Justice.",
            ],
            points: &[],
        },
    ],
    contact: Some(("Accessibility team:", "accessibility@vantera.example")),
};

static PRIVACY_HE: Text = Text {
    title: "פרטיות",
    sections: &[
        Section {
            title: "בקצרה", body: &["אנחנו שומרים את המעט שבניין צריך כדי לדעת מי גר בו, לא מוכרים אותו לאיש, ומוחקים אותו למי שמבקש."], points: &[]
        },
        Section {
            title: "מה נשמר",
            body: &[],
            points: &[
                "שם, מספר דירה ומספר טלפון, כפי שנמסרו בהצטרפות.",
                "מה שנכתב בלוח: הודעות, תגובות, תמונות ואירועים.",
                "רישום של פעולות בבניין, כדי שאפשר יהיה לבדוק מי עשה מה ומתי, מאיזו כתובת ברשת.",
                "סוג המכשיר והדפדפן שמהם נכנסת, כדי שאפשר יהיה לזהות כניסה זרה ולנתק אותה.",
                "פרטי כרטיס האשראי לא מגיעים אלינו. הם נמסרים ישירות לחברת הסליקה.",
            ],
        },
        Section {
            title: "מי רואה",
            body: &[],
            points: &["שכנים מאותו בניין רואים שם ומספר דירה.", "מספר הטלפון מוצג לוועד הבית בלבד.", "בניין אחר לא רואה דבר: המידע של כל בניין מופרד במסד הנתונים עצמו."],
        },
        Section {
            title: "למה, ועל סמך מה",
            body: &[
                "הפרטים משמשים לדבר אחד: להפעיל את הלוח של הבניין שלך. אין חובה בחוק למסור אותם, אבל בלי דירה, שם וטלפון אי אפשר להצטרף. המסירה היא בהסכמה, ונוסח ההסכמה שאושר נשמר עם תאריך.",
            ],
            points: &[],
        },
        Section {
            title: "מי עוזר לנו",
            body: &["שני ספקים בלבד מקבלים פרטים, ורק את הדרוש להם:"],
            points: &["חברת הסליקה: שם הבניין, מספר הדירה והתשלום.", "חברת המסרונים: מספר הטלפון והקוד שנשלח אליו."],
        },
        Section {
            title: "איך זה מוגן",
            body: &[
                "החיבור מוצפן, אין סיסמאות שאפשר לגנוב, וקוד כניסה נשמר מעורבל ותקף ל־10 דקות. אם יקרה אירוע אבטחה חמור, נודיע לרשות להגנת הפרטיות ולמי שנפגע, כפי שהחוק דורש.",
            ],
            points: &[],
        },
        Section {
            title: "עוגיות", body: &["העוגיות כאן הכרחיות בלבד: כניסה, טופס שלא הושלם, שפה ומראה. אין מעקב ואין פרסום."], points: &[]
        },
        Section {
            title: "הזכויות שלך",
            body: &[
                "לפי חוק הגנת הפרטיות אפשר לבקש לעיין במידע, לתקן אותו או למחוק אותו. בקשה נענית בתוך 30 יום. רישומי תשלום נשמרים כל עוד החוק מחייב, גם אחרי מחיקה. אפשר להגיש תלונה לרשות להגנת הפרטיות.",
            ],
            points: &[],
        },
    ],
    contact: Some(("לכל בקשה בענייני פרטיות:", "privacy@vantera.example")),
};

static PRIVACY_EN: Text = Text {
    title: "Privacy",
    sections: &[
        Section { title: "In short", body: &["We keep the little a building needs to know who lives in it, sell it to nobody, and delete it when you ask."], points: &[] },
        Section {
            title: "What is kept",
            body: &[],
            points: &[
                "Name, flat and phone, as given when joining.",
                "What is written on the board: posts, comments, pictures and events.",
                "A record of acts in the building, so that who did what, when and from which network address can be checked.",
                "The kind of device and browser you signed in from, so that a stranger's can be known and signed out.",
                "Card details never reach us. They go straight to the payment company.",
            ],
        },
        Section {
            title: "Who sees it",
            body: &[],
            points: &[
                "Neighbours of the same building see name and flat.",
                "The phone is shown to the committee only.",
                "Another building sees nothing: each building's data is walled off in the database itself.",
            ],
        },
        Section {
            title: "What for, and by what right",
            body: &[
                "The details serve one purpose: to run your building's board. No law makes you give them, but without flat, name and phone one cannot join. You give them by consent, and the wording you agreed to is kept with its date.",
            ],
            points: &[],
        },
        Section {
            title: "Who helps us",
            body: &["Two companies receive details, and only what they need:"],
            points: &["The payment company: the building's name, the flat and the payment.", "The text message company: the phone and the code that is sent to it."],
        },
        Section {
            title: "How it is protected",
            body: &[
                "Connections are encrypted, there are no passwords to steal, and a sign-in code is kept scrambled and holds for 10 minutes. Should a serious breach happen, we tell the Privacy Protection Authority and whoever was affected, as the law asks.",
            ],
            points: &[],
        },
        Section { title: "Cookies", body: &["Only what is needed: sign-in, an unfinished form, language and appearance. No tracking, no advertising."], points: &[] },
        Section {
            title: "Your rights",
            body: &[
                "Under the Israeli Privacy Protection Law you may see, correct or delete your data. We answer within 30 days. Payment records stay as long as the law makes us keep them, also after deletion. You may complain to the Privacy Protection Authority.",
            ],
            points: &[],
        },
    ],
    contact: Some(("For any request about privacy:", "privacy@vantera.example")),
};

static TERMS_HE: Text = Text {
    title: "תנאי שימוש",
    sections: &[
        Section {
            title: "מה זה ונטרה", body: &["ונטרה היא לוח משותף לדיירי בניין ולוועד שלו. החברות היא לדירה, והיא פתוחה למי שגר בה או הבעלים שלה."], points: &[]
        },
        Section {
            title: "תשלום וביטול",
            body: &[
                "החברות עולה $3 לחודש לדירה, כולל מע״מ. החיוב מתחדש בכל חודש עד לביטול.",
                "אפשר לבטל בכל רגע, בהודעה לכתובת שלמטה או דרך ועד הבית. החיוב נעצר בסוף החודש ששולם. לפי חוק הגנת הצרכן אפשר לבטל את העסקה הראשונה בתוך 14 יום ולקבל את הכסף בחזרה.",
            ],
            points: &[],
        },
        Section {
            title: "כללי הבית",
            body: &[],
            points: &[
                "מצטרפים לדירה שגרים בה, בשם אמיתי ובטלפון שלך.",
                "כותבים לשכנים כמו שמדברים בחדר המדרגות: בלי פגיעה, בלי איומים ובלי פרסום של פרטים של אחרים.",
                "הוועד רשאי להסיר הודעה שפוגעת, ולהסיר מי שאינו שייך לבניין. על הסרה אפשר לערער אלינו.",
            ],
        },
        Section {
            title: "מי יכול להצטרף", body: &["מי שמלאו לו 18 והוא גר בדירה או הבעלים שלה. פתיחת בניין מיועדת לוועד הבית או למי שהדיירים הסמיכו לכך."], points: &[]
        },
        Section {
            title: "מה באחריותנו",
            body: &["אנחנו שומרים על השירות זמין ועל המידע בטוח. תוכן ההודעות הוא באחריות מי שכתב אותן, והחלטות הבניין הן של הדיירים ושל הוועד."],
            points: &[],
        },
        Section {
            title: "שינויים", body: &["שינוי מהותי בתנאים או במחיר יימסר 30 יום מראש. הדין הוא דין מדינת ישראל."], points: &[]
        },
    ],
    contact: Some(("שאלות:", "hello@vantera.example")),
};

static TERMS_EN: Text = Text {
    title: "Terms of use",
    sections: &[
        Section {
            title: "What Vantera is",
            body: &["Vantera is a shared board for the residents of a building and its committee. Membership is for a flat, open to whoever lives in it or owns it."],
            points: &[],
        },
        Section {
            title: "Price and cancelling",
            body: &[
                "Membership is $3 a month for a flat, VAT included. It renews every month until cancelled.",
                "Cancel at any time, by writing to the address below or through the committee. Charges stop at the end of the paid month. Under the Israeli Consumer Protection Law the first purchase may be cancelled within 14 days for a refund.",
            ],
            points: &[],
        },
        Section {
            title: "House rules",
            body: &[],
            points: &[
                "Join the flat you live in, with your own name and phone.",
                "Write to neighbours as you would speak on the stairs: no harm, no threats, no details of others.",
                "The committee may take down a post that harms, and remove who does not belong. You may appeal to us.",
            ],
        },
        Section {
            title: "Who may join",
            body: &["Anybody of 18 or more who lives in the flat or owns it. A building is opened by its committee, or by whoever the residents chose to."],
            points: &[],
        },
        Section {
            title: "What we answer for",
            body: &["We keep the service up and the data safe. Posts are their writers' responsibility, and the building's decisions are the residents' and the committee's."],
            points: &[],
        },
        Section { title: "Changes", body: &["A material change of terms or price is announced 30 days ahead. The law is that of Israel."], points: &[] },
    ],
    contact: Some(("Questions:", "hello@vantera.example")),
};
