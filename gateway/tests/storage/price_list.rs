//! A server with lists that a test writes: prices at `/prices`, a provider's models at `/v1/models`.

use std::{
    collections::BTreeMap,
    hash::{DefaultHasher, Hash, Hasher},
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// What is told at a path: the status, and the body, of which the entity tag is a hash.
type Told = BTreeMap<String, (u16, String)>;

/// The path and `if-none-match` of each request.
type Asked = Vec<(String, Option<String>)>;

/// The server; it stops when it is dropped.
pub(crate) struct PriceList {
    pub(crate) address: String,
    told: Arc<Mutex<Told>>,
    asked: Arc<Mutex<Asked>>,
    serving: JoinHandle<()>,
}

impl Drop for PriceList {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl PriceList {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let told = Arc::new(Mutex::new(Told::new()));
        let asked = Arc::new(Mutex::new(Asked::new()));
        let (tell, note) = (Arc::clone(&told), Arc::clone(&asked));
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(stream, Arc::clone(&tell), Arc::clone(&note)));
            }
        });
        Self { address, told, asked, serving }
    }

    /// What is told at a path from now on.
    pub(crate) fn tell(&self, path: &str, status: u16, body: impl Into<String>) {
        self.told.lock().unwrap().insert(path.to_owned(), (status, body.into()));
    }

    /// The requests until now, by path with query and entity tag.
    pub(crate) fn asked(&self) -> Asked {
        self.asked.lock().unwrap().clone()
    }
}

async fn answer(mut stream: TcpStream, told: Arc<Mutex<Told>>, asked: Arc<Mutex<Asked>>) {
    let mut request = Vec::new();
    let mut chunk = [0; 1024];
    while !request.ends_with(b"\r\n\r\n") {
        match stream.read(&mut chunk).await {
            Ok(length @ 1..) => request.extend_from_slice(&chunk[..length]),
            _ => return,
        }
    }
    let request = String::from_utf8(request).unwrap();
    let target = request.split(' ').nth(1).unwrap().to_owned();
    let tag = request.lines().find_map(|line| line.strip_prefix("if-none-match: "));
    let tag = tag.map(str::to_owned);
    asked.lock().unwrap().push((target.clone(), tag.clone()));
    let path = target.split('?').next().unwrap();
    let (status, body) = told.lock().unwrap().get(path).cloned().unwrap_or((404, "{}".to_owned()));
    let mut hasher = DefaultHasher::new();
    body.hash(&mut hasher);
    let own_tag = format!("\"{:x}\"", hasher.finish());
    let (status, body) = if status == 200 && tag.as_ref() == Some(&own_tag) {
        (304, String::new())
    } else {
        (status, body)
    };
    let head = format!(
        "HTTP/1.1 {status} X\r\netag: {own_tag}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    // A gateway that has gone away needs no answer.
    let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
    let _ = stream.shutdown().await;
}
