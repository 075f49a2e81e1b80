//! The listening side. Written out instead of `axum::serve`, because a fault may ask for a connection to be cut
//! without an answer, and only a service that fails makes the HTTP layer do that.

use std::{io, sync::Arc, time::Duration};

use axum::{
    Router,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{net::TcpListener, sync::Semaphore};
use tower::ServiceExt;

const CONNECTIONS_MAX: usize = 512;
const HEADERS_TIMEOUT: Duration = Duration::from_secs(30);

/// Marks an answer that must not be sent: the connection is cut in its stead.
#[derive(Debug, Clone, Copy)]
pub struct CutConnection;

impl CutConnection {
    /// The marked answer. Seen as a 502 only where the router is used without `accept`.
    pub fn response() -> Response {
        let mut response = StatusCode::BAD_GATEWAY.into_response();
        response.extensions_mut().insert(Self);
        response
    }
}

/// Accepts connections until the task is dropped or the listener fails.
pub async fn accept(listener: TcpListener, router: Router) -> io::Result<()> {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let place = Arc::clone(&places).acquire_owned().await.map_err(io::Error::other)?;
        let (stream, _) = match listener.accept().await {
            Ok(connection) => connection,
            // The caller went away before we answered; the next one is waiting.
            Err(error) if matches!(error.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset) => continue,
            Err(error) => return Err(error),
        };
        let router = router.clone();
        tokio::spawn(async move {
            let service = service_fn(move |request: http::Request<Incoming>| {
                let router = router.clone();
                async move {
                    let response = match router.oneshot(request.map(axum::body::Body::new)).await {
                        Ok(response) => response,
                        Err(never) => match never {},
                    };
                    if response.extensions().get::<CutConnection>().is_some() {
                        return Err(io::Error::new(io::ErrorKind::ConnectionAborted, "a fault cut the connection"));
                    }
                    Ok(response)
                }
            });
            let served = http1::Builder::new().timer(TokioTimer::new()).header_read_timeout(HEADERS_TIMEOUT).serve_connection(TokioIo::new(stream), service).await;
            if let Err(error) = served {
                tracing::debug!(%error, "a connection ended early");
            }
            drop(place);
        });
    }
}
