//! The frame: the document around every page, and which page stands at which address.
//!
//! Nouns: `shell` (the whole HTML document), `App` (the routes). It knows every room's pages and nothing of what they
//! do. Every route is rendered whole before its first byte leaves (`SsrMode::Async`), so a page is complete with
//! scripts off and carries its real status.

mod landing;
mod legal;
mod pages;
mod street;
mod texts;
mod words;

use leptos::nonce::use_nonce;
use leptos::prelude::*;
use leptos_meta::{HashedStylesheet, MetaTags, provide_meta_context};
use leptos_router::components::{FlatRoutes, Route, Router};
use leptos_router::{SsrMode, path};

use crate::{audit, buildings, companies, feed, gateway, identity, joining, operator, ui};

/// Pages on which nothing moves: they load no WebAssembly.
const STILL: [&str; 9] = ["/", "/accessibility", "/privacy", "/terms", "/offline", "/signin", "/home", "/home/devices", "/developers"];

/// The whole document.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    let moves = !STILL.contains(&ui::path().as_str())
        && !["/companies", "/partners"].iter().any(|start| ui::path().starts_with(start))
        && !["/committee/audit", "/committee/access"].iter().any(|end| ui::path().ends_with(end));
    let lang = ui::lang();
    view! {
        <!DOCTYPE html>
        <html lang=lang.tag() dir=lang.dir() data-theme=ui::theme()>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width,initial-scale=1,viewport-fit=cover"/>
                <meta name="theme-color" content="#00303b"/>
                <meta name="format-detection" content="telephone=no"/>
                <meta name="description" content=words::words(lang).description/>
                <link rel="preload" href="/fonts/rubik-hebrew-wght-normal.woff2" r#as="font" r#type="font/woff2" crossorigin="anonymous"/>
                <link rel="preload" href="/fonts/rubik-latin-wght-normal.woff2" r#as="font" r#type="font/woff2" crossorigin="anonymous"/>
                <HashedStylesheet options=options.clone() id="style"/>
                <link rel="manifest" href="/manifest.webmanifest"/>
                <link rel="icon" href="/icons/icon.svg" r#type="image/svg+xml"/>
                <link rel="icon" href="/icons/icon-192.png" r#type="image/png" sizes="192x192"/>
                <link rel="apple-touch-icon" href="/icons/apple-touch-icon.png"/>
                // Before the first paint: it also answers for transitions between pages that a browser cuts short.
                <script src="/boot.js" defer blocking="render" nonce=use_nonce()></script>
                {moves.then(|| view! { <HydrationScripts options=options islands=true/> })}
                // A form that came back stands at the form's own address: public/boot.js puts the page's into the bar.
                {use_context::<kit::Replay>().map(|_| view! { <meta name="page" content=ui::path_and_query()/> })}
                <MetaTags/>
            </head>
            <body>
                <App/>
            </body>
        </html>
    }
}

/// Which page stands where.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Router>
            <FlatRoutes fallback=pages::NotFound>
                <Route path=path!("/") view=landing::LandingPage ssr=SsrMode::Async/>
                <Route path=path!("/open") view=buildings::ui::OpenPage ssr=SsrMode::Async/>
                <Route path=path!("/b/:slug") view=feed::ui::FeedPage ssr=SsrMode::Async/>
                <Route path=path!("/b/:slug/search") view=feed::ui::SearchPage ssr=SsrMode::Async/>
                <Route path=path!("/b/:slug/join") view=joining::ui::JoinPage ssr=SsrMode::Async/>
                <Route path=path!("/b/:slug/welcome") view=joining::ui::WelcomePage ssr=SsrMode::Async/>
                <Route path=path!("/b/:slug/posts/:post") view=feed::ui::PostPage ssr=SsrMode::Async/>
                <Route path=path!("/b/:slug/committee") view=buildings::ui::DashboardPage ssr=SsrMode::Async/>
                <Route path=path!("/b/:slug/committee/residents") view=buildings::ui::ResidentsPage ssr=SsrMode::Async/>
                <Route path=path!("/b/:slug/committee/poster") view=buildings::ui::PosterPage ssr=SsrMode::Async/>
                <Route path=path!("/b/:slug/committee/hazards") view=buildings::ui::HazardsPage ssr=SsrMode::Async/>
                <Route path=path!("/b/:slug/committee/company") view=companies::ui::BuildingCompanyPage ssr=SsrMode::Async/>
                <Route path=path!("/b/:slug/committee/audit") view=audit::ui::AuditPage ssr=SsrMode::Async/>
                <Route path=path!("/b/:slug/committee/access") view=gateway::ui::AccessPage ssr=SsrMode::Async/>
                <Route path=path!("/partners/open") view=gateway::ui::OpenPartnerPage ssr=SsrMode::Async/>
                <Route path=path!("/partners/:partner") view=gateway::ui::PartnerDeskPage ssr=SsrMode::Async/>
                <Route path=path!("/developers") view=gateway::ui::DevelopersPage ssr=SsrMode::Async/>
                <Route path=path!("/companies/open") view=companies::ui::OpenCompanyPage ssr=SsrMode::Async/>
                <Route path=path!("/companies/:company") view=companies::ui::CompanyPage ssr=SsrMode::Async/>
                <Route path=path!("/operator") view=operator::ui::JoinTimesPage ssr=SsrMode::Async/>
                <Route path=path!("/operator/inbound") view=operator::ui::InboundPage ssr=SsrMode::Async/>
                <Route path=path!("/operator/queues") view=operator::ui::QueuesPage ssr=SsrMode::Async/>
                <Route path=path!("/operator/webhooks") view=operator::ui::OutgoingPage ssr=SsrMode::Async/>
                <Route path=path!("/operator/tenants") view=operator::ui::TenantsPage ssr=SsrMode::Async/>
                <Route path=path!("/operator/health") view=operator::ui::HealthPage ssr=SsrMode::Async/>
                <Route path=path!("/operator/slow") view=operator::ui::SlowPage ssr=SsrMode::Async/>
                <Route path=path!("/signin") view=identity::ui::SignInPage ssr=SsrMode::Async/>
                <Route path=path!("/signin/code") view=identity::ui::CodePage ssr=SsrMode::Async/>
                <Route path=path!("/home") view=identity::ui::HomePage ssr=SsrMode::Async/>
                <Route path=path!("/home/devices") view=identity::ui::DevicesPage ssr=SsrMode::Async/>
                <Route path=path!("/accessibility") view=legal::AccessibilityPage ssr=SsrMode::Async/>
                <Route path=path!("/privacy") view=legal::PrivacyPage ssr=SsrMode::Async/>
                <Route path=path!("/terms") view=legal::TermsPage ssr=SsrMode::Async/>
                <Route path=path!("/offline") view=pages::OfflinePage ssr=SsrMode::Async/>
                <Route path=path!("/ui") view=pages::KitPage ssr=SsrMode::Async/>
            </FlatRoutes>
        </Router>
    }
}
