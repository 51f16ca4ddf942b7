//! Connections: hyper with limits on how long and how large a request's head may be, and a patience for its body.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use futures::StreamExt;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tower::ServiceBuilder;

use super::unread::Polite;

/// For a request's head, from the connection's begin or the answer before it. A proxy keeps connections that long.
const HEAD: Duration = Duration::from_secs(150);
/// Bytes of a request's head.
const LARGEST_HEAD: usize = 64 * 1024;
/// Between two pieces of an upload, and of any other body.
pub const PATIENCE: Patience = Patience { upload: Duration::from_secs(600), other: Duration::from_secs(30) };
/// After an error that is not the client's, such as too many open files.
const PAUSE: Duration = Duration::from_millis(500);

/// Serves until `shutdown` completes; requests that are under way then end first.
///
/// # Errors
/// None today: a listener that fails is tried again.
pub async fn serve(
    router: Router,
    listener: TcpListener,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    serve_with(HEAD, router, listener, shutdown).await
}

async fn serve_with(
    head: Duration,
    router: Router,
    listener: TcpListener,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(head).max_buf_size(LARGEST_HEAD);
    builder
        .http2()
        .timer(TokioTimer::new())
        .enable_connect_protocol()
        .max_header_list_size(LARGEST_HEAD as u32);
    let graceful = GracefulShutdown::new();
    tokio::pin!(shutdown);
    loop {
        let (stream, peer) = tokio::select! {
            () = &mut shutdown => break,
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be taken");
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
            },
        };
        let _slower = stream.set_nodelay(true);
        let service = ServiceBuilder::new()
            .map_request(move |mut request: axum::http::Request<_>| {
                request.extensions_mut().insert(ConnectInfo::<SocketAddr>(peer));
                request.map(Polite::new)
            })
            .service(router.clone());
        let service = TowerToHyperService::new(service);
        let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), service).into_owned();
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            // A client that breaks off is no event.
            let _ended = connection.await;
        });
    }
    drop(listener);
    graceful.shutdown().await;
    Ok(())
}

/// How long to wait for the next piece of a body.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Of an upload: a path that ends in `/upload`.
    pub upload: Duration,
    pub other: Duration,
}

/// Gives a body up when nothing more of it comes.
pub async fn patience(State(patience): State<Patience>, request: Request, next: Next) -> Response {
    let upload = request.uri().path().ends_with("/upload");
    let wait = if upload { patience.upload } else { patience.other };
    let request = request.map(|body| {
        let pieces = tokio_stream::StreamExt::timeout(body.into_data_stream(), wait);
        Body::from_stream(pieces.map(move |piece| match piece {
            Ok(piece) => piece.map_err(io::Error::other),
            Err(_) => {
                let message = format!("nothing more of it came for {} s", wait.as_secs_f64());
                Err(io::Error::new(io::ErrorKind::TimedOut, message))
            }
        }))
    });
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use axum::body::Bytes;
    use axum::http::StatusCode;
    use axum::middleware;
    use axum::routing::post;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;
    use tokio_util::sync::CancellationToken;

    use super::*;

    async fn site() -> (SocketAddr, CancellationToken, tokio::task::JoinHandle<io::Result<()>>) {
        async fn read(body: Result<Bytes, axum::extract::rejection::BytesRejection>) -> (StatusCode, String) {
            match body {
                Ok(body) => (StatusCode::OK, format!("{} bytes", body.len())),
                Err(error) => (StatusCode::REQUEST_TIMEOUT, error.body_text()),
            }
        }
        let short = Patience { upload: Duration::from_secs(20), other: Duration::from_millis(200) };
        let router = Router::new()
            .route("/upload", post(read))
            .route("/form", post(read))
            .layer(middleware::from_fn_with_state(short, patience));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let ended = stop.clone().cancelled_owned();
        let server = tokio::spawn(serve_with(Duration::from_millis(300), router, listener, ended));
        (address, stop, server)
    }

    async fn say(address: SocketAddr, pieces: &[&str], pause: Duration) -> String {
        let mut stream = TcpStream::connect(address).await.unwrap();
        for piece in pieces {
            if stream.write_all(piece.as_bytes()).await.is_err() {
                break;
            }
            tokio::time::sleep(pause).await;
        }
        let mut said = Vec::new();
        let _cut = tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut said)).await;
        String::from_utf8_lossy(&said).into_owned()
    }

    #[tokio::test]
    async fn a_body_that_stops_coming_is_given_up_and_a_slow_upload_is_not() {
        let (address, _stop, _server) = site().await;
        let head = |path| {
            format!("POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\nconnection: close\r\n\r\n")
        };
        let pause = Duration::from_millis(450);
        let slow = say(address, &[&head("/form"), "ab", "cd"], pause).await;
        assert!(slow.contains("408") && slow.contains("nothing more of it came for 0.2 s"), "{slow}");
        let upload = say(address, &[&head("/upload"), "ab", "cd"], pause).await;
        assert!(upload.contains("200 OK") && upload.contains("4 bytes"), "{upload}");
    }

    #[tokio::test]
    async fn a_head_that_does_not_end_or_is_too_large_is_cut_off() {
        let (address, _stop, _server) = site().await;
        let begun = std::time::Instant::now();
        let said = say(address, &["POST /form HTTP/1.1\r\nhost:"], Duration::ZERO).await;
        assert!(!said.contains("200"), "{said}");
        assert!(begun.elapsed() < Duration::from_secs(5), "it was cut off after {:?}", begun.elapsed());
        let large = format!("GET /form HTTP/1.1\r\nhost: x\r\nx-large: {}\r\n\r\n", "a".repeat(LARGEST_HEAD));
        let said = say(address, &[&large], Duration::ZERO).await;
        assert!(said.contains("431") || said.is_empty(), "{said}");
    }

    #[tokio::test]
    async fn who_is_refused_before_they_have_sent_all_can_send_it_and_ask_again() {
        let (address, _stop, _server) = site().await;
        let mut stream = TcpStream::connect(address).await.unwrap();
        let large = 3 << 20;
        let head = format!("POST /nothing HTTP/1.1\r\nhost: x\r\ncontent-length: {large}\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        // The answer is there before the first byte of the body is.
        let mut said = [0; 12];
        stream.read_exact(&mut said).await.unwrap();
        assert_eq!(&said, b"HTTP/1.1 404");
        stream.write_all(&vec![b'a'; large]).await.unwrap();
        let next = "POST /form HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\nconnection: close\r\n\r\nab";
        stream.write_all(next.as_bytes()).await.unwrap();
        let mut said = String::new();
        stream.read_to_string(&mut said).await.unwrap();
        assert!(said.contains("200 OK") && said.contains("2 bytes"), "{said}");
    }

    #[tokio::test]
    async fn what_is_under_way_ends_before_the_server_does() {
        let (address, stop, server) = site().await;
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"POST /upload HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n\r\nab").await.unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
        stop.cancel();
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert!(TcpStream::connect(address).await.is_err(), "nobody else is let in");
        stream.write_all(b"cd").await.unwrap();
        let mut said = Vec::new();
        stream.read_to_end(&mut said).await.unwrap();
        assert!(String::from_utf8_lossy(&said).contains("4 bytes"));
        server.await.unwrap().unwrap();
    }
}
