//! Every part of the kit on one page, for the people who build screens; what is a whole page by itself (the shells, a
//! page that could not be loaded, the ways in) stands behind `?show=`. Shown in the sandbox only.

use leptos::prelude::*;

use kit::{AppError, Code};

use super::*;

/// `/ui`, and with `?show=` the parts that are whole pages.
#[component]
pub fn GalleryPage() -> impl IntoView {
    match query("show").as_str() {
        "resident" => view! { <ResidentShell title="ביאליק 14" subtitle="רמת גן · 28 דירות מוארות" place="ביאליק 14, רמת גן" home="/ui" nav=places() who=reader() back="/ui">{sample_card()}</ResidentShell> }.into_any(),
        "committee" => view! { <CommitteeShell title="סקירה" subtitle="4 דברים מחכים להחלטה" place="ועד הבית · ביאליק 14" home="/ui" nav=places() who=reader()>{sample_card()}</CommitteeShell> }.into_any(),
        "plain" => view! { <PlainShell back="/ui".to_owned()>{sample_card()}</PlainShell> }.into_any(),
        "problem" => view! { <PageTop/><Problem error=AppError::new(Code::Unavailable, "")/> }.into_any(),
        "load" => view! { <Load future=|| async { Err::<(), _>(AppError::new(Code::NotFound, "")) } view=|()| ()/> }.into_any(),
        _ => view! { <Kit/> }.into_any(),
    }
}

fn places() -> Vec<NavItem> {
    vec![
        NavItem::new("/ui?show=resident", "הבניין", Glyph::HOUSE).current(true),
        NavItem::new("/ui?show=committee", "ועד הבית", Glyph::LAYOUT_DASHBOARD).count(3, true),
        NavItem::new("/ui?show=plain", "אירועים", Glyph::CALENDAR_DAYS).count(12, false),
        NavItem::new("/ui", "עוד", Glyph::MENU),
    ]
}

fn reader() -> Who {
    Who { name: "נועה שגב".to_owned(), place: "דירה 14".to_owned(), tone: 4 }
}

fn sample_card() -> impl IntoView {
    view! { <Card title="כרטיס"><p class="text-ink-2">"כאן עומד תוכן הדף."</p></Card> }
}

/// What the gallery shows as whole pages.
const WHOLE: [(&str, &str); 5] = [("resident", "ResidentShell"), ("committee", "CommitteeShell"), ("plain", "PlainShell"), ("problem", "Problem"), ("load", "Load, refused")];

#[component]
fn Kit() -> impl IntoView {
    let words = super::words(lang());
    let floors = (0..5u32)
        .rev()
        .map(|floor| {
            (1..=4u32)
                .map(|flat| {
                    let number = floor * 4 + flat;
                    let state = match number {
                        14 => "you",
                        3 | 11 => "off",
                        7 => "half",
                        6 | 9 | 12 => "dim",
                        _ => "lit",
                    };
                    (number.to_string(), state)
                })
                .collect()
        })
        .collect::<Vec<Vec<(String, &'static str)>>>();
    let windows =
        |floors: &[usize]| floors.iter().map(|count| (0..*count).map(|place| (place.to_string(), if place % 3 == 1 { "off" } else { "dim" })).collect()).collect::<Vec<Vec<_>>>();
    let (small, odd, sixty, lone) = (windows(&[2, 2]), windows(&[1, 3, 4, 4, 2]), windows(&[3; 20]), windows(&[1, 1, 1]));
    let tall = (0..20).map(|_| vec![("1".to_owned(), "lit"), ("2".to_owned(), "off"), ("3".to_owned(), "dim"), ("4".to_owned(), "dim")]).collect::<Vec<_>>();
    view! {
        <PageTitle text="Kit"/>
        <NoIndex/>
        <PageTop/>
        <main id="main" tabindex="-1" class="p-4 lg:p-8 max-w-360 mx-auto grid grid-cols-1 gap-5">
            <div class="flex items-center justify-between gap-4 flex-wrap">
                <h1 class="text-2xl font-bold"><Wordmark sub="Design language 1.1"/></h1>
                <ThemeSwitch/>
            </div>
            <div class="grid grid-cols-1 lg:grid-cols-3 gap-5 items-start">
                <div class="grid grid-cols-1 gap-5"><Buttons/><Statuses/><Amounts/></div>
                <div class="grid grid-cols-1 gap-5"><Fields/><Dialogs/></div>
                <div class="grid grid-cols-1 gap-5">
                    <section class="on-night night p-5 flex gap-6 items-end flex-wrap">
                        <Facade floors=floors.clone() label="18 of 20 windows" size=FacadeSize::Small/>
                        <Facade floors=floors label="18 of 20 windows, with numbers" numbers=true/>
                        <Facade floors=tall label="A tall house" size=FacadeSize::Small/>
                        <Facade floors=small label="Four flats" size=FacadeSize::Small/>
                        <Facade floors=odd label="Uneven floors, shops below" size=FacadeSize::Small/>
                        <Facade floors=sixty label="Sixty flats" size=FacadeSize::Small/>
                        <Facade floors=lone label="A flat a floor" size=FacadeSize::Small/>
                    </section>
                    <Empty title="ערב שקט בבניין" body="אין קריאות פתוחות. האחרונה נסגרה לפני 6 ימים.">
                        <ButtonLink href="#" look=Look::Soft glyph=Glyph::PLUS>"קריאה חדשה"</ButtonLink>
                    </Empty>
                    <section class="card p-4"><Skeleton/></section>
                    <Card title="Funnel"><Funnel label="4 of 10 joined" bars=vec![
                        FunnelBar { label: "פתחו את הטופס".into(), count: 10, between: String::new() },
                        FunnelBar { label: "שלחו".into(), count: 7, between: "3 עצרו · 41 שנ׳".into() },
                        FunnelBar { label: "הצטרפו".into(), count: 4, between: "3 עצרו · 22 שנ׳".into() },
                    ]/></Card>
                </div>
            </div>
            <Card title="Whole pages">
                <div class="flex flex-wrap gap-2.5">{WHOLE.map(|(show, name)| view! { <ButtonLink href=format!("/ui?show={show}")>{name}</ButtonLink> })}</div>
                <p class="text-sm text-ink-3 mt-3">{words.loading}</p>
            </Card>
        </main>
    }
}

#[component]
fn Buttons() -> impl IntoView {
    view! {
        <Card title="Buttons">
            <div class="flex flex-wrap gap-2.5">
                <Button look=Look::Primary after=Glyph::ARROW_RIGHT>"המשך לתשלום"</Button>
                <Button>"עריכה"</Button>
                <Button look=Look::Soft glyph=Glyph::CHECK>"אישור"</Button>
                <Button look=Look::Ghost>"דחייה"</Button>
                <Button look=Look::Danger>"מחיקת הקריאה"</Button>
                <Button look=Look::DangerSoft size=Size::Small>"ביטול תור"</Button>
                <Button look=Look::Primary disabled=true>"המשך"</Button>
                <Button glyph=Glyph::ELLIPSIS label="עוד"/>
                <ButtonLink href="#" size=Size::Large>"קישור"</ButtonLink>
            </div>
            <div class="on-night night rounded-lg! p-4 flex gap-2.5 mt-3"><Button look=Look::Lamp>"לתשלום"</Button><Button look=Look::Night>"פרטים"</Button></div>
        </Card>
    }
}

#[component]
fn Statuses() -> impl IntoView {
    view! {
        <Card title="Status">
            <div class="flex flex-wrap gap-2">
                <Chip tone=Tone::Ok glyph=Glyph::CHECK text="שולם"/>
                <Chip tone=Tone::Warn glyph=Glyph::CLOCK text="ממתין"/>
                <Chip tone=Tone::Bad glyph=Glyph::TRIANGLE_ALERT text="דחוף"/>
                <Chip tone=Tone::Info glyph=Glyph::INFO text="בטיפול"/>
                <Chip tone=Tone::Brand text="סקר"/>
                <Chip tone=Tone::Lamp text="חדש"/>
                <Chip text="לובי"/>
                <Badge count=3 urgent=true/><Badge count=27/><Badge count=140/>
            </div>
            <div class="flex gap-2.5 mt-3 items-center">
                <Avatar name="נועה שגב" tone=4 size=AvatarSize::Large/><Avatar name="רונית אלמוג" tone=1/><Avatar name="14" tone=3 size=AvatarSize::Small/>
                <AvatarIcon of=Glyph::KEY_ROUND tone=5/>
            </div>
            <div class="grid gap-2.5 mt-3">
                <Note glyph=Glyph::INFO tone=Tone::Info><p class="font-semibold">"הפסקת מים מחר, "<Ltr text="09:00–12:00"/></p></Note>
                <Note glyph=Glyph::TRIANGLE_ALERT tone=Tone::Warn><p>"ייתכן שזו לא הדירה הנכונה."</p></Note>
            </div>
            <div class="flex items-center gap-3 mt-4"><Steps now=2 of=3/><span class="text-xs text-ink-3">"פחות מדקה"</span></div>
            <div class="mt-4"><Bar percent=84 label="84%"/></div>
        </Card>
    }
}

#[component]
fn Amounts() -> impl IntoView {
    view! {
        <Card title="Amounts">
            <p class="flex flex-wrap items-baseline gap-5 text-lg">
                <Money of=kit::Money::ils(4_186_050) class="text-3xl font-semibold"/>
                <Money of=kit::Money::ils(-32_000)/>
                <Money of=kit::Money::ils(174_000) sign=true class="text-ok-ink"/>
                <Money of=kit::Money::usd(300)/>
                <Money of=kit::Money::ils(123_456_789)/>
                <Money of=kit::Money::ils(0)/>
            </p>
            <div class="grid grid-cols-2 gap-3 mt-3"><StatTile label="זמן הצטרפות" value="47 שנ׳" context="מחצית מהדיירים הצטרפו מהר יותר" glyph=Glyph::TIMER/><StatTile label="הצטרפו" value="84%"/></div>
        </Card>
    }
}

#[component]
fn Fields() -> impl IntoView {
    view! {
        <Card title="Fields">
            <div class="grid gap-4">
                <Field name="g-name" label="שם מלא" placeholder="כמו שהשכנים מכירים" hint="יוצג בלוח הבניין." autocomplete="name"/>
                <Field name="g-flat" label="מספר דירה" value="47" class="num" problem=Some("בבניין יש דירות 1–32. כדאי לבדוק את המספר.".to_owned()) dir="ltr"/>
                <PhoneField name="g-phone" label="טלפון נייד" value="054-318 2704" hint="נשלח לכאן קוד כניסה."/>
                <PhoneField name="g-phone2" label="טלפון נייד" value="03-555" problem=Some("זה לא נראה כמו מספר נייד.".to_owned())/>
                <Select name="g-topic" label="נושא" value="2" options=vec![("1".into(), "אינסטלציה".into()), ("2".into(), "חשמל".into())]/>
                <TextArea name="g-body" label="תוכן" value="</textarea><b>not bold</b>" optional=true/>
            </div>
        </Card>
    }
}

#[component]
fn Dialogs() -> impl IntoView {
    view! {
        <Card title="Layers" class="card p-4 lg:p-5">
            <div class="flex gap-2.5 flex-wrap"><Button opens="g-sheet">"פתיחת גיליון"</Button></div>
            <Sheet id="g-sheet" title="להסיר את הדייר?">
                <p class="text-ink-2">"הגישה תיסגר מיד, בכל המכשירים. אפשר להזמין שוב בקישור."</p>
                <div class="flex gap-2.5"><Button look=Look::Danger kind="button">"הסרה"</Button><Button look=Look::Ghost closes="g-sheet">"חזרה"</Button></div>
            </Sheet>
            <div class="rows card mt-4">
                <Row title="נועה שגב" meta="דירה 14" leading=|| view! { <Avatar name="נועה שגב" tone=4/> } trailing=|| view! { <Chip tone=Tone::Ok glyph=Glyph::CHECK text="מאומת"/> }/>
                <Row title="Christopher Featherstonehaugh-Montgomery" meta="דירה 3" href="#" leading=|| view! { <Avatar name="Christopher F" tone=2/> }/>
            </div>
            <div class="mt-4"><Toast text="התזכורת נשלחה"/></div>
        </Card>
    }
}
