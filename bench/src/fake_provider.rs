//! A stand-in for vendors of models that speaks their wire formats and keeps its own bill.
//!
//! The official SDKs cannot tell it from the vendors: OpenAI, Anthropic, Gemini, Vertex AI, Azure
//! OpenAI, Amazon Bedrock and SageMaker, Cohere, Ollama, Workers AI, Replicate and GitHub Copilot,
//! streamed or not, with tool calls, embeddings, pictures, sound and model lists, files and batches,
//! realtime sessions, exact usage, the vendors' own errors, and the tokens that Google and Entra
//! hand out. How it answers is said by the model's name (`fake@chunks=20,gap_ms=5`), failures
//! included, so that a test scripts each call on its own. What it billed is at `GET /_calls`.

mod answer;
mod anthropic;
mod azure;
mod batch;
mod bedrock;
mod bill;
mod cohere;
mod copilot;
mod credential;
mod directives;
mod endpoint;
mod fault;
mod form;
mod gemini;
mod identity;
mod kept;
mod ledger;
mod ollama;
mod openai;
mod paging;
mod percent;
mod picture;
mod replicate;
mod reply;
mod router;
mod sagemaker;
mod schema;
mod script;
mod search;
mod socket;
mod spelled_out;
mod stream;
mod vendor;
mod vendor_call;
mod vertex;
mod workers_ai;

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

use self::{
    directives::{Directives, Failure},
    endpoint::Books,
    identity::Identity,
    kept::Shelf,
    ledger::Ledger,
    socket::{ResetSwitch, Socket},
};
use crate::serve::accept_all;

pub use self::{
    bedrock::AwsKey,
    bill::{BillLine, Calls, Item},
};

/// What the list of models shows; any other name is answered too.
const MODELS: [&str; 3] = ["fake", "fake-mini", "fake-embedding"];

fn is_model(id: &str) -> bool {
    let name = id.split_once("%40").or_else(|| id.split_once('@')).map_or(id, |(name, _)| name);
    MODELS.contains(&name)
}

/// How a fake provider is set up.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The only valid credential; any is valid if there is none here.
    pub key: Option<String>,
    /// The only key whose signatures are valid at Bedrock; none is verified if there is none here.
    pub aws_key: Option<AwsKey>,
    /// Whether every call is kept under the id that its caller gave it, for `GET /_items`.
    pub is_itemized: bool,
    /// The public key, in PEM, of the service account that Google's token endpoint knows; any
    /// signature will do if there is none here.
    pub google_public_key: Option<String>,
    /// How long access tokens last; as long as real ones if not said.
    pub token_lifetime: Option<Duration>,
}

/// A fake provider at work on a loopback port; it ends when this is dropped.
#[derive(Debug)]
pub struct FakeProvider {
    address: SocketAddr,
    provider: Arc<Provider>,
    task: JoinHandle<()>,
}

impl FakeProvider {
    /// Where it listens: `http://127.0.0.1:PORT`, without the `/v1` that OpenAI's clients add.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What it has seen and billed so far.
    #[must_use]
    pub fn calls(&self) -> Calls {
        self.provider.calls()
    }

    /// Ends the time of every access token that it has handed out.
    pub fn expire_tokens(&self) {
        self.provider.identity.expire_all();
    }

    /// Forgets what it has seen, billed and failed.
    pub fn reset(&self) {
        self.provider.ledger.reset();
    }

    /// Waits until the task ends, which it does not by itself.
    ///
    /// # Errors
    /// The task's panic, as an I/O error.
    pub async fn run(mut self) -> io::Result<()> {
        (&mut self.task).await.map_err(io::Error::other)
    }
}

impl Drop for FakeProvider {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Starts a fake provider on a free loopback port, for which any credential is valid.
///
/// # Errors
/// When no port can be had.
pub async fn spawn() -> io::Result<FakeProvider> {
    spawn_with(Options::default()).await
}

/// Starts a fake provider on a free loopback port.
///
/// # Errors
/// When no port can be had.
pub async fn spawn_with(options: Options) -> io::Result<FakeProvider> {
    listen((Ipv4Addr::LOCALHOST, 0).into(), options).await
}

/// Starts a fake provider at `address`.
///
/// # Errors
/// When the address cannot be had, or the public key is none.
pub async fn listen(address: SocketAddr, options: Options) -> io::Result<FakeProvider> {
    let listener = TcpListener::bind(address).await?;
    let address = listener.local_addr()?;
    let provider = Arc::new(Provider::new(options)?);
    let served = Arc::clone(&provider);
    let task = tokio::spawn(async move {
        accept_all(listener, move |stream| serve(stream, Arc::clone(&served))).await;
    });
    Ok(FakeProvider { address, provider, task })
}

async fn serve(stream: TcpStream, provider: Arc<Provider>) {
    let reset = ResetSwitch::default();
    let socket = Socket::new(stream, reset.clone());
    let service = service_fn(|request| router::answer(&provider, request, &reset));
    // A connection ends badly when a client leaves or a failure was asked for: both are wanted.
    let connection = http1::Builder::new().serve_connection(TokioIo::new(socket), service);
    let _ = connection.with_upgrades().await;
}

#[derive(Debug)]
struct Provider {
    key: Option<String>,
    aws_key: Option<AwsKey>,
    identity: Identity,
    ledger: Arc<Ledger>,
    shelf: Shelf,
    serial: AtomicU64,
}

impl Provider {
    fn new(options: Options) -> io::Result<Self> {
        let ledger = Arc::new(Ledger::new(options.is_itemized));
        let no_key = || io::Error::new(io::ErrorKind::InvalidInput, "there is no public key in it");
        let public_key = match options.google_public_key {
            Some(pem) => Some(identity::key_in_pem(&pem).ok_or_else(no_key)?),
            None => None,
        };
        let identity = Identity::new(options.key.clone(), public_key, options.token_lifetime);
        let Options { key, aws_key, .. } = options;
        Ok(Self {
            key,
            aws_key,
            identity,
            ledger,
            shelf: Shelf::default(),
            serial: AtomicU64::new(0),
        })
    }

    fn calls(&self) -> Calls {
        Calls { tokens: self.identity.handed_out(), ..self.ledger.snapshot() }
    }

    fn next_serial(&self) -> u64 {
        self.serial.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// What goes wrong with a call, where that is limited to the first ones of a tag.
    fn failure_of(&self, directives: &Directives) -> Option<Failure> {
        match directives.fail_first {
            Some(count) if !self.ledger.is_among_first(&directives.tag, count) => None,
            _ => directives.failure,
        }
    }

    fn show_books(&self, books: Books) -> String {
        match books {
            Books::ShowItems => return script::json_of(&self.ledger.items()),
            Books::Reset => self.ledger.reset(),
            Books::ExpireTokens => self.identity.expire_all(),
            Books::Show => {}
        }
        script::json_of(&self.calls())
    }
}
