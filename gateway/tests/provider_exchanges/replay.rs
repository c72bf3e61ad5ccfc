//! A server that answers with what is recorded, and keeps what has arrived.

use std::{
    collections::BTreeMap,
    fmt::Write,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Notify,
};

use super::{exchange::Exchange, frames};

/// What arrived.
#[derive(Debug, Clone)]
pub(crate) struct Arrived {
    /// Method and path.
    pub(crate) request: String,
    /// Names in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

#[derive(Debug, Default)]
struct Book {
    expected: Vec<Exchange>,
    /// Answered as often as they are asked for.
    standing: Vec<Exchange>,
    arrived: Vec<Arrived>,
}

/// The server, at work until the test ends.
#[derive(Debug, Clone)]
pub(crate) struct Replay {
    pub(crate) url: String,
    book: Arc<Mutex<Book>>,
    /// Told of every request.
    arrival: Arc<Notify>,
}

impl Replay {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let replay = Self { url, book: Arc::default(), arrival: Arc::default() };
        let served = replay.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let served = served.clone();
                tokio::spawn(async move { served.serve(stream).await });
            }
        });
        replay
    }

    /// From now on answers with these, each once and in whichever order they are asked for.
    pub(crate) fn expect(&self, exchanges: &[Exchange], standing: &[Exchange]) {
        let mut book = self.book.lock().unwrap();
        *book =
            Book { expected: exchanges.to_vec(), standing: standing.to_vec(), arrived: Vec::new() };
    }

    /// What has arrived since, and what was not asked for.
    pub(crate) fn seen(&self) -> (Vec<Arrived>, Vec<String>) {
        let book = self.book.lock().unwrap();
        let missed = book.expected.iter().map(|exchange| exchange.request.clone()).collect();
        (book.arrived.clone(), missed)
    }

    /// Until this has been asked for.
    pub(crate) async fn until_asked(&self, request: &str) {
        while !self.seen().0.iter().any(|arrived| arrived.request == request) {
            self.arrival.notified().await;
        }
    }

    /// One request of a connection, which is closed then.
    async fn serve(&self, mut stream: TcpStream) {
        let Some(arrived) = read(&mut stream).await else { return };
        let answer = {
            let mut book = self.book.lock().unwrap();
            let is_it = |exchange: &Exchange| exchange.request == arrived.request;
            let place = book.expected.iter().position(is_it);
            let answer = match place {
                Some(place) => Some(book.expected.remove(place)),
                None => book.standing.iter().find(|exchange| is_it(exchange)).cloned(),
            };
            book.arrived.push(arrived);
            answer
        };
        self.arrival.notify_one();
        let _ = stream.write_all(&written(answer, &self.url)).await;
        let _ = stream.shutdown().await;
    }
}

fn written(answer: Option<Exchange>, server: &str) -> Vec<u8> {
    let Some(Exchange { status, mut headers, body, frames, .. }) = answer else {
        return b"HTTP/1.1 418 Unexpected\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
            .to_vec();
    };
    let body = match frames.as_slice() {
        [] => body.replace("{server}", server).into_bytes(),
        events => frames::of(events),
    };
    headers.entry("content-type".to_owned()).or_insert_with(|| "application/json".to_owned());
    let mut answer = format!("HTTP/1.1 {status} Recorded\r\nconnection: close\r\n");
    for (name, value) in headers {
        let _ = write!(answer, "{name}: {value}\r\n");
    }
    let _ = write!(answer, "content-length: {}\r\n\r\n", body.len());
    [answer.into_bytes(), body].concat()
}

async fn read(stream: &mut TcpStream) -> Option<Arrived> {
    let mut bytes = Vec::new();
    loop {
        if let Some(arrived) = whole(&bytes) {
            return Some(arrived);
        }
        let mut chunk = [0; 8_192];
        match stream.read(&mut chunk).await {
            Ok(count) if count > 0 => bytes.extend_from_slice(&chunk[..count]),
            _ => return None,
        }
    }
}

/// The request, if all of it is there.
fn whole(bytes: &[u8]) -> Option<Arrived> {
    let text = std::str::from_utf8(bytes).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    let mut lines = head.lines();
    let request = lines.next()?.trim_end_matches(" HTTP/1.1").to_owned();
    let headers: BTreeMap<String, String> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers.get("content-length").map_or(Some(0), |length| length.parse().ok())?;
    (body.len() >= length).then(|| Arrived { request, headers, body: body.to_owned() })
}
