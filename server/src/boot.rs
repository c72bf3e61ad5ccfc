//! From a configuration to a gateway that serves, and to its orderly end.

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use gateway::{
    Gateway,
    kernel::{Clock, Ids, config::Config},
};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};
use tokio_util::sync::CancellationToken;

use crate::{
    cli::{Serve, say},
    listen, log,
    surfaces::{self, App, Metrics},
};

/// How often metrics are tidied.
const METRICS_UPKEEP: Duration = Duration::from_secs(5);
/// How long calls that were cut at the deadline may take to be recorded.
const RECORDING_GRACE: Duration = Duration::from_secs(2);

/// Runs the gateway until it is told to stop.
pub(crate) async fn serve(arguments: &Serve) -> anyhow::Result<()> {
    let mut config = arguments.config.load()?;
    if arguments.demo {
        gateway::admin::demo::add_to(&mut config);
    }
    log::start(&config.log)?;
    let metrics = Metrics::start()?;
    let listener = TcpListener::bind(&config.server.listen)
        .await
        .with_context(|| format!("server.listen: cannot listen on {}", config.server.listen))?;
    let opened = Gateway::open(&config, Clock::system(), Ids::random()).await?;
    if opened.recovered_calls > 0 {
        tracing::warn!(
            calls = opened.recovered_calls,
            "calls that a crash had cut off are recorded with all that was reserved for them"
        );
    }
    let gateway = opened.gateway;
    announce(&gateway, &config, &listener, arguments.demo).await?;
    run(gateway, &config, listener, metrics).await
}

async fn announce(
    gateway: &Arc<Gateway>,
    config: &Config,
    listener: &TcpListener,
    is_demo: bool,
) -> anyhow::Result<()> {
    let listening = format!("http://{}", listener.local_addr()?);
    let first_run = gateway::admin::first_run(&gateway.database, &gateway.users).await?;
    if is_demo && first_run.is_some() {
        gateway::admin::demo::add_samples(gateway).await?;
    }
    say(&format!("listening on {listening}"));
    if let Some(first_run) = first_run {
        let public =
            config.server.public_url.as_ref().map_or(listening, |url| url.as_str().to_owned());
        let public = public.trim_end_matches('/');
        say(&format!("sign in once at {public}/sign-in/once?token={}", first_run.token));
    }
    Ok(())
}

async fn run(
    gateway: Arc<Gateway>,
    config: &Config,
    listener: TcpListener,
    metrics: Metrics,
) -> anyhow::Result<()> {
    let stop = CancellationToken::new();
    gateway.tasks.spawn(tidy(metrics.clone(), stop.clone()));
    tokio::spawn(stop_on_signal(stop.clone()));
    tokio::spawn(stop_when_adopted(Arc::clone(&gateway), stop.clone()));
    let app = App {
        gateway: Arc::clone(&gateway),
        body_limit_bytes: config.server.body_limit_bytes,
        upload_limit_bytes: config.server.upload_limit_bytes,
        public_url: config.server.public_url.as_ref().map(|url| url.as_str().into()),
        upload_directory: config.data.directory.as_path().into(),
    };
    let front = surfaces::front(app, metrics);
    let drain = Duration::from_secs(config.server.shutdown_seconds);
    let sessions = async {
        stop.cancelled().await;
        gateway.proxy.sessions.end(drain).await;
        Ok(())
    };
    let (lanes, ()) =
        tokio::try_join!(listen::serve(listener, front, stop.clone(), drain), sessions)?;
    gateway.begin_stop();
    if !lanes.all_ended {
        tracing::warn!(
            "calls that were still under way at the deadline are recorded as interrupted"
        );
    }
    let closed = tokio::time::timeout(drain + RECORDING_GRACE, gateway.close()).await;
    if closed.is_err() {
        tracing::warn!("the database did not take every record; the journal keeps them");
    }
    lanes.end().await;
    anyhow::ensure!(
        !gateway.is_adopted.is_cancelled(),
        "this node was not heard of for so long that another one has taken over its calls; start \
         it again, and it goes on as a new one"
    );
    Ok(())
}

/// A node that another one has taken over can keep no record: whoever restarts processes restarts it.
async fn stop_when_adopted(gateway: Arc<Gateway>, stop: CancellationToken) {
    if stop.run_until_cancelled(gateway.is_adopted.cancelled()).await.is_some() {
        tracing::error!("another node has taken over the calls of this one, which was silent");
        stop.cancel();
    }
}

async fn tidy(metrics: Metrics, stop: CancellationToken) {
    while stop.run_until_cancelled(tokio::time::sleep(METRICS_UPKEEP)).await.is_some() {
        metrics.tidy();
    }
}

async fn stop_on_signal(stop: CancellationToken) {
    let (Ok(mut terminate), Ok(mut interrupt)) =
        (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        tracing::error!("signals cannot be received; stop the process by force");
        return;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("stopping: requests under way may end");
    stop.cancel();
}
