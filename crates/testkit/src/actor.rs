use std::collections::BTreeMap;

use axum::Router;
use axum::body::Body;
use http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::BodyExt;
use tower::ServiceExt;

/// The host actors call.
pub const HOST: &str = "vantera.test";

/// A browser without JavaScript: keeps cookies, sends forms, and can be asked to follow where it is led.
#[derive(Clone)]
pub struct Actor {
    router: Router,
    cookies: BTreeMap<String, String>,
    /// The page last seen: forms are sent from here.
    pub page: String,
}

/// What came back.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Where it leads; panics when it leads nowhere.
    pub fn location(&self) -> String {
        let value = self.headers.get(header::LOCATION).unwrap_or_else(|| panic!("{} leads nowhere: {}", self.status, self.text()));
        value.to_str().expect("a location is ASCII").to_owned()
    }

    pub fn leads(&self) -> Option<&str> {
        self.headers.get(header::LOCATION).and_then(|value| value.to_str().ok())
    }
}

impl Actor {
    pub fn new(router: Router) -> Self {
        Self { router, cookies: BTreeMap::new(), page: "/".into() }
    }

    /// The same browser before another process.
    pub fn at(self, router: Router) -> Self {
        Self { router, ..self }
    }

    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.get(name).map(String::as_str)
    }

    pub fn set_cookie(&mut self, name: &str, value: &str) {
        self.cookies.insert(name.into(), value.into());
    }

    pub fn forget_cookie(&mut self, name: &str) {
        self.cookies.remove(name);
    }

    /// Any request, with this actor's cookies; keeps those that come back.
    pub async fn send(&mut self, mut request: Request<Body>) -> Answer {
        let line = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
        if !line.is_empty() {
            request.headers_mut().insert(header::COOKIE, line.parse().expect("cookies are ASCII"));
        }
        request.headers_mut().entry(header::HOST).or_insert(HOST.parse().expect("a host"));
        let response = match self.router.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        let (parts, body) = response.into_parts();
        let body = body.collect().await.expect("the body arrives whole").to_bytes().to_vec();
        for cookie in parts.headers.get_all(header::SET_COOKIE) {
            let text = cookie.to_str().expect("a cookie is ASCII");
            let (pair, attributes) = text.split_once(';').unwrap_or((text, ""));
            let (name, value) = pair.split_once('=').expect("a cookie has a value");
            if attributes.contains("Max-Age=0") {
                self.cookies.remove(name)
            } else {
                self.cookies.insert(name.into(), value.into())
            };
        }
        Answer { status: parts.status, headers: parts.headers, body }
    }

    /// Opens a page.
    pub async fn get(&mut self, path: &str) -> Answer {
        let request =
            Request::builder().method(Method::GET).uri(path).header(header::ACCEPT, "text/html").header("sec-fetch-site", "same-origin").body(Body::empty()).expect("a request");
        let answer = self.send(request).await;
        if answer.status == StatusCode::OK {
            self.page = path.to_owned();
        }
        answer
    }

    /// Sends a plain form of the page last seen, as a browser without JavaScript does.
    pub async fn submit(&mut self, action: &str, fields: &[(&str, &str)]) -> Answer {
        let body: String = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = self.form_request(action, body);
        let answer = self.send(request).await;
        if answer.leads().is_none() {
            // What came back is shown at the address that the form was sent to.
            self.page = action.to_owned();
        }
        answer
    }

    fn form_request(&self, action: &str, body: String) -> Request<Body> {
        Request::builder()
            .method(Method::POST)
            .uri(action)
            .header(header::ACCEPT, "text/html,application/xhtml+xml")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::REFERER, format!("http://{HOST}{}", self.page))
            .header(header::ORIGIN, format!("http://{HOST}"))
            .header("sec-fetch-site", "same-origin")
            .body(Body::from(body))
            .expect("a request")
    }

    /// Calls a server function as our own scripts do; the answer is JSON.
    pub async fn call(&mut self, endpoint: &str, fields: &[(&str, &str)]) -> Answer {
        let body: String = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let mut request = self.form_request(&format!("/call/{endpoint}"), body);
        request.headers_mut().insert(header::ACCEPT, "application/json".parse().expect("a value"));
        self.send(request).await
    }
}
