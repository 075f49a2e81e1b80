//! Stripe's error envelope (docs.stripe.com/api/errors): `{"error": {type, code, message, param, …}}`.

use serde_json::{Map, Value, json};

/// One refusal, ready to be written as an answer.
#[derive(Debug, Clone)]
pub struct ApiError {
    /// HTTP status.
    pub status: u16,
    /// `type` of the envelope: api_error, card_error, idempotency_error or invalid_request_error.
    pub kind: &'static str,
    /// The remaining fields of the envelope.
    pub fields: Map<String, Value>,
    /// Whether the endpoint had begun its work, so that the answer is kept for its idempotency key.
    /// Stripe keeps nothing when validation refused the request or another request held the key.
    pub began: bool,
    /// The `stripe-should-retry` header.
    pub should_retry: bool,
}

impl ApiError {
    fn new(status: u16, kind: &'static str, message: impl Into<String>) -> Self {
        let mut fields = Map::new();
        fields.insert("message".into(), Value::String(message.into()));
        Self { status, kind, fields, began: false, should_retry: false }
    }

    /// 400: the request cannot be understood or allowed.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(400, "invalid_request_error", message)
    }

    /// 400 `parameter_missing`.
    pub fn missing(param: &str) -> Self {
        Self::invalid(format!("Missing required param: {param}.")).code("parameter_missing").param(param)
    }

    /// 400 `parameter_unknown`.
    pub fn unknown(param: &str) -> Self {
        Self::invalid(format!("Received unknown parameter: {param}")).code("parameter_unknown").param(param)
    }

    /// 404 `resource_missing`.
    pub fn no_such(noun: &str, id: &str) -> Self {
        Self::new(404, "invalid_request_error", format!("No such {noun}: '{id}'")).code("resource_missing").param("id")
    }

    /// 404 for a path that is not part of the API.
    pub fn no_route(method: &str, path: &str) -> Self {
        Self::new(404, "invalid_request_error", format!("Unrecognized request URL ({method}: {path}). This stand-in covers a part of the API only."))
    }

    /// 401.
    pub fn unauthenticated(message: impl Into<String>) -> Self {
        Self::new(401, "invalid_request_error", message)
    }

    /// 402: the card was refused.
    pub fn card(message: impl Into<String>, code: &str) -> Self {
        let mut error = Self::new(402, "card_error", message).code(code);
        error.began = true;
        error
    }

    /// 400 `idempotency_error`: the key was used with other parameters.
    pub fn key_reused(key: &str) -> Self {
        Self::new(
            400,
            "idempotency_error",
            format!(
                "Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '{key}' if you meant to execute a different request."
            ),
        )
    }

    /// 409: the first request with this key has not been answered yet.
    pub fn key_in_use(key: &str) -> Self {
        let mut error = Self::new(
            409,
            "invalid_request_error",
            format!("There is currently another in-progress request using this Idempotent Key (that probably means you submitted twice, and the other request is still going through): {key}. Please try again later."),
        )
        .code("idempotency_key_in_use");
        error.should_retry = true;
        error
    }

    /// A failure asked for through the fault door. A plain 500 tells the client not to retry, because Stripe
    /// would replay it; the others come from in front of the endpoint and may be retried.
    pub fn outage(status: u16) -> Self {
        let mut error = if status == 429 {
            Self::new(429, "invalid_request_error", "Too many requests hit the API too quickly. We recommend an exponential backoff of your requests.").code("rate_limit")
        } else {
            Self::new(status, "api_error", "Sorry! There was an error while talking to Stripe (asked for by a fault).")
        };
        error.began = status == 500;
        error.should_retry = status != 500;
        error
    }

    /// 503: a limit of the stand-in itself.
    pub fn full(what: &str) -> Self {
        Self::new(503, "api_error", format!("The sandbox holds as many {what} as it may. POST /_sandbox/reset empties it."))
    }

    /// Sets `code` and its `doc_url`.
    pub fn code(self, code: &str) -> Self {
        let doc_url = format!("https://stripe.com/docs/error-codes/{}", code.replace('_', "-"));
        self.field("code", code).field("doc_url", doc_url)
    }

    /// Sets `param`: the name in brackets notation.
    pub fn param(self, param: &str) -> Self {
        self.field("param", param)
    }

    /// Sets any other field of the envelope.
    pub fn field(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.fields.insert(name.into(), value.into());
        self
    }

    /// The envelope.
    pub fn body(&self) -> Value {
        let mut error = self.fields.clone();
        error.insert("type".into(), self.kind.into());
        json!({ "error": error })
    }
}
