//! Stripe's documented test cards and what each of them does (docs.stripe.com/testing).

/// Why a card was refused.
#[derive(Debug, PartialEq, Eq)]
pub struct Decline {
    /// `code` of the error.
    pub code: &'static str,
    /// `decline_code`, where Stripe gives one.
    pub decline_code: Option<&'static str>,
    /// Stripe's English message.
    pub message: &'static str,
    /// What the page says to the payer, after "not charged": what happened and what to do.
    pub hebrew: &'static str,
}

/// What happens to a charge.
#[derive(Debug, Clone, Copy)]
pub enum Behaviour {
    /// Goes through.
    Pays,
    /// Is refused.
    Declines(&'static Decline),
    /// Asks for 3-D Secure; after it goes through, or is refused. `once`: not again for a saved card.
    Authenticates { then: Option<&'static Decline>, once: bool },
    /// May be saved, and is refused at every charge.
    SavesThenDeclines(&'static Decline),
}

/// One documented card.
#[derive(Debug)]
pub struct TestCard {
    /// Digits only.
    pub number: &'static str,
    /// Stripe's name of the network.
    pub brand: &'static str,
    /// What it does.
    pub behaviour: Behaviour,
    /// The `pm_card_…` name, without the prefix and without a network ("visa_").
    pub token: &'static str,
    /// What it does, in the words of the page's list.
    pub hebrew: &'static str,
}

impl TestCard {
    /// The last four digits.
    pub fn last4(&self) -> &'static str {
        &self.number[self.number.len() - 4..]
    }

    /// The number in groups, as printed on a card.
    pub fn grouped(&self) -> String {
        group(self.number)
    }
}

/// Digits in groups of four (American Express: 4-6-5).
pub fn group(digits: &str) -> String {
    let cuts: &[usize] = if digits.len() == 15 { &[4, 10] } else { &[4, 8, 12] };
    let mut grouped = String::with_capacity(digits.len() + 4);
    for (index, digit) in digits.chars().enumerate() {
        if cuts.contains(&index) {
            grouped.push(' ');
        }
        grouped.push(digit);
    }
    grouped
}

const ANOTHER_CARD: &str = "חברת האשראי דחתה את הכרטיס. אפשר לנסות כרטיס אחר, או לפנות לחברה ולאשר עסקה באינטרנט.";

pub static GENERIC: Decline = declined("generic_decline", ANOTHER_CARD);
pub static INSUFFICIENT: Decline = declined("insufficient_funds", "אין בכרטיס יתרה מספיקה לסכום הזה. אפשר לנסות כרטיס אחר, או לפנות לחברת האשראי.");
static LOST: Decline = declined("lost_card", ANOTHER_CARD);
static STOLEN: Decline = declined("stolen_card", ANOTHER_CARD);
static VELOCITY: Decline = declined("card_velocity_exceeded", "הכרטיס עבר את מספר הניסיונות המותר. אפשר לנסות כרטיס אחר, או לחזור מאוחר יותר.");
static FRAUD: Decline = declined("fraudulent", ANOTHER_CARD);
/// A real card in the sandbox: nothing is charged, and the answer says which cards are for trying.
pub static LIVE_CARD: Decline = Decline {
    code: "card_declined",
    decline_code: Some("test_mode_live_card"),
    message: "Your card was declined. Your request was in test mode, but used a non test card. For a list of valid test cards, visit: https://stripe.com/docs/testing.",
    hebrew: "זו סביבת ניסוי, והיא מקבלת כרטיסים לבדיקה בלבד. אפשר לבחור כרטיס מהרשימה שבתחתית העמוד.",
};
static EXPIRED: Decline = Decline {
    code: "expired_card", decline_code: Some("expired_card"), message: "Your card has expired.", hebrew: "תוקף הכרטיס פג. צריך לנסות כרטיס אחר."
};
static INCORRECT_CVC: Decline = Decline {
    code: "incorrect_cvc",
    decline_code: Some("incorrect_cvc"),
    message: "Your card's security code is incorrect.",
    hebrew: "שלוש הספרות שבגב הכרטיס אינן נכונות. כדאי לבדוק אותן ולנסות שוב.",
};
static PROCESSING: Decline = Decline {
    code: "processing_error",
    decline_code: Some("processing_error"),
    message: "An error occurred while processing your card. Try again in a little bit.",
    hebrew: "אירעה תקלה בעיבוד הכרטיס. אפשר לנסות שוב בעוד רגע.",
};
/// The bank wants the cardholder, who is not there (docs.stripe.com/declines/codes).
pub static AUTHENTICATION_REQUIRED: Decline = Decline {
    code: "authentication_required",
    decline_code: Some("authentication_required"),
    message: "Your card was declined. This transaction requires authentication.",
    hebrew: "הבנק מבקש אימות נוסף. צריך לשלם שוב ולאשר.",
};
/// The cardholder failed or left the 3-D Secure step.
pub static AUTHENTICATION_FAILED: Decline = Decline {
    code: "payment_intent_authentication_failure",
    decline_code: None,
    message: "We are unable to authenticate your payment method. Please choose a different payment method and try again.",
    hebrew: "האימות מול הבנק לא הושלם. אפשר לנסות שוב, או לבחור כרטיס אחר.",
};

const fn declined(decline_code: &'static str, hebrew: &'static str) -> Decline {
    Decline {
        code: "card_declined",
        decline_code: Some(decline_code),
        message: if matches!(decline_code.as_bytes(), b"insufficient_funds") { "Your card has insufficient funds." } else { "Your card was declined." },
        hebrew,
    }
}

const fn card(number: &'static str, brand: &'static str, behaviour: Behaviour, token: &'static str, hebrew: &'static str) -> TestCard {
    TestCard { number, brand, behaviour, token, hebrew }
}

/// The cards, the three of the mock-up first.
pub static CARDS: &[TestCard] = &[
    card("4242424242424242", "visa", Behaviour::Pays, "visa", "עובר"),
    card("4000000000000002", "visa", Behaviour::Declines(&GENERIC), "chargeDeclined", "נדחה"),
    card("4000002500003155", "visa", Behaviour::Authenticates { then: None, once: true }, "authenticationRequiredOnSetup", "אימות נוסף"),
    card("4000002760003184", "visa", Behaviour::Authenticates { then: None, once: false }, "authenticationRequired", "אימות בכל עסקה"),
    card("4000000000003220", "visa", Behaviour::Authenticates { then: None, once: false }, "threeDSecure2Required", "אימות חובה"),
    card("4000008400001629", "visa", Behaviour::Authenticates { then: Some(&GENERIC), once: false }, "threeDSecureRequiredChargeDeclined", "אימות, ואז נדחה"),
    card(
        "4000008260003178",
        "visa",
        Behaviour::Authenticates { then: Some(&INSUFFICIENT), once: false },
        "authenticationRequiredChargeDeclinedInsufficientFunds",
        "אימות, ואז אין יתרה",
    ),
    card("4000000000009995", "visa", Behaviour::Declines(&INSUFFICIENT), "chargeDeclinedInsufficientFunds", "אין יתרה"),
    card("4000000000000069", "visa", Behaviour::Declines(&EXPIRED), "chargeDeclinedExpiredCard", "פג תוקף"),
    card("4000000000000127", "visa", Behaviour::Declines(&INCORRECT_CVC), "chargeDeclinedIncorrectCvc", "קוד אבטחה שגוי"),
    card("4000000000000119", "visa", Behaviour::Declines(&PROCESSING), "chargeDeclinedProcessingError", "תקלת עיבוד"),
    card("4000000000009987", "visa", Behaviour::Declines(&LOST), "chargeDeclinedLostCard", "כרטיס שאבד"),
    card("4000000000009979", "visa", Behaviour::Declines(&STOLEN), "chargeDeclinedStolenCard", "כרטיס גנוב"),
    card("4000000000006975", "visa", Behaviour::Declines(&VELOCITY), "chargeDeclinedVelocityLimitExceeded", "יותר מדי ניסיונות"),
    card("4100000000000019", "visa", Behaviour::Declines(&FRAUD), "chargeDeclinedFraudulent", "חשד להונאה"),
    card("4000000000000341", "visa", Behaviour::SavesThenDeclines(&GENERIC), "chargeCustomerFail", "נשמר, ונדחה בכל חיוב"),
    card("4000056655665556", "visa", Behaviour::Pays, "visa_debit", "עובר"),
    card("5555555555554444", "mastercard", Behaviour::Pays, "mastercard", "עובר"),
    card("2223003122003222", "mastercard", Behaviour::Pays, "mastercard_2", "עובר"),
    card("378282246310005", "amex", Behaviour::Pays, "amex", "עובר"),
    card("6011111111111117", "discover", Behaviour::Pays, "discover", "עובר"),
    card("3056930009020004", "diners", Behaviour::Pays, "diners", "עובר"),
];

/// What a typed number is.
#[derive(Debug)]
pub enum Number {
    /// One of the documented cards.
    Test(&'static TestCard),
    /// A well-formed number that is not a test card: refused, and not kept.
    Live,
    /// Not a card number.
    Wrong,
}

/// Reads digits (spaces and hyphens allowed).
pub fn read(typed: &str) -> Number {
    let digits: String = typed.chars().filter(|c| !matches!(c, ' ' | '-' | '\u{a0}')).collect();
    if let Some(card) = CARDS.iter().find(|card| card.number == digits) {
        return Number::Test(card);
    }
    let well_formed = (12..=19).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()) && luhn(&digits);
    if well_formed { Number::Live } else { Number::Wrong }
}

/// The card behind Stripe's ready-made payment methods, such as `pm_card_visa_chargeDeclined`.
pub fn by_token(token: &str) -> Option<&'static TestCard> {
    let name = token.strip_prefix("pm_card_").or_else(|| token.strip_prefix("tok_"))?;
    let bare = name.strip_prefix("visa_").unwrap_or(name);
    CARDS.iter().find(|card| card.token == name || card.token == bare)
}

fn luhn(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, byte)| {
            let doubled = u32::from(byte - b'0') * if place % 2 == 1 { 2 } else { 1 };
            if doubled > 9 { doubled - 9 } else { doubled }
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_listed_number_passes_its_own_check_digit() {
        for card in CARDS {
            assert!(luhn(card.number), "{}", card.number);
        }
    }

    #[test]
    fn a_real_looking_number_is_refused_and_a_typing_error_is_wrong() {
        assert!(matches!(read("4242 4242-4242 4242"), Number::Test(_)));
        assert!(matches!(read("4012888888881881"), Number::Live));
        assert!(matches!(read("4242424242424241"), Number::Wrong));
        assert!(matches!(read("פעמיים"), Number::Wrong));
    }

    #[test]
    fn ready_made_payment_methods_lead_to_their_cards() {
        assert_eq!(by_token("pm_card_visa").map(TestCard::last4), Some("4242"));
        assert_eq!(by_token("pm_card_visa_chargeDeclinedInsufficientFunds").map(TestCard::last4), Some("9995"));
        assert_eq!(by_token("pm_card_chargeDeclined").map(TestCard::last4), Some("0002"));
        assert!(by_token("pm_card_unheard").is_none());
    }

    #[test]
    fn american_express_is_grouped_its_own_way() {
        assert_eq!(group("378282246310005"), "3782 822463 10005");
        assert_eq!(group("4242424242424242"), "4242 4242 4242 4242");
    }
}
