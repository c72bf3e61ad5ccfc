//! Several nodes on one database: together they never spend more than the limit, and they can
//! spend nearly all of it, also when one of them dies in the middle.

use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

use sqlx::{AssertSqlSafe, Connection, Executor, MySqlConnection, PgConnection};
use tokio::task::JoinSet;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::*;
use crate::storage::tables::{
    budget_leases,
    budget_windows::{Settlement, WindowKey},
};

/// One dollar.
const LIMIT: Money = Money::from_dollars(1);
const CALLERS: usize = 1_000;
const WINDOW_START: i64 = 0;

struct Node {
    budgets: Arc<Budgets>,
    counter: Arc<Counter>,
    id: NodeId,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Node {
    /// A node as it starts: everything that it had recorded is in the ledger.
    async fn start(database: &Database, number: u128) -> Self {
        let id = Id::from_uuid(Uuid::from_u128(number));
        let mut config = config::Config::default();
        config.proxy.budget_wait_ms = 1_500;
        let clock = Clock::system();
        let (sender, _) = EventSender::channel();
        let budgets = Budgets::open(&config, database, id, clock, sender).await.unwrap();
        let rule = config::Budget {
            level: BudgetLevel::Instance,
            name: None,
            limit: LIMIT,
            period: BudgetPeriod::Month,
            mode: shared::view::spend::BudgetMode::Hard,
            time_zone: "UTC".to_owned(),
            thresholds_percent: Vec::new(),
        };
        let budget = budget_id(BudgetLevel::Instance, BudgetPeriod::Month, "");
        let settled = |start| budgets.settled_in(budget, start);
        let now = budgets.clock.now();
        let counter = Arc::new(Counter::new(budget, EVERYONE, &rule, true, now, settled));
        budgets
            .counters
            .write()
            .unwrap()
            .insert((BudgetLevel::Instance, String::new()), vec![Arc::clone(&counter)]);
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        Self { budgets: Arc::new(budgets), counter, id, stop, tasks }
    }

    fn keep_in_step(&self) {
        let (budgets, stop) = (Arc::clone(&self.budgets), self.stop.clone());
        self.tasks.spawn(async move {
            let pause = Duration::from_millis(40);
            while stop.run_until_cancelled(tokio::time::sleep(pause)).await.is_some() {
                budgets.refresh().await.unwrap();
            }
        });
    }
}

/// What the ledger does: the bills of ended calls, some time later.
struct Ledger {
    database: Database,
    settled: AtomicI64,
}

impl Ledger {
    async fn settle(&self, node: &Node, cost: Money) {
        let window = node.counter.lock_any().current.window.start.micros();
        let key = WindowKey { budget_id: node.counter.id.uuid(), start_at: window };
        let settlement = Settlement { leased_nanos: cost.nanos(), free_nanos: 0 };
        loop {
            let mut tx = self.database.begin().await.unwrap();
            // A deadlock with another node's bill is tried again, as a batch is.
            if budget_windows::settle(&mut tx, node.id.uuid(), key, settlement).await.is_ok()
                && tx.commit().await.is_ok()
            {
                break;
            }
        }
        self.settled.fetch_add(cost.nanos(), Ordering::Relaxed);
    }
}

/// One call: sets a tenth of a cent aside, lasts a moment, costs half of that or all of it.
async fn call(node: Arc<Node>, ledger: Arc<Ledger>, number: usize) -> bool {
    let needs = Needs::exactly(Money::from_nanos(1_000_000));
    let counters = [Arc::clone(&node.counter)];
    let Ok(held) = node.budgets.hold(&counters, &needs, node.budgets.wait).await else {
        return false;
    };
    let reservation = Reservation::new(Arc::clone(&node.budgets), held.holds, held.amount);
    tokio::time::sleep(Duration::from_millis(u64::try_from(number % 20).unwrap())).await;
    if node.stop.is_cancelled() {
        std::mem::forget(reservation); // the process is gone: nobody gives it back
        return false;
    }
    let cost = Money::from_nanos(if number.is_multiple_of(2) { 500_000 } else { 1_000_000 });
    reservation.settle(cost);
    ledger.settle(&node, cost).await;
    true
}

/// So many callers for all nodes in turn, one of which dies where it says so.
async fn storm(nodes: &[Arc<Node>], ledger: &Arc<Ledger>, dies: Option<&Arc<Node>>) -> usize {
    let mut calls = JoinSet::new();
    let answered = Arc::new(AtomicUsize::new(0));
    for number in 0..CALLERS {
        let node = Arc::clone(&nodes[number % nodes.len()]);
        let (ledger, answered, dies) =
            (Arc::clone(ledger), Arc::clone(&answered), dies.map(Arc::clone));
        calls.spawn(async move {
            if call(node, ledger, number).await
                && answered.fetch_add(1, Ordering::Relaxed) == CALLERS / 4
                && let Some(dies) = dies
            {
                dies.stop.cancel();
            }
        });
    }
    while let Some(ended) = calls.join_next().await {
        ended.unwrap();
    }
    answered.load(Ordering::Relaxed)
}

async fn the_dollar_is_never_overspent_and_nearly_all_of_it_is_usable(database: Database) {
    let ledger = Arc::new(Ledger { database: database.clone(), settled: AtomicI64::new(0) });
    let mut nodes = Vec::new();
    for number in 1..=3 {
        nodes.push(Arc::new(Node::start(&database, number).await));
    }
    for node in &nodes {
        node.keep_in_step();
    }
    let dead = nodes.pop().unwrap();
    let all = [Arc::clone(&nodes[0]), Arc::clone(&nodes[1]), Arc::clone(&dead)];
    storm(&all, &ledger, Some(&dead)).await;
    dead.stop.cancel();
    // While it is gone, what it had counts as used.
    storm(&nodes, &ledger, None).await;
    let settled = ledger.settled.load(Ordering::Relaxed);
    assert!(settled <= LIMIT.nanos(), "{settled}");
    // It comes back; its journal had no more bills.
    let back = Arc::new(Node::start(&database, 3).await);
    back.keep_in_step();
    nodes.push(back);
    while storm(&nodes, &ledger, None).await > 0 {}
    let settled = ledger.settled.load(Ordering::Relaxed);
    assert!(settled <= LIMIT.nanos(), "{settled}");
    assert!(settled * 100 >= LIMIT.nanos() * 95, "only {settled} could be used");

    for node in &nodes {
        // As a gateway stops: what is given back at this moment must not be given back twice.
        node.stop.cancel();
        node.tasks.close();
        node.tasks.wait().await;
        node.budgets.release().await.unwrap();
    }
    assert_eq!(budget_leases::list_open(&database).await.unwrap(), [], "nothing is leased at rest");
    let rows = budget_windows::list_since(&database, Uuid::nil(), WINDOW_START).await.unwrap();
    assert_eq!((rows[0].spent_nanos, rows[0].leased_nanos), (settled, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn three_nodes_on_postgresql_share_a_dollar() {
    let server = server("HELIX_TEST_POSTGRES_URL");
    let name = fresh_name();
    let mut connection = PgConnection::connect(&server).await.unwrap();
    connection.execute(AssertSqlSafe(format!("CREATE DATABASE {name}"))).await.unwrap();
    the_dollar_is_never_overspent_and_nearly_all_of_it_is_usable(open(&server, &name).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn three_nodes_on_mariadb_share_a_dollar() {
    let server = server("HELIX_TEST_MYSQL_URL");
    let name = fresh_name();
    let mut connection = MySqlConnection::connect(&server).await.unwrap();
    connection.execute(AssertSqlSafe(format!("CREATE DATABASE {name}"))).await.unwrap();
    the_dollar_is_never_overspent_and_nearly_all_of_it_is_usable(open(&server, &name).await).await;
}

async fn open(server: &str, name: &str) -> Database {
    let (base, _) = server.rsplit_once('/').unwrap();
    Database::open(&format!("{base}/{name}")).await.unwrap()
}

fn server(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| {
        panic!("{variable} is not set: run this as `scripts/with-databases cargo test`")
    })
}

fn fresh_name() -> String {
    let id = crate::kernel::Ids::random().next::<shared::id::Node>(Clock::system().now());
    format!("cluster_{}", id.uuid().simple())
}
