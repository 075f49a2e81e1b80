//! What a plan includes in a month, of things that cost us: counted where they are used, in the same transaction.
//!
//! A room that uses such a thing names its `Meter` here and calls `Cx::spend` before it writes. Limits of how often one may
//! knock are something else: limits.rs.

use jiff_sqlx::ToSqlx;
use kit::{AppError, Code, Lang};

use super::cx::Cx;
use super::fault::{Fault, Refusal};
use super::told::zone_named;

/// What is counted, by calendar month of the tenant's own zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meter {
    /// Pictures in the building's feed. They are kept in the database.
    FeedPictures,
}

impl Meter {
    /// As it stands in the database.
    pub fn word(self) -> &'static str {
        match self {
            Meter::FeedPictures => "feed.pictures",
        }
    }

    /// Included in the one plan there is, a flat's three dollars a month: some thirty pictures for each of sixty flats.
    pub fn included(self) -> u32 {
        match self {
            Meter::FeedPictures => 2_000,
        }
    }
}

/// The month's share of the plan does not hold what was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Spent {
    meter: Meter,
    left: u32,
}

impl Refusal for Spent {
    fn tell(&self, lang: Lang) -> AppError {
        let Meter::FeedPictures = self.meter;
        let told = match (lang, self.left) {
            (Lang::He, 0) => format!("הבניין העלה החודש {} תמונות, וזה כל מה שהמנוי כולל. אפשר לפרסם בלי תמונות, ומהחודש הבא שוב איתן.", self.meter.included()),
            (Lang::He, 1) => "נשארה לבניין תמונה אחת החודש. אפשר לפרסם עם אחת, או בלי תמונות.".to_owned(),
            (Lang::He, left) => format!("נשארו לבניין {left} תמונות החודש. אפשר לפרסם עם פחות, או בלי תמונות."),
            (Lang::En, 0) => format!(
                "The building has posted {} pictures this month, which is all its plan includes. Post without pictures, or with them again next month.",
                self.meter.included()
            ),
            (Lang::En, 1) => "The building has one picture left this month. Post with one, or without pictures.".to_owned(),
            (Lang::En, left) => format!("The building has {left} pictures left this month. Post with fewer, or without pictures."),
        };
        AppError::new(Code::TooMany, told)
    }
}

impl Cx {
    /// Takes `amount` of what the tenant's plan includes this month; given back when the context is undone. Whoever takes of
    /// the same meter at the same time waits until this context ends, so it comes last before writing. Refused, with what is
    /// left, when the month does not hold as many.
    pub async fn spend(&mut self, meter: Meter, amount: u32) -> Result<(), Fault> {
        let (tenant, included) = (self.tenant.id.0, i64::from(meter.included()));
        let month = self.now.to_zoned(zone_named(&self.tenant.zone)).date().first_of_month();
        let taken = sqlx::query_scalar!(
            "insert into quota_uses as q (tenant_id, meter, month, used) select $1, $2, $3, $4::bigint where $4::bigint <= $5
             on conflict (tenant_id, meter, month) do update set used = q.used + excluded.used where q.used + excluded.used <= $5 returning used",
            tenant,
            meter.word(),
            month.to_sqlx() as _,
            i64::from(amount),
            included
        )
        .fetch_optional(self.db())
        .await?;
        if taken.is_some() {
            return Ok(());
        }
        let used = sqlx::query_scalar!("select used from quota_uses where tenant_id = $1 and meter = $2 and month = $3", tenant, meter.word(), month.to_sqlx() as _)
            .fetch_optional(self.db())
            .await?
            .unwrap_or(0);
        let left = u32::try_from(included - used).unwrap_or(0);
        self.meters.quota_refused(meter.word());
        Err(Fault::refused(Spent { meter, left }, self.lang))
    }
}
