//! A provider of message batches and of files that answers as it is told to.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

/// An answer: the status and the body.
type Reply = (u16, String);

#[derive(Default)]
struct Script {
    replies: HashMap<String, Reply>,
    asked: Vec<(String, String)>,
}

/// Listens as long as its runtime lives.
#[derive(Clone)]
pub(super) struct StubProvider {
    pub(super) url: String,
    script: Arc<Mutex<Script>>,
}

impl StubProvider {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let stub = Self { url, script: Arc::default() };
        let served = stub.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(served.clone().serve(stream));
            }
        });
        stub
    }

    /// From now on `GET /path` and the like is answered so.
    pub(super) fn answers(&self, request: &str, status: u16, body: &str) {
        let reply = (status, body.to_owned());
        self.script.lock().unwrap().replies.insert(request.to_owned(), reply);
    }

    /// The bodies of the requests of this kind so far.
    pub(super) fn asked(&self, request: &str) -> Vec<String> {
        let script = self.script.lock().unwrap();
        let of_kind = script.asked.iter().filter(|(asked, _)| asked == request);
        of_kind.map(|(_, body)| body.clone()).collect()
    }

    /// One request a connection.
    async fn serve(self, mut stream: TcpStream) {
        let mut reader = BufReader::new(&mut stream);
        let (mut first, mut length) = (String::new(), 0);
        reader.read_line(&mut first).await.unwrap();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).await.unwrap();
            if line.trim().is_empty() {
                break;
            }
            let header = line.to_ascii_lowercase();
            if let Some(value) = header.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).await.unwrap();
        let asked = first.rsplit_once(' ').map_or("", |(asked, _)| asked).to_owned();
        let (status, reply) = {
            let mut script = self.script.lock().unwrap();
            script.asked.push((asked.clone(), String::from_utf8_lossy(&body).into_owned()));
            let none = || (404, r#"{"error":{"message":"there is none"}}"#.to_owned());
            script.replies.get(&asked).cloned().unwrap_or_else(none)
        };
        let head = format!(
            "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\nconnection: close\r\n\
             content-length: {}\r\n\r\n",
            reply.len()
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(reply.as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
    }
}
