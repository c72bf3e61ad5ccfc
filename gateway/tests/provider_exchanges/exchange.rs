//! What is recorded of a provider, as it is written in its file.

use std::{collections::BTreeMap, fs, path::Path, sync::LazyLock};

use gateway::kernel::config::{Aws, Google};
use serde::Deserialize;
use serde_json::Value;
use shared::receipt::{self, Receipt, TokenCounts};

/// Every file, by its name.
pub(crate) static CASES: LazyLock<Vec<Case>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/provider_exchanges/recorded");
    let mut files: Vec<_> =
        fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| read(file)).collect()
});

fn read(file: &Path) -> Case {
    let text = fs::read_to_string(file).unwrap();
    let case: Case =
        serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    Case { name: file.file_stem().unwrap().to_str().unwrap().to_owned(), ..case }
}

/// One provider.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    /// The name of the file.
    #[serde(skip)]
    pub(crate) name: String,
    /// Where its vendor shows these exchanges.
    pub(crate) source: String,
    /// Where it is, by its configuration without a `base_url`; none where customers have their own.
    #[serde(default)]
    pub(crate) address: Option<String>,
    /// What stands in the address in place of the vendor's host, before the path of a request.
    #[serde(default)]
    pub(crate) path: String,
    /// Its configuration, but for `base_url`. `{server}` stands for the address of the replay.
    pub(crate) config: Value,
    /// Whether `base_url` is left out, because somebody else names the address.
    #[serde(default)]
    pub(crate) is_led: bool,
    /// What the vendor calls the model.
    pub(crate) model: String,
    /// By which API it is asked, where that has to be said.
    #[serde(default)]
    pub(crate) api: Option<String>,
    /// What hands out its tokens.
    #[serde(default)]
    pub(crate) tokens: Vec<Exchange>,
    pub(crate) calls: Vec<Call>,
}

/// One call of a client's.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Call {
    pub(crate) asks: Asks,
    /// The vendor's name of another model than the usual one.
    #[serde(default)]
    pub(crate) model: Option<String>,
    /// Members of the client's body beside the usual ones.
    #[serde(default)]
    pub(crate) with: BTreeMap<String, Value>,
    /// The header that opens the provider, as it has to arrive; `*` stands for any text.
    #[serde(default)]
    pub(crate) shows: Option<String>,
    /// Members that the body has to have as it arrives.
    #[serde(default)]
    pub(crate) sent: BTreeMap<String, Value>,
    /// Members that it may not have.
    #[serde(default)]
    pub(crate) unsent: Vec<String>,
    pub(crate) exchanges: Vec<Exchange>,
    pub(crate) outcome: Outcome,
}

/// What a client asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Asks {
    Chat,
    Stream,
    Messages,
    MessagesStream,
    Embeddings,
    Rerank,
    Images,
}

/// A request that arrives, and its answer.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Exchange {
    /// Method and path: `POST /v1/chat/completions`.
    pub(crate) request: String,
    #[serde(default = "ok")]
    pub(crate) status: u16,
    /// Headers of the answer; JSON if no `content-type` is among them.
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) body: String,
    /// In place of a body: events of Amazon's, each its type and its payload.
    #[serde(default)]
    pub(crate) frames: Vec<(String, String)>,
}

const fn ok() -> u16 {
    200
}

/// What the client and the record show.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Outcome {
    /// An answer.
    Answer {
        /// What has to be in it.
        says: String,
        /// Tokens by class.
        #[serde(default)]
        tokens: BTreeMap<String, i64>,
        /// Whether they are estimated, because the provider tells none; then only that there are some counts.
        #[serde(default)]
        is_estimated: bool,
    },
    /// An error.
    Failure {
        status: u16,
        /// In OpenAI's words, or in Anthropic's.
        r#type: String,
        #[serde(default)]
        code: Option<String>,
        /// What has to be in the message.
        says: String,
        #[serde(default)]
        retry_after: Option<u32>,
    },
}

impl Case {
    pub(crate) fn kind(&self) -> &str {
        self.config["kind"].as_str().unwrap()
    }

    pub(crate) fn aws(&self) -> Option<Aws> {
        self.config.get("aws").map(|aws| serde_json::from_value(aws.clone()).unwrap())
    }

    pub(crate) fn google(&self) -> Option<Google> {
        self.config.get("google").map(|google| serde_json::from_value(google.clone()).unwrap())
    }

    /// What nobody but the provider may see.
    pub(crate) fn secrets(&self) -> Vec<&str> {
        let aws = self.config.get("aws").and_then(|aws| aws["secret_access_key"].as_str());
        self.config["api_key"].as_str().into_iter().chain(aws).collect()
    }
}

impl Call {
    /// What of a record is not as it should be.
    pub(crate) fn wrong_record(&self, record: &Receipt) -> Vec<String> {
        let mut wrong = Vec::new();
        match &self.outcome {
            Outcome::Answer { tokens, is_estimated, .. } => {
                let expected: TokenCounts = {
                    let mut all = serde_json::to_value(TokenCounts::default()).unwrap();
                    for (class, count) in tokens {
                        assert!(all.get(class).is_some(), "there is no class `{class}`");
                        all[class] = (*count).into();
                    }
                    serde_json::from_value(all).unwrap()
                };
                if record.outcome != receipt::Outcome::Finished {
                    wrong.push(format!("the record says {:?}", record.outcome));
                }
                if record.is_estimated != *is_estimated {
                    wrong.push(format!("is_estimated is {}", record.is_estimated));
                }
                if !is_estimated && record.tokens != expected {
                    wrong.push(format!("{:?} is not {expected:?}", record.tokens));
                }
            }
            Outcome::Failure { .. } => {
                if record.outcome != receipt::Outcome::UpstreamFailed
                    && record.outcome != receipt::Outcome::Refused
                {
                    wrong.push(format!("the record says {:?}", record.outcome));
                }
                if record.tokens.total() != 0 {
                    wrong.push(format!("a call that failed has {:?}", record.tokens));
                }
            }
        }
        wrong
    }
}
