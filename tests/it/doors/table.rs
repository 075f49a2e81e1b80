//! The table: each door, whom it is for, and how it is knocked at. Whoever adds a door adds its row here.

/// Who knocks, in the order of knocking: whoever is refused comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    Anonymous,
    /// Nobody known, in a browser that holds an attempt to join.
    Joiner,
    /// A member of another building.
    Stranger,
    /// Of the platform; lives in a third building.
    Operator,
    /// On the staff of a company that manages a third building.
    OtherManager,
    Resident,
    Chair,
    /// On the staff of the company that manages this building; lives nowhere in it.
    Manager,
}
use Caller::{Anonymous, Chair, Resident, Stranger};

/// Whom a door is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    Everybody,
    /// Whoever is signed in.
    Person,
    /// The browser that began to join.
    Joiner,
    /// Members of the building.
    Member,
    Committee,
    /// What a committee's other members and a managing company may not.
    Chair,
    /// Owners of the company that manages the building.
    Company,
    Operator,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// 2xx, or led on inside the house.
    Passes,
    /// 401, or a page that leads to the sign-in.
    SignIn,
    NotFound,
    Status(u16),
}

impl Who {
    pub fn expects(self, caller: Caller) -> Expect {
        let known = !matches!(caller, Anonymous | Caller::Joiner);
        let may = match self {
            Who::Everybody => true,
            Who::Person => known,
            Who::Joiner => caller == Caller::Joiner,
            Who::Member => matches!(caller, Resident | Chair | Caller::Manager),
            Who::Committee => matches!(caller, Chair | Caller::Manager),
            Who::Chair => caller == Chair,
            Who::Company => caller == Caller::Manager,
            Who::Operator => caller == Caller::Operator,
        };
        match (may, known || self == Who::Joiner) {
            (true, _) => Expect::Passes,
            (false, true) => Expect::NotFound,
            (false, false) => Expect::SignIn,
        }
    }
}

pub type Fields = &'static [(&'static str, &'static str)];

/// How a door is knocked at.
#[derive(Clone, Copy)]
pub enum Knock {
    Get,
    /// A server function, asked for JSON.
    Call(Fields),
    /// A form with files.
    Multipart(Fields),
    Post,
    /// The same by another method.
    Other(&'static str),
    /// An answer that does not end: only its head is read.
    Stream,
}

pub struct Door {
    pub name: &'static str,
    pub who: Who,
    pub knock: Knock,
    /// Where one caller is answered otherwise than `who` says, and why is told beside the row.
    but: &'static [(Caller, Expect)],
    /// What those who may are answered, where it is no success.
    passes: Expect,
}

const fn door(name: &'static str, who: Who, knock: Knock) -> Door {
    Door { name, who, knock, but: &[], passes: Expect::Passes }
}

const fn page(name: &'static str, who: Who) -> Door {
    door(name, who, Knock::Get)
}

const fn call(name: &'static str, who: Who, fields: Fields) -> Door {
    door(name, who, Knock::Call(fields))
}

impl Door {
    const fn but(mut self, but: &'static [(Caller, Expect)]) -> Self {
        self.but = but;
        self
    }

    const fn answers(mut self, passes: Expect) -> Self {
        self.passes = passes;
        self
    }

    pub fn expects(&self, caller: Caller) -> Expect {
        if let Some((_, expect)) = self.but.iter().find(|(one, _)| *one == caller) {
            return *expect;
        }
        match self.who.expects(caller) {
            Expect::Passes => self.passes,
            other => other,
        }
    }
}

const B: (&str, &str) = ("building", "{slug}");

pub const DOORS: &[Door] = &[
    page("page /", Who::Everybody),
    page("page /open", Who::Everybody),
    page("page /accessibility", Who::Everybody),
    page("page /privacy", Who::Everybody),
    page("page /terms", Who::Everybody),
    page("page /offline", Who::Everybody),
    page("page /signin", Who::Everybody),
    page("page /signin/code", Who::Everybody),
    page("page /home", Who::Person),
    page("page /home/devices", Who::Person),
    // Only the sandbox shows the design system.
    page("page /ui", Who::Everybody).answers(Expect::NotFound),
    page("page /b/{slug}/join", Who::Everybody),
    // A member joined in this browser and still holds his attempt.
    page("page /b/{slug}/welcome", Who::Joiner).but(&[(Caller::Resident, Expect::Passes), (Caller::Chair, Expect::Passes)]),
    page("page /b/{slug}", Who::Member),
    page("page /b/{slug}/posts/{post}", Who::Member),
    page("page /b/{slug}/search", Who::Member),
    page("page /b/{slug}/committee", Who::Committee),
    page("page /b/{slug}/committee/residents", Who::Committee),
    page("page /b/{slug}/committee/poster", Who::Committee),
    page("page /b/{slug}/committee/hazards", Who::Committee),
    page("page /b/{slug}/committee/company", Who::Chair),
    page("page /b/{slug}/committee/audit", Who::Chair),
    page("page /companies/open", Who::Person),
    page("page /companies/{company}", Who::Company),
    // What a committee lets others hear is no business of the company that manages the building.
    page("page /b/{slug}/committee/access", Who::Chair),
    page("page /partners/open", Who::Person),
    // The manager of this building opened a partner of his own.
    page("page /partners/{partner}", Who::Company),
    page("page /developers", Who::Everybody),
    page("page /operator", Who::Operator),
    page("page /operator/inbound", Who::Operator),
    call("call operator/join_times", Who::Operator, &[]),
    door("GET /operator/now", Who::Operator, Knock::Get),
    call("call operator/inbound", Who::Operator, &[]),
    door("GET /operator/inbound/now", Who::Operator, Knock::Get),
    // No event has this id; intake.rs has real ones read again.
    call("call operator/replay_inbound", Who::Operator, &[("inbound", "{post}")]).answers(Expect::NotFound),
    page("page /operator/queues", Who::Operator),
    call("call operator/queues", Who::Operator, &[]),
    door("GET /operator/queues/now", Who::Operator, Knock::Get),
    page("page /operator/webhooks", Who::Operator),
    call("call operator/outgoing", Who::Operator, &[]),
    door("GET /operator/webhooks/now", Who::Operator, Knock::Get),
    // No delivery has this id; console/outgoing.rs has real ones sent again.
    call("call operator/replay_delivery", Who::Operator, &[("delivery", "{post}")]).answers(Expect::NotFound),
    page("page /operator/tenants", Who::Operator),
    call("call operator/tenants", Who::Operator, &[]),
    door("GET /operator/tenants/now", Who::Operator, Knock::Get),
    page("page /operator/health", Who::Operator),
    call("call operator/health", Who::Operator, &[]),
    door("GET /operator/health/now", Who::Operator, Knock::Get),
    page("page /operator/slow", Who::Operator),
    call("call operator/slow", Who::Operator, &[]),
    door("GET /operator/slow/now", Who::Operator, Knock::Get),
    // There is no such letter: whoever may is told that somebody was faster. lanes.rs decides about real ones.
    call("call operator/replay", Who::Operator, &[("letter", "1")]),
    call("call operator/replay_task", Who::Operator, &[("task", "payments.sweep")]),
    call("call operator/discard", Who::Operator, &[("letter", "1")]),
    call("call operator/restore", Who::Operator, &[("letter", "1")]),
    call("call joining/page", Who::Everybody, &[B]),
    call("call joining/flat", Who::Everybody, &[B, ("flat", "3")]),
    call("call joining/welcome", Who::Joiner, &[B]).but(&[(Caller::Resident, Expect::Passes), (Caller::Chair, Expect::Passes)]),
    // A browser that never opened the form is told so; members are led to their feed.
    call("call joining/submit", Who::Everybody, &[B, ("flat", "8"), ("name", "רות לוי"), ("phone", "0541112233"), ("consent_version", "2026-11")]).but(&[
        (Anonymous, Expect::Status(410)),
        (Stranger, Expect::Status(410)),
        (Caller::Operator, Expect::Status(410)),
        (Caller::OtherManager, Expect::Status(410)),
    ]),
    call("call joining/answer", Who::Member, &[B, ("join", "{join}"), ("yes", "true")]),
    call("call feed/page", Who::Member, &[B]),
    call("call feed/post", Who::Member, &[B, ("post", "{post}")]),
    call("call feed/comment", Who::Member, &[B, ("post", "{post}"), ("body", "תודה")]),
    call("call feed/react", Who::Member, &[B, ("post", "{post}"), ("on", "true")]),
    call("call feed/report", Who::Member, &[B, ("post", "{post}"), ("reason", "לא נעים")]),
    call("call feed/remove", Who::Member, &[B, ("post", "{spare}")]),
    // The resident puts back what he took down; after him there is nothing to put back.
    call("call feed/restore", Who::Member, &[B, ("post", "{spare}")]),
    // Only its author mends a post.
    call("call feed/edit", Who::Member, &[B, ("post", "{post}"), ("body", "הקוד של חדר האופניים השתנה")])
        .but(&[(Chair, Expect::Status(403)), (Caller::Manager, Expect::Status(403))]),
    call("call feed/hide", Who::Member, &[B, ("post", "{post}"), ("on", "true")]),
    call("call feed/search", Who::Member, &[B, ("asked", "חדר האופניים")]),
    call(
        "call buildings/open",
        Who::Everybody,
        &[
            ("street", "ויצמן 3"),
            ("city", "חולון"),
            ("name", "רות לוי"),
            ("phone", "{phone}"),
            ("first_flat", "1"),
            ("last_flat", "4"),
            ("flats_per_floor", "2"),
            ("consent_version", "2026-11"),
        ],
    ),
    call("call buildings/dashboard", Who::Committee, &[B]),
    call("call buildings/residents", Who::Committee, &[B]),
    call("call buildings/poster", Who::Committee, &[B]),
    call("call buildings/confirm", Who::Committee, &[B, ("membership", "{member}")]),
    call("call buildings/settle", Who::Committee, &[B, ("membership", "{member}"), ("flat", "5")]),
    // Here nobody is confirmed himself; trust.rs holds who may.
    call("call buildings/vouch", Who::Member, &[B, ("membership", "{member}"), ("yes", "true")]).but(&[
        (Resident, Expect::Status(403)),
        (Chair, Expect::Status(403)),
        (Caller::Manager, Expect::NotFound),
    ]),
    // The door's chair is its only committee member; that a treasurer may not is held by offices.rs.
    call("call buildings/set_role", Who::Chair, &[B, ("membership", "{member}"), ("role", "resident")]),
    // His own office handed to himself changes nothing, and the doors after this one still meet a chair.
    call("call buildings/hand_over_chair", Who::Chair, &[B, ("membership", "{chair}")]),
    call("call buildings/remove_resident", Who::Committee, &[B, ("membership", "{member}"), ("reason", "לא גר כאן")]),
    door("POST /b/{slug}/posts", Who::Member, Knock::Multipart(&[("kind", "post"), ("body", "שלום לכולם")])),
    door("GET /b/{slug}/posts/{post}/card", Who::Member, Knock::Get),
    door("GET /b/{slug}/pictures/{picture}", Who::Member, Knock::Get),
    door("GET /b/{slug}/stream", Who::Member, Knock::Stream),
    // A member who asks for no WebSocket is told so; socket.rs opens real ones.
    door("GET /b/{slug}/socket", Who::Member, Knock::Stream).answers(Expect::Status(400)),
    door("GET /b/{slug}/pay", Who::Everybody, Knock::Get),
    // The way back from the payment page: whoever did not leave from this browser is asked to sign in.
    door("GET /b/{slug}/enter", Who::Everybody, Knock::Get).but(&[
        (Anonymous, Expect::SignIn),
        (Stranger, Expect::SignIn),
        (Caller::Operator, Expect::SignIn),
        (Caller::OtherManager, Expect::SignIn),
    ]),
    door("GET /b/{slug}/alarms", Who::Member, Knock::Get),
    door("GET /b/{slug}/committee/{page}/now", Who::Committee, Knock::Get),
    call("call buildings/hazards", Who::Committee, &[B]),
    call("call buildings/raise_hazard", Who::Committee, &[B, ("kind", "gas"), ("severity", "warning"), ("body", "ריח גז בחדר המדרגות")]),
    // Nobody has this one; hazards.rs clears real ones.
    call("call buildings/clear_hazard", Who::Committee, &[B, ("hazard", "{post}")]).answers(Expect::NotFound),
    call("call companies/opening", Who::Person, &[]),
    call("call companies/open", Who::Person, &[("company_name", "ניהול חדש"), ("name", "רות לוי")]),
    call("call companies/page", Who::Company, &[("company", "{company}")]),
    call("call companies/add_staff", Who::Company, &[("company", "{company}"), ("name", "רות לוי"), ("phone", "0541112255"), ("post", "staff")]),
    // Nobody has this one; companies.rs ends real ones.
    call("call companies/end_staff", Who::Company, &[("company", "{company}"), ("staff", "{post}")]),
    call("call companies/of_building", Who::Chair, &[B]),
    call("call companies/grant", Who::Chair, &[B, ("code", "{company}")]),
    call("call audit/page", Who::Chair, &[B, ("filter", "people"), ("asked", "הצטרפות"), ("before", "")]),
    call("call audit/check", Who::Chair, &[B]),
    door("GET /b/{slug}/committee/audit/export", Who::Chair, Knock::Get),
    call("call gateway/opening", Who::Person, &[]),
    call("call gateway/open", Who::Person, &[("name", "ביטוח חדש"), ("kind", "insurer")]),
    call("call gateway/desk", Who::Company, &[("partner", "{partner}")]),
    call("call gateway/add_key", Who::Company, &[("partner", "{partner}"), ("key_name", "השרת"), ("scope", "read")]),
    // Nobody has this one; partners.rs revokes and deletes real ones.
    call("call gateway/revoke_key", Who::Company, &[("partner", "{partner}"), ("key", "{post}")]).answers(Expect::NotFound),
    call("call gateway/add_endpoint", Who::Company, &[("partner", "{partner}"), ("url", "https://hooks.magen.example/two"), ("description", "ייצור")]),
    call("call gateway/change_endpoint", Who::Company, &[("partner", "{partner}"), ("endpoint", "{endpoint}")]),
    call("call gateway/pause_endpoint", Who::Company, &[("partner", "{partner}"), ("endpoint", "{endpoint}"), ("on", "true")]),
    call("call gateway/rotate_secret", Who::Company, &[("partner", "{partner}"), ("endpoint", "{endpoint}")]),
    call("call gateway/delete_endpoint", Who::Company, &[("partner", "{partner}"), ("endpoint", "{post}")]).answers(Expect::NotFound),
    call("call gateway/test_endpoint", Who::Company, &[("partner", "{partner}"), ("endpoint", "{post}")]).answers(Expect::NotFound),
    call("call gateway/retry", Who::Company, &[("partner", "{partner}"), ("delivery", "{post}")]).answers(Expect::NotFound),
    // Nothing stands under this id, and nothing is put away twice.
    call("call gateway/put_away", Who::Company, &[("partner", "{partner}"), ("notice", "{post}")]),
    call("call gateway/access", Who::Chair, &[B]),
    call("call gateway/grant", Who::Chair, &[B, ("code", "{partner}"), ("event_types[0]", "review.received"), ("until", "")]),
    call("call gateway/change_grant", Who::Chair, &[B, ("grant", "{grant}"), ("event_types[0]", "review.received"), ("until", "")]),
    // Nothing stands under this id, and nothing is withdrawn twice.
    call("call gateway/withdraw", Who::Chair, &[B, ("grant", "{post}")]),
    call("call gateway/developers", Who::Everybody, &[]),
    // The programs' door: a key opens it and no session does; what events look like is nobody's secret. partners/api.rs holds what each key may.
    door("GET /api/v1/openapi.json", Who::Everybody, Knock::Get),
    door("GET /api/v1/me", Who::Everybody, Knock::Get).answers(Expect::SignIn),
    door("GET /api/v1/event-types", Who::Everybody, Knock::Get),
    door("GET /api/v1/event-types/{type}", Who::Everybody, Knock::Get),
    door("GET /api/v1/buildings", Who::Everybody, Knock::Get).answers(Expect::SignIn),
    door("GET /api/v1/endpoints", Who::Everybody, Knock::Get).answers(Expect::SignIn),
    door("POST /api/v1/endpoints", Who::Everybody, Knock::Post).answers(Expect::SignIn),
    door("GET /api/v1/endpoints/{id}", Who::Everybody, Knock::Get).answers(Expect::SignIn),
    door("PATCH /api/v1/endpoints/{id}", Who::Everybody, Knock::Other("PATCH")).answers(Expect::SignIn),
    door("DELETE /api/v1/endpoints/{id}", Who::Everybody, Knock::Other("DELETE")).answers(Expect::SignIn),
    door("POST /api/v1/endpoints/{id}/rotate", Who::Everybody, Knock::Post).answers(Expect::SignIn),
    door("POST /api/v1/endpoints/{id}/test", Who::Everybody, Knock::Post).answers(Expect::SignIn),
    door("POST /api/v1/endpoints/{id}/replay", Who::Everybody, Knock::Post).answers(Expect::SignIn),
    door("GET /api/v1/deliveries", Who::Everybody, Knock::Get).answers(Expect::SignIn),
    door("GET /api/v1/deliveries/{id}", Who::Everybody, Knock::Get).answers(Expect::SignIn),
    door("POST /api/v1/deliveries/{id}/retry", Who::Everybody, Knock::Post).answers(Expect::SignIn),
    door("ANY /api/v1/{*rest}", Who::Everybody, Knock::Get).answers(Expect::NotFound),
    door("POST /open/preview", Who::Everybody, Knock::Multipart(&[("flats_csv", "1,0\n2,0")])),
    // Stripe proves itself by its signature; nobody else has one.
    door("POST /webhooks/stripe", Who::Everybody, Knock::Post).answers(Expect::Status(400)),
    // Every sender proves himself by a secret of his own; nobody of ours has one. An address that is no account's is not there.
    door("GET /webhooks/{provider}", Who::Everybody, Knock::Get).answers(Expect::Status(403)),
    door("POST /webhooks/{provider}", Who::Everybody, Knock::Post).answers(Expect::Status(400)),
    door("GET /webhooks/{provider}/{secret}", Who::Everybody, Knock::Get).answers(Expect::NotFound),
    door("POST /webhooks/{provider}/{secret}", Who::Everybody, Knock::Post).answers(Expect::NotFound),
    door("GET /prefer/{name}/{value}", Who::Everybody, Knock::Get),
    door("GET /healthz", Who::Everybody, Knock::Get),
    door("GET /readyz", Who::Everybody, Knock::Get),
    // It stands on a listener of its own; at the house's door there is nothing.
    door("GET /metrics", Who::Everybody, Knock::Get).answers(Expect::NotFound),
    call("call identity/send_code", Who::Everybody, &[("phone", "{unknown}")]),
    call("call identity/code_page", Who::Everybody, &[]),
    call("call identity/answer_code", Who::Everybody, &[("code", "000000")]).answers(Expect::Status(422)),
    call("call identity/home", Who::Person, &[]),
    call("call identity/devices", Who::Person, &[]),
    // Nobody has this one; devices.rs ends real ones.
    call("call identity/end_device", Who::Person, &[("session", "{post}")]).answers(Expect::NotFound),
    call("call identity/end_other_devices", Who::Person, &[]),
    // After all other doors of the building: its manager is nobody there from here on.
    call("call companies/withdraw", Who::Chair, &[B]),
    // Last, because nobody is known after it.
    call("call identity/sign_out", Who::Everybody, &[]),
];
