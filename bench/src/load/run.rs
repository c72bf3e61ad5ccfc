//! The run: everything started, every phase at every target in turns, everything stopped.

use std::{
    io::{self, Write, stderr},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

use super::{
    call::{Target, Through},
    child::{Child, ChildError},
    gateway::{Gateway, GatewayError},
    goals,
    ledger_check::{LedgerError, ledger_matches},
    plan::Plan,
    process::{Process, ProcessError},
    report::{Machine, Memory, Phase, Report, Rounds},
    scenario::{Scenario, Workload},
    soak,
    stage::{self, StageError},
    translation::{self, Broken, Group, Translation},
};

/// The core of what is measured; the load and the fake provider are on [`LOAD_CORE`].
const TARGET_CORE: usize = 0;
/// The core of the load and the fake provider.
pub const LOAD_CORE: usize = 1;
/// What the direct way and the bare proxies are called with.
const KEY: &str = "sk-bench";
/// Where Linux has a file system without a disk.
const MEMORY: &str = "/dev/shm";

/// What to run.
#[derive(Debug, Clone)]
pub struct Options {
    /// The gateway's binary; left out, only the yardsticks are measured.
    pub gateway_binary: Option<PathBuf>,
    /// Where the programs of this crate are.
    pub programs: PathBuf,
    /// How long and how often.
    pub plan: Plan,
    /// Only the phases with this in their name, and no soak.
    pub only: Option<String>,
    /// Whether targets get a core of their own.
    pub is_pinned: bool,
    /// How many cores there are.
    pub cores: usize,
}

/// Why there are no figures.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// A directory or the progress could not be written.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// A program did not start or end.
    #[error(transparent)]
    Child(#[from] ChildError),
    /// The gateway could not be set up.
    #[error(transparent)]
    Gateway(#[from] GatewayError),
    /// A process could not be observed.
    #[error(transparent)]
    Process(#[from] ProcessError),
    /// A phase could not be run.
    #[error("{scenario}, {target}: {source}")]
    Stage {
        /// Which phase.
        scenario: String,
        /// At which target.
        target: Through,
        /// Why.
        #[source]
        source: StageError,
    },
    /// The books could not be compared.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// Runs everything; programs that were started are stopped again, also when this is dropped.
///
/// # Errors
/// When something cannot be started, observed or stopped. Calls that fail are figures.
pub async fn run(options: &Options) -> Result<Report, LoadError> {
    let load_before = load_average();
    let directory = tempfile::Builder::new().prefix("helix-bench-").tempdir()?;
    let memory = tempfile::Builder::new().prefix("helix-bench-").tempdir_in(MEMORY).ok();
    let field =
        Field::set_up(options, directory.path(), memory.as_ref().map(TempDir::path)).await?;
    let idle = field.memory()?;
    let scenarios = scenarios(options.only.as_deref());
    let phases = rounds(&field.targets(), &scenarios, &options.plan).await?;
    let groups = Group::wanted(options.only.as_deref());
    let translations = translated(&field.targets(), &groups, &options.plan).await?;
    let soak = match options.only {
        Some(_) => None,
        None => soaked(&field, &options.plan).await?,
    };
    let ledger = match &field.gateway {
        Some(gateway) => {
            progress("comparing the gateway's figures with the provider's bill")?;
            Some(ledger_matches(&gateway.url(), gateway.key(), field.provider_address).await?)
        }
        None => None,
    };
    let memory = idle
        .into_iter()
        .map(|(target, idle_kb)| {
            let in_phases =
                phases.iter().filter_map(|phase| phase.of(target)?.median.peak_memory_kb);
            let in_soak = soak.iter().filter(|soak| soak.target == target);
            let in_soak = in_soak.filter_map(|soak| soak.figures.peak_memory_kb);
            let in_translations = translations.iter().filter_map(|part| part.peak_kb(target));
            let peak_kb = in_phases.chain(in_soak).chain(in_translations).max();
            let peak_kb = peak_kb.unwrap_or(idle_kb);
            Memory { target, idle_kb, peak_kb }
        })
        .collect();
    field.take_down().await?;
    let mut report = Report {
        machine: machine(options, load_before),
        plan: options.plan,
        phases,
        translations,
        memory,
        soak,
        ledger,
        goals: Vec::new(),
    };
    report.goals = goals::judge(&report);
    Ok(report)
}

/// Everything that is running.
struct Field {
    provider: Child,
    provider_address: SocketAddr,
    proxies: Vec<(Through, Child, SocketAddr)>,
    gateway: Option<Gateway>,
    /// Gateways of other durability, for a few phases.
    others: Vec<Gateway>,
}

impl Field {
    /// `memory` is a directory that is on no disk, where there is one.
    async fn set_up(
        options: &Options,
        directory: &Path,
        memory: Option<&Path>,
    ) -> Result<Self, LoadError> {
        let core = |core: usize| options.is_pinned.then_some(core);
        let program = |name: &str| Command::new(options.programs.join(name));
        let fake = program("fake-provider");
        let mut provider = Child::start("fake-provider", fake, directory, core(LOAD_CORE))?;
        let provider_address = provider.address().await?;
        let mut proxies = Vec::new();
        for through in [Through::Bare, Through::BareWork] {
            let mut command = program("bare-proxy");
            command.args(["--upstream", &format!("http://{provider_address}"), "--key", KEY]);
            if through == Through::BareWork {
                command.arg("--work");
            }
            let name = through.to_string();
            let mut proxy = Child::start(&name, command, directory, core(TARGET_CORE))?;
            let address = proxy.address().await?;
            proxies.push((through, proxy, address));
        }
        let workloads = Workload::all(options.plan.paced);
        let (mut gateway, mut others) = (None, Vec::new());
        if let Some(binary) = &options.gateway_binary {
            let start = async |through, directory| {
                let core = core(TARGET_CORE);
                Gateway::start(through, binary, directory, provider_address, &workloads, core).await
            };
            gateway = Some(start(Through::Gateway, directory).await?);
            others.push(start(Through::Strict, directory).await?);
            if let Some(memory) = memory {
                others.push(start(Through::InMemory, memory).await?);
            }
        }
        Ok(Self { provider, provider_address, proxies, gateway, others })
    }

    fn targets(&self) -> Vec<Target> {
        let key = KEY.to_owned();
        let direct = Target {
            through: Through::Direct,
            address: self.provider_address,
            key: key.clone(),
            pid: None,
        };
        let proxies = self.proxies.iter().map(|(through, child, address)| Target {
            through: *through,
            address: *address,
            key: key.clone(),
            pid: Some(child.pid()),
        });
        let gateways = self.gateway.iter().chain(&self.others).map(Gateway::target);
        std::iter::once(direct).chain(proxies).chain(gateways).collect()
    }

    fn memory(&self) -> Result<Vec<(Through, u64)>, ProcessError> {
        let processes = self.targets().into_iter().filter_map(|target| {
            let process = Process::new(target.pid?);
            Some(process.memory_kb().map(|kilobytes| (target.through, kilobytes)))
        });
        processes.collect()
    }

    async fn take_down(self) -> Result<(), ChildError> {
        for gateway in self.gateway.into_iter().chain(self.others) {
            gateway.stop().await?;
        }
        for (_, proxy, _) in self.proxies {
            proxy.stop().await?;
        }
        self.provider.stop().await
    }
}

fn is_of_other_durability(through: Through) -> bool {
    matches!(through, Through::Strict | Through::InMemory)
}

fn takes_part(through: Through, scenario: Scenario) -> bool {
    !is_of_other_durability(through) || scenario.compares_durability()
}

fn scenarios(only: Option<&str>) -> Vec<Scenario> {
    let is_wanted =
        |scenario: &Scenario| only.is_none_or(|text| scenario.to_string().contains(text));
    Scenario::ALL.into_iter().filter(is_wanted).collect()
}

/// Every phase at every target, so often. Targets take turns within a phase, and who begins
/// changes from round to round, so that a drift of the machine falls on all of them.
async fn rounds(
    targets: &[Target],
    scenarios: &[Scenario],
    plan: &Plan,
) -> Result<Vec<Phase>, LoadError> {
    let mut figures = vec![Rounds::new(); scenarios.len()];
    for round in 0..plan.rounds {
        for (&scenario, rounds) in scenarios.iter().zip(&mut figures) {
            let targets: Vec<&Target> =
                targets.iter().filter(|target| takes_part(target.through, scenario)).collect();
            let turns = targets.iter().cycle().skip(round % targets.len().max(1));
            for target in turns.take(targets.len() * scenario.turns() as usize) {
                let through = target.through;
                let measured = stage::run(target, scenario, plan).await.map_err(|source| {
                    LoadError::Stage { scenario: scenario.to_string(), target: through, source }
                })?;
                progress(&format!(
                    "round {}/{}  {scenario:<28}  {through:<9}  {:>8.0} {}/s  {} errors",
                    round + 1,
                    plan.rounds,
                    measured.per_second,
                    scenario.unit(),
                    measured.errors,
                ))?;
                rounds.entry(through).or_default().push(measured);
            }
        }
    }
    let phases = scenarios.iter().zip(&figures);
    Ok(phases.map(|(&scenario, rounds)| Phase::new(scenario, rounds)).collect())
}

/// What each pair of dialects costs.
async fn translated(
    targets: &[Target],
    groups: &[Group],
    plan: &Plan,
) -> Result<Vec<Translation>, LoadError> {
    translation::run(targets, groups, plan, |turn| Ok(progress(&turn.to_string())?)).await
}

impl From<Broken> for LoadError {
    fn from(Broken { group, way, source }: Broken) -> Self {
        Self::Stage { scenario: format!("{group}, {way}"), target: way.through(), source }
    }
}

/// Soaks the gateway, as most people run it, or else the working bare proxy.
async fn soaked(field: &Field, plan: &Plan) -> Result<Option<soak::Soak>, LoadError> {
    let targets = field.targets();
    let is_soaked = |target: &&Target| !is_of_other_durability(target.through);
    let Some(target) = targets.iter().rfind(is_soaked) else { return Ok(None) };
    progress(&format!("soaking {} for {} seconds", target.through, plan.soak.as_secs()))?;
    soak::run(target, plan).await.map_err(|source| LoadError::Stage {
        scenario: "soak".to_owned(),
        target: target.through,
        source,
    })
}

fn machine(options: &Options, load_before: f64) -> Machine {
    let description = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let processor = description
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map_or_else(|| "unknown".to_owned(), |(_, name)| name.to_owned());
    Machine { processor, cores: options.cores, is_pinned: options.is_pinned, load_before }
}

/// How many processes wanted a core in the last minute; none where the system does not say.
fn load_average() -> f64 {
    let averages = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    averages.split_whitespace().next().and_then(|load| load.parse().ok()).unwrap_or(0.0)
}

fn progress(line: &str) -> io::Result<()> {
    writeln!(stderr(), "{line}")
}
