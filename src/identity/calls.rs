//! The browser's door to signing in and out.

use kit::AppError;
use leptos::prelude::*;

use super::model::{CodePage, DevicesPage, Home};

/// Sends a one-time code to a phone, whether we know the phone or not, and leads to the page that asks for it.
#[server(prefix = "/call", endpoint = "identity/send_code")]
pub async fn send_code(phone: String, #[server(default)] next: String) -> Result<(), AppError> {
    let mut cx = crate::platform::door::global().await?;
    let outcome = super::server::send_code(&mut cx, &phone, &next).await;
    let go = cx.finish(outcome).await?;
    crate::platform::door::remember_phone(&go.phone);
    crate::platform::door::redirect(&go.path);
    Ok(())
}

/// What the code page says: to which (masked) phone the code went.
#[server(name = LoadCodePage, prefix = "/call", endpoint = "identity/code_page")]
pub async fn code_page() -> Result<CodePage, AppError> {
    super::server::code_page(crate::platform::door::remembered_phone())
}

/// Answers the code; signs in and leads home.
#[server(prefix = "/call", endpoint = "identity/answer_code")]
pub async fn answer_code(code: String, #[server(default)] next: String) -> Result<(), AppError> {
    let mut cx = crate::platform::door::global().await?;
    let phone = crate::platform::door::remembered_phone();
    let outcome = super::server::answer_code(&mut cx, phone.as_deref(), &code, &next).await;
    crate::platform::door::sign_in_and_go(cx, outcome).await
}

/// Ends this device's session, or every device's.
#[server(prefix = "/call", endpoint = "identity/sign_out")]
pub async fn sign_out(#[server(default)] everywhere: bool) -> Result<(), AppError> {
    let mut cx = crate::platform::door::global().await?;
    let session = crate::platform::door::claims();
    let outcome = super::server::sign_out(&mut cx, session, everywhere).await;
    cx.finish(outcome).await?;
    crate::platform::door::forget_session();
    crate::platform::door::redirect("/");
    Ok(())
}

/// The tenants of the signed-in person, for the way home.
#[server(name = LoadHome, prefix = "/call", endpoint = "identity/home")]
pub async fn home() -> Result<Home, AppError> {
    let mut cx = crate::platform::door::global().await?;
    let session = crate::platform::door::claims();
    let outcome = super::server::home(&mut cx, session).await;
    cx.finish(outcome).await
}

/// The devices the person is signed in on.
#[server(name = LoadDevicesPage, prefix = "/call", endpoint = "identity/devices")]
pub async fn devices() -> Result<DevicesPage, AppError> {
    let mut cx = crate::platform::door::global().await?;
    let claims = crate::platform::door::claims();
    let outcome = super::server::devices(&mut cx, claims).await;
    cx.finish(outcome).await
}

/// Ends one of one's own devices; ending the one in hand is signing out.
#[server(prefix = "/call", endpoint = "identity/end_device")]
pub async fn end_device(session: String) -> Result<(), AppError> {
    let mut cx = crate::platform::door::global().await?;
    let claims = crate::platform::door::claims();
    let outcome = super::server::end_device(&mut cx, claims, &session).await;
    if cx.finish(outcome).await? {
        crate::platform::door::forget_session();
        crate::platform::door::redirect("/");
    } else {
        crate::platform::door::redirect("/home/devices");
    }
    Ok(())
}

/// Ends every device but the one in hand.
#[server(prefix = "/call", endpoint = "identity/end_other_devices")]
pub async fn end_other_devices() -> Result<(), AppError> {
    let mut cx = crate::platform::door::global().await?;
    let claims = crate::platform::door::claims();
    let outcome = super::server::end_other_devices(&mut cx, claims).await;
    cx.finish(outcome).await?;
    crate::platform::door::redirect("/home/devices");
    Ok(())
}
