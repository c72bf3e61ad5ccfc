//! How a page calls the gateway: one line there, one line back.
//!
//! All calls share the code that sends and receives; what each adds is how its own arguments and
//! its own answer are written.

use http::Method;
use leptos::server_fn::{Protocol, client, request::Req, response::TryRes, server};

use crate::{
    Failure, browser,
    wire::{self, Wire},
};

const CONTENT_TYPE: &str = "text/plain; charset=utf-8";

/// The protocol of every server function.
pub struct Call;

impl<Input, Output, Client, Server> Protocol<Input, Output, Client, Server, Failure> for Call
where
    Input: Wire + Send,
    Output: Wire + Send,
    Client: client::Client<Failure>,
    Server: server::Server<Failure>,
{
    const METHOD: Method = Method::POST;

    async fn run_server<F, Fut>(
        request: Server::Request,
        function: F,
    ) -> Result<Server::Response, Failure>
    where
        F: Fn(Input) -> Fut + Send,
        Fut: Future<Output = Result<Output, Failure>> + Send,
    {
        let arguments = request.try_into_string().await?;
        let input = wire::read(&arguments).ok_or_else(Failure::unreadable)?;
        let output = function(input).await?;
        Server::Response::try_from_string(CONTENT_TYPE, wire::written(&output))
    }

    async fn run_client(path: &str, input: Input) -> Result<Output, Failure> {
        let answer = browser::post(path, &wire::written(&input)).await?;
        wire::read(&answer).ok_or_else(Failure::unreadable)
    }
}
