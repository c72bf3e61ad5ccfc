//! Reads a file of requests line by line, before a provider has it.

use std::{collections::VecDeque, sync::Arc};

use bytes::Bytes;
use futures_util::{
    Stream, StreamExt, TryStreamExt,
    stream::{self, BoxStream},
};
use shared::{Problem, ProblemCode};

use super::{Inner, Kind, refusal};
use crate::{
    call::{Part, Refusal},
    catalog::{Lack, Model},
    identity::Principal,
    metering::most_input_tokens,
    providers::{Keeps, Rewritten},
    wire::{
        BatchEndpoint, BatchLine, BatchWork, Dialect, Lines, RequestFacts, RequestNeeds, WireError,
    },
};

/// A file of requests that may be sent to its provider.
pub(super) struct Checked {
    pub(super) provider: String,
    pub(super) endpoint: BatchEndpoint,
    pub(super) work: BatchWork,
    /// How long it is as the provider gets it, in bytes.
    pub(super) bytes: u64,
    model: Arc<Model>,
}

impl Inner {
    /// Reads all requests of a file.
    ///
    /// # Errors
    /// The [`Problem`] that names the line at fault.
    pub(super) async fn check(
        &self,
        principal: &Principal,
        file: &Part,
    ) -> Result<Checked, Problem> {
        let mut lines = lines_of(file.content(), self.line_limit_bytes, std::io::Error::other);
        let mut checked: Option<Checked> = None;
        let (mut number, mut blank_bytes) = (0, 0);
        while let Some(line) = lines.try_next().await.map_err(|error| unread(number, &error))? {
            number += 1;
            if is_blank(&line) {
                blank_bytes += line.len() as u64;
                continue;
            }
            let read = BatchLine::read(&line).map_err(|error| refusal::line(number, error))?;
            let checked = match &mut checked {
                Some(checked) => checked,
                none => none.insert(
                    self.first(principal, &read).map_err(|problem| at_line(number, problem))?,
                ),
            };
            let files = self.proxy.files.check_body(principal, &line).await;
            files.map_err(|refusal| at_line(number, plain(refusal)))?;
            checked.add(self, &line, &read).map_err(|detail| refusal::line(number, detail))?;
        }
        let no_request = || {
            let detail = "The file has no request; write one a line.";
            Problem::new(ProblemCode::InvalidRequest, detail).at("file")
        };
        let checked = checked.ok_or_else(no_request)?;
        Ok(Checked { bytes: checked.bytes + blank_bytes, ..checked })
    }

    /// What all requests have in common, by the first one.
    fn first(&self, principal: &Principal, line: &BatchLine) -> Result<Checked, Problem> {
        let model = self.model_for(principal, &line.facts.model)?;
        let provider = self
            .keeper_of(&model, Keeps::Batches)
            .ok_or_else(|| refusal::nobody_keeps(Kind::Batch, &model.name))?;
        let work = BatchWork {
            model: line.facts.model.clone(),
            provider: provider.clone(),
            ..BatchWork::default()
        };
        Ok(Checked { provider, endpoint: line.endpoint, work, bytes: 0, model })
    }

    /// The model, if the caller may use it.
    pub(super) fn model_for(
        &self,
        principal: &Principal,
        name: &str,
    ) -> Result<Arc<Model>, Problem> {
        self.proxy.access.model_for(principal, name).map_err(|refusal| problem_of(&refusal))
    }

    /// The first provider of a model that keeps this for callers.
    pub(super) fn keeper_of(&self, model: &Model, what: Keeps) -> Option<String> {
        let mut providers = model.deployments.iter().map(|deployment| &deployment.provider);
        providers.find(|provider| self.proxy.providers.keep(provider, what)).cloned()
    }

    /// The file as its provider gets it: each request asks the model by the provider's name, and
    /// where nothing limits its answer, for as long a one as is paid for.
    pub(super) fn rewritten(self: &Arc<Self>, file: &Part, checked: &Checked) -> Rewritten {
        let inner = Arc::clone(self);
        let (provider, model) = (checked.provider.clone(), Arc::clone(&checked.model));
        let lines = lines_of(file.content(), self.line_limit_bytes, std::io::Error::other);
        let content = lines.map(move |line| {
            let line = line?;
            if is_blank(&line) {
                return Ok(line);
            }
            // It was read before, so it can be read again.
            let read = BatchLine::read(&line).map_err(std::io::Error::other)?;
            let edits = inner.proxy.providers.batch_edits(&provider, &model, &read);
            Ok::<_, std::io::Error>(read.rewrite(&line, &edits))
        });
        Rewritten { content: content.boxed(), bytes: checked.bytes }
    }
}

impl Checked {
    fn add(&mut self, inner: &Inner, line: &Bytes, read: &BatchLine) -> Result<(), String> {
        if read.facts.model != self.work.model {
            return Err(refusal::another_model(&self.work.model, &read.facts.model));
        }
        if read.endpoint != self.endpoint {
            let (first, other) = (self.endpoint.path(), read.endpoint.path());
            return Err(refusal::another_endpoint(first, other));
        }
        if let Some(lack) = lack_of(&self.model, &self.provider, |window| read.needs(line, window))
        {
            return Err(refusal::incapable(&self.model.name, &lack));
        }
        let edits = inner.proxy.providers.batch_edits(&self.provider, &self.model, read);
        self.bytes += read.rewrite(line, &edits).len() as u64;
        let output_tokens = match read.endpoint.dialect() {
            Dialect::OpenAiEmbeddings => 0,
            _ => most_output_tokens(&read.facts, &self.model),
        };
        self.work.add(most_input_tokens(read.body_bytes()), output_tokens);
        Ok(())
    }
}

/// What the provider of a batch lacks for one of its requests.
pub(super) fn lack_of(
    model: &Model,
    provider: &str,
    needs: impl FnOnce(Option<i64>) -> RequestNeeds,
) -> Option<Lack> {
    let able = &model.deployments.iter().find(|it| it.provider == provider)?.capabilities;
    let lack = able.are_known().then(|| able.lacks(&needs(able.context_tokens))).flatten();
    lack.filter(|lack| !lack.is_bearable())
}

/// The most answer tokens of a request: its own limit, or the model's, for each answer.
pub(super) fn most_output_tokens(facts: &RequestFacts, model: &Model) -> i64 {
    let limit = facts.output_limit.unwrap_or(model.max_output_tokens);
    limit.saturating_mul(facts.choices.max(1))
}

pub(super) fn is_blank(line: &[u8]) -> bool {
    line.trim_ascii().is_empty()
}

fn problem_of(refusal: &Refusal) -> Problem {
    Problem::new(refusal.code(), refusal.public_detail()).at("model")
}

fn plain(refusal: Refusal) -> Problem {
    match refusal {
        Refusal::Edge(problem) => problem,
        other => Problem::new(other.code(), other.public_detail()).at("file"),
    }
}

fn at_line(number: u64, mut problem: Problem) -> Problem {
    problem.detail = format!("Line {number}: {}", problem.detail);
    problem
}

fn unread(read: u64, error: &std::io::Error) -> Problem {
    let told = error.get_ref().and_then(|error| error.downcast_ref::<WireError>());
    if let Some(error) = told {
        return refusal::line(read + 1, error);
    }
    tracing::error!(%error, "an upload cannot be read again");
    let detail = "The gateway cannot read the upload at the moment; try again.";
    Problem::new(ProblemCode::Internal, detail)
}

/// The lines of a text as it comes, none longer than `limit_bytes`.
pub(super) fn lines_of<E: Send + 'static>(
    chunks: impl Stream<Item = Result<Bytes, E>> + Send + Unpin + 'static,
    limit_bytes: usize,
    too_long: fn(WireError) -> E,
) -> BoxStream<'static, Result<Bytes, E>> {
    let start = (Some(chunks), Lines::new(limit_bytes), VecDeque::new());
    stream::try_unfold(start, move |(mut chunks, mut lines, mut ready)| async move {
        loop {
            if let Some(line) = ready.pop_front() {
                return Ok::<_, E>(Some((line, (chunks, lines, ready))));
            }
            let Some(more) = &mut chunks else { return Ok(None) };
            if let Some(chunk) = more.try_next().await? {
                ready.extend(lines.push(chunk).map_err(too_long)?);
            } else {
                ready.extend(lines.finish());
                chunks = None;
            }
        }
    })
    .boxed()
}
