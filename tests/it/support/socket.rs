//! A client of the WebSockets of events.

use std::time::Duration;

use futures::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::Request;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::site::Site;

/// Far more than anything takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// An open socket.
pub struct Watcher(WebSocketStream<MaybeTlsStream<TcpStream>>);

/// What came over it.
#[derive(Clone, Debug, PartialEq)]
pub enum Came {
    Event(Value),
    /// The server closed, with this code.
    Closed(u16),
}

/// The request that opens a socket, with headers.
pub fn request(site: &Site, path: &str, headers: &[(&'static str, &str)]) -> Request<()> {
    let mut request = format!("ws://{}{path}", site.address).into_client_request().expect("an address");
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().expect("a header"));
    }
    request
}

impl Watcher {
    pub async fn open(site: &Site, path: &str, headers: &[(&'static str, &str)]) -> Self {
        Self(connect_async(request(site, path, headers)).await.expect("the socket opens").0)
    }

    /// The status and body of a socket that is refused.
    pub async fn refused(site: &Site, path: &str, headers: &[(&'static str, &str)]) -> (u16, String) {
        match connect_async(request(site, path, headers)).await {
            Err(Error::Http(answer)) => {
                let body = answer.body().clone().unwrap_or_default();
                (answer.status().as_u16(), String::from_utf8(body).expect("text"))
            }
            other => panic!("{path} is not refused: {other:?}"),
        }
    }

    pub async fn came(&mut self) -> Came {
        loop {
            let message = tokio::time::timeout(PATIENCE, self.0.next()).await.expect("something comes");
            match message.expect("the connection stays").expect("it holds") {
                Message::Text(text) => return Came::Event(serde_json::from_str(&text).expect("JSON")),
                Message::Close(frame) => {
                    return Came::Closed(frame.map_or(1005, |frame| frame.code.into()));
                }
                _ => {}
            }
        }
    }

    /// The next event.
    pub async fn event(&mut self) -> Value {
        match self.came().await {
            Came::Event(event) => event,
            closed => panic!("{closed:?}"),
        }
    }

    /// Events up to the first of this name, which comes last.
    pub async fn until(&mut self, name: &str) -> Vec<Value> {
        let mut events = Vec::new();
        loop {
            events.push(self.event().await);
            if events.last().is_some_and(|event| event["event"] == name) {
                return events;
            }
        }
    }

    /// The code with which the server closes, whatever it tells before.
    pub async fn code(&mut self) -> u16 {
        loop {
            if let Came::Closed(code) = self.came().await {
                return code;
            }
        }
    }

    /// That nothing comes for a moment.
    pub async fn silence(&mut self) {
        loop {
            match tokio::time::timeout(Duration::from_millis(400), self.0.next()).await {
                Err(_) => return,
                Ok(Some(Ok(Message::Ping(_) | Message::Pong(_)))) => {}
                Ok(other) => panic!("{other:?}"),
            }
        }
    }

    pub async fn leave(mut self) {
        let _gone = self.0.send(Message::Close(None)).await;
    }
}
