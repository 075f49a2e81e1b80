use serde::{Deserialize, Serialize};

/// The currencies Vantera keeps. Both have two decimals (ISO 4217).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Currency {
    Ils,
    Usd,
}

impl Currency {
    /// Lower-case ISO 4217 code, as Stripe writes it.
    pub fn code(self) -> &'static str {
        match self {
            Currency::Ils => "ils",
            Currency::Usd => "usd",
        }
    }

    /// The sign printed before the digits.
    pub fn sign(self) -> &'static str {
        match self {
            Currency::Ils => "₪",
            Currency::Usd => "$",
        }
    }

    /// Reads a lower- or upper-case ISO code.
    pub fn from_code(code: &str) -> Option<Self> {
        match code.to_ascii_lowercase().as_str() {
            "ils" => Some(Currency::Ils),
            "usd" => Some(Currency::Usd),
            _ => None,
        }
    }
}

/// An amount in minor units (agorot, cents). Never a float.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    pub amount_minor: i64,
    pub currency: Currency,
}

impl Money {
    pub const fn usd(amount_minor: i64) -> Self {
        Self { amount_minor, currency: Currency::Usd }
    }

    pub const fn ils(amount_minor: i64) -> Self {
        Self { amount_minor, currency: Currency::Ils }
    }

    /// Whole units with thousands separators, without sign or minus: `41,860`.
    pub fn whole(self) -> String {
        let digits = (self.amount_minor.unsigned_abs() / 100).to_string();
        let mut out = String::with_capacity(digits.len() + digits.len() / 3);
        for (index, digit) in digits.chars().enumerate() {
            if index > 0 && (digits.len() - index).is_multiple_of(3) {
                out.push(',');
            }
            out.push(digit);
        }
        out
    }

    /// The two minor digits, or `None` when they are zero.
    pub fn cents(self) -> Option<String> {
        let cents = self.amount_minor.unsigned_abs() % 100;
        (cents != 0).then(|| format!("{cents:02}"))
    }

    /// Plain text such as `$3` or `−₪1,234.50` (the minus is U+2212 and leads).
    pub fn text(self) -> String {
        let minus = if self.amount_minor < 0 { "\u{2212}" } else { "" };
        let cents = self.cents().map(|c| format!(".{c}")).unwrap_or_default();
        format!("{minus}{}{}{cents}", self.currency.sign(), self.whole())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_written_with_separators_and_only_nonzero_cents() {
        let cases = [(Money::usd(300), "$3"), (Money::ils(123_456_789), "₪1,234,567.89"), (Money::ils(-220_000), "−₪2,200"), (Money::ils(0), "₪0"), (Money::ils(5), "₪0.05")];
        for (money, text) in cases {
            assert_eq!(money.text(), text);
        }
        assert_eq!(Money::ils(i64::MIN).whole(), "92,233,720,368,547,758");
    }
}
