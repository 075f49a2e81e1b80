//! The join time, step by step, as Prometheus is told it: counted and timed where each step happens, once it is
//! committed. The tables hold the same for the committee's and the operator's screens.
//!
//! Paying attempts go started, sent, payment_opened, confirmed, first_feed. Who lives in a flat that pays already goes
//! waiting, accepted: the time in between is the neighbour's, so it is counted and not timed.

use jiff_sqlx::Timestamp;

use super::store::Times;
use crate::platform::Cx;
use crate::platform::meters::{JOIN_SECONDS, JOIN_STEPS, Measure};

pub(super) fn started(cx: &mut Cx) {
    reached(cx, "started");
}

/// `before` is what was known before the form was sent; sent again, it is no new step.
pub(super) fn sent(cx: &mut Cx, before: &Times, free: bool) {
    if before.sent_at.is_some() {
        return;
    }
    if free {
        return reached(cx, "waiting");
    }
    reached(cx, "sent");
    took(cx, "sent", Some(before.started_at));
}

pub(super) fn payment_opened(cx: &mut Cx, before: &Times) {
    if before.payment_opened_at.is_none() {
        reached(cx, "payment_opened");
        took(cx, "payment_opened", before.sent_at);
    }
}

pub(super) fn confirmed(cx: &mut Cx, before: &Times) {
    match (before.confirmed_at, before.payment_opened_at) {
        (Some(_), _) => {}
        (None, None) => reached(cx, "accepted"),
        (None, opened) => {
            reached(cx, "confirmed");
            took(cx, "confirmed", opened);
        }
    }
}

/// The end of the join time.
pub(super) fn first_feed(cx: &mut Cx, before: &Times) {
    if before.payment_opened_at.is_some() {
        reached(cx, "first_feed");
        took(cx, "first_feed", before.confirmed_at);
        took(cx, "whole", Some(before.started_at));
    }
}

fn reached(cx: &mut Cx, step: &'static str) {
    cx.measure(Measure { name: JOIN_STEPS, step, seconds: None });
}

/// Times come from the clocks of several processes: one that is behind makes no negative time.
fn took(cx: &mut Cx, step: &'static str, since: Option<Timestamp>) {
    let Some(since) = since else { return };
    let seconds = cx.now.duration_since(since.to_jiff()).as_secs_f64().max(0.0);
    cx.measure(Measure { name: JOIN_SECONDS, step, seconds: Some(seconds) });
}
