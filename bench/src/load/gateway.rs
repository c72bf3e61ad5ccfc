//! The gateway under test: its own directory, everything on, one key.

use std::{
    fs, io,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
};

use super::{
    call::{Target, Through},
    child::{Child, ChildError},
    scenario::{GATEWAY_TAG, OTHER_TAG, Workload},
    translation::models as translated,
};

/// Dollars per million tokens, as the configuration writes them, and nano-dollars per token.
pub(super) const INPUT_PRICE: (&str, u64) = ("0.15", 150);
pub(super) const OUTPUT_PRICE: (&str, u64) = ("0.60", 600);

const CONFIGURATION_FILE: &str = "gateway.yaml";

/// The gateway could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// Its directory could not be written.
    #[error("cannot write the gateway's configuration: {0}")]
    Unwritable(#[source] io::Error),
    /// `keys create` could not be run.
    #[error("cannot run `{program} keys create`: {source}")]
    Unrunnable {
        /// The gateway's binary.
        program: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// `keys create` did not print a key.
    #[error("`keys create` printed no key that starts with `hx_`; it said:\n{said}")]
    NoKey {
        /// What it wrote to standard error.
        said: String,
    },
    /// It did not start.
    #[error(transparent)]
    Child(#[from] ChildError),
}

/// A gateway that serves the fake provider's models.
#[derive(Debug)]
pub(super) struct Gateway {
    through: Through,
    child: Child,
    address: SocketAddr,
    key: String,
}

impl Gateway {
    /// Writes the configuration into `directory`, makes a key, and starts the gateway there.
    pub(super) async fn start(
        through: Through,
        binary: &Path,
        directory: &Path,
        provider: SocketAddr,
        workloads: &[Workload],
        core: Option<usize>,
    ) -> Result<Self, GatewayError> {
        let home = directory.join(through.to_string().replace(' ', "-"));
        fs::create_dir_all(&home).map_err(GatewayError::Unwritable)?;
        fs::write(home.join(CONFIGURATION_FILE), configuration(through, provider, workloads))
            .map_err(GatewayError::Unwritable)?;
        let binary = fs::canonicalize(binary).unwrap_or_else(|_| binary.to_owned());
        let key = create_key(&binary, &home)?;
        let mut command = command(&binary, &home);
        command.args(["serve", "--config", CONFIGURATION_FILE]);
        let mut child = Child::start(&through.to_string(), command, directory, core)?;
        let address = child.address().await?;
        Ok(Self { through, child, address, key })
    }

    pub(super) fn target(&self) -> Target {
        Target {
            through: self.through,
            address: self.address,
            key: self.key.clone(),
            pid: Some(self.child.pid()),
        }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(super) fn key(&self) -> &str {
        &self.key
    }

    pub(super) async fn stop(self) -> Result<(), ChildError> {
        self.child.stop().await
    }
}

fn command(binary: &PathBuf, home: &Path) -> Command {
    let mut command = Command::new(binary);
    command.current_dir(home).env("HELIX__SERVER__LISTEN", "127.0.0.1:0");
    command
}

fn create_key(binary: &PathBuf, home: &Path) -> Result<String, GatewayError> {
    let output = command(binary, home)
        .args(["keys", "create", "--config", CONFIGURATION_FILE, "--name", "bench"])
        .output()
        .map_err(|source| GatewayError::Unrunnable {
            program: binary.display().to_string(),
            source,
        })?;
    let stdout = String::from_utf8_lossy(&output.stdout);
    let key = stdout.lines().map(str::trim).find(|line| line.starts_with("hx_"));
    key.map(str::to_owned).ok_or_else(|| GatewayError::NoKey {
        said: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}

fn configuration(through: Through, provider: SocketAddr, workloads: &[Workload]) -> String {
    let (tag, durability) = match through {
        Through::Strict => (OTHER_TAG, "strict"),
        Through::InMemory => (OTHER_TAG, "group"),
        _ => (GATEWAY_TAG, "group"),
    };
    let (input, _) = INPUT_PRICE;
    let (output, _) = OUTPUT_PRICE;
    let models: Vec<String> = workloads
        .iter()
        .map(|workload| {
            format!(
                "  - name: \"{}\"\n    price: {{ input: \"{input}\", output: \"{output}\" }}\n    \
                 backends: [ {{ provider: fake, model: \"{},{tag}\" }} ]\n",
                workload.gateway_model, workload.upstream_model
            )
        })
        .collect();
    let models = models.concat() + &translated::models(tag);
    let providers = translated::providers(provider);
    format!(
        "server: {{ listen: \"127.0.0.1:0\" }}\n\
         data: {{ directory: ./data }}\n\
         records: {{ durability: {durability} }}\n\
         providers:\n  \
           fake: {{ kind: openai, base_url: \"http://{provider}/v1\", api_key: \"sk-fake\" }}\n\
         {providers}\
         models:\n{models}\
         budgets:\n  \
           - {{ level: instance, limit: \"1000000\", mode: hard }}\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configuration_names_provider_prices_models_and_a_hard_budget() {
        let text =
            configuration(Through::Gateway, "127.0.0.1:9".parse().unwrap(), &[Workload::plain()]);
        let begin = "\
server: { listen: \"127.0.0.1:0\" }
data: { directory: ./data }
records: { durability: group }
providers:
  fake: { kind: openai, base_url: \"http://127.0.0.1:9/v1\", api_key: \"sk-fake\" }
  openai-chat: { kind: openai, base_url: \"http://127.0.0.1:9/v1\", api_key: \"sk-fake\" }
";
        let models = "
models:
  - name: \"fake-model\"
    price: { input: \"0.15\", output: \"0.60\" }
    backends: [ { provider: fake, model: \"fake@input_tokens=250,output_tokens=50,tag=gateway\" } ]
  - name: \"openai-chat\"
";
        let end = "
budgets:
  - { level: instance, limit: \"1000000\", mode: hard }
";
        assert!(text.starts_with(begin) && text.contains(models) && text.ends_with(end), "{text}");
    }
}
