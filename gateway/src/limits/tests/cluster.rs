//! Limits that two nodes count together in a real Redis, which `scripts/with-databases` has started.

use std::{env, time::Duration};

use redis::AsyncCommands;
use shared::Id;
use tokio::{task::JoinSet, time::timeout};
use uuid::Uuid;

use super::*;
use crate::kernel::{Ids, Secret};

/// How long what is told behind the calls may take.
const SOON: Duration = Duration::from_secs(10);

struct Nodes {
    limits: [Arc<Limits>; 2],
    prefix: String,
    stop: CancellationToken,
}

fn url() -> String {
    env::var("HELIX_TEST_REDIS_URL").expect("run this beside scripts/with-databases")
}

impl Nodes {
    async fn at(url: &str, limits: &str) -> Self {
        let limits: Vec<config::Limit> = serde_json::from_str(limits).unwrap();
        let prefix = format!("test-{:x}", u64::from_le_bytes(Ids::random().bytes()));
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let redis = config::Redis {
            url: Some(Secret::new(url)),
            prefix: prefix.clone(),
            timeout_ms: 1_000,
        };
        let mut nodes = Vec::new();
        for number in 0..2 {
            let mut node = Limits::new(&limits, Clock::system());
            let id = Id::from_uuid(Uuid::from_u128(number));
            node.cluster =
                Cluster::start(&redis, id, Clock::system(), &tasks, stop.clone()).await.unwrap();
            nodes.push(Arc::new(node));
        }
        let [one, two] = <[_; 2]>::try_from(nodes).unwrap_or_else(|_| unreachable!());
        Self { limits: [one, two], prefix, stop }
    }

    async fn new(limits: &str) -> Self {
        Self::at(&url(), limits).await
    }

    async fn call(&self, node: usize, tokens: i64) -> Result<Allowance, LimitRefusal> {
        call(&self.limits[node], EVERYONE, tokens).await
    }

    /// What is used of the only window by what the first node is told.
    async fn used(&self) -> i64 {
        let node = &self.limits[0];
        let subject = node.subjects.of(&node.rules, LimitLevel::Instance, "", String::new);
        let bound = count::bound(&[subject.clone().unwrap()], 0, Share::WHOLE);
        let cluster = node.cluster.as_ref().unwrap();
        let (answer, _) = cluster.count(&[subject.unwrap()], &bound).await.unwrap();
        answer.gauges[0].used
    }

    async fn until_used(&self, expected: i64) {
        let looking = async {
            while self.used().await != expected {
                tokio::task::yield_now().await;
            }
        };
        let told = timeout(SOON, looking).await;
        assert!(told.is_ok(), "{} are used, not {expected}", self.used().await);
    }
}

impl Drop for Nodes {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn call(
    node: &Arc<Limits>,
    of: &[(LimitLevel, &str)],
    tokens: i64,
) -> Result<Allowance, LimitRefusal> {
    let of = of.iter().filter_map(|(level, key)| {
        node.subjects.of(&node.rules, *level, key, || (*key).to_owned())
    });
    match node.count(&of.collect::<Vec<_>>(), tokens).await {
        Ok(Counted { holds, place, .. }) => {
            Ok(Allowance::new(Arc::clone(node), tokens).with(holds, place))
        }
        Err(refused) => Err(*refused.refusal),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_thousand_callers_of_two_nodes_as_many_are_let_in_as_the_limit_says() {
    let nodes = Nodes::new(
        r#"[{"level": "instance", "requests": 400, "concurrent": 350},
            {"level": "instance", "requests": 380, "per": "hour"},
            {"level": "user", "name": "*", "tokens": 3000, "per": "day"}]"#,
    )
    .await;
    let mut callers = JoinSet::new();
    for number in 0..1_000 {
        let node = Arc::clone(&nodes.limits[number % 2]);
        callers.spawn(async move {
            call(&node, &[(LimitLevel::Instance, ""), (LimitLevel::User, "ada")], 10).await
        });
    }
    let endings = callers.join_all().await;
    let let_in: Vec<_> = endings.into_iter().filter_map(Result::ok).collect();
    assert_eq!(let_in.len(), 300);
    assert!(nodes.limits.iter().all(|node| node.divided().is_none()));
    let of = [(LimitLevel::Instance, ""), (LimitLevel::User, "ada")];
    let refused = call(&nodes.limits[0], &of, 10).await.unwrap_err();
    assert_eq!((refused.level, refused.used), (LimitLevel::User, 3_000));
    assert!((86_000..=87_900).contains(&refused.retry_after().unwrap()));
    // Whoever was refused by one limit is counted at no other.
    let bob = [(LimitLevel::Instance, ""), (LimitLevel::User, "bob")];
    let mut rest = Vec::new();
    while let Ok(let_in) = call(&nodes.limits[1], &bob, 1).await {
        rest.push(let_in);
    }
    assert_eq!(rest.len(), 50, "until as many are under way as may be at once");
    let refused = call(&nodes.limits[1], &bob, 1).await.unwrap_err();
    assert_eq!((refused.measure, refused.wait), (LimitMeasure::Concurrent, Wait::ForCalls));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_call_of_one_node_has_used_is_known_to_the_other() {
    let nodes = Nodes::new(r#"[{"level": "instance", "tokens": 1000}]"#).await;
    let mut one = nodes.call(0, 700).await.unwrap();
    assert_eq!(nodes.call(1, 301).await.unwrap_err().used, 700);
    one.count(&used(800));
    nodes.until_used(800).await;
    one.extend(200).await.unwrap();
    assert!(one.extend(1).await.is_err());
    nodes.until_used(1_000).await;
    one.settle(&used(90));
    nodes.until_used(90).await;
    let larger = nodes.call(1, 1_001).await.unwrap_err();
    assert_eq!(larger.wait, Wait::ForEver);
    drop(nodes.call(1, 900).await.unwrap());
    nodes.until_used(90).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_is_free_for_the_other_node_when_its_call_ends_or_its_node_is_gone() {
    let nodes = Nodes::new(r#"[{"level": "instance", "concurrent": 2}]"#).await;
    let one = nodes.call(0, 0).await.unwrap();
    let other = nodes.call(1, 0).await.unwrap();
    assert!(nodes.call(1, 0).await.is_err());
    drop(one);
    let again = async {
        loop {
            if let Ok(call) = nodes.call(1, 0).await {
                return call;
            }
            tokio::task::yield_now().await;
        }
    };
    let again = timeout(SOON, again).await.unwrap();
    drop((other, again));
    // A node that has died said last when its places end; these ended a second ago.
    let client = redis::Client::open(url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let key = format!("{{{}:limits}}:instance::concurrent:now", nodes.prefix);
    let ended = Clock::system().now().plus_seconds(-1).micros();
    for number in 0..2 {
        let _: i64 = connection.zadd(&key, format!("dead:{number}"), ended).await.unwrap();
    }
    let calls = async {
        let mut calls = Vec::new();
        while calls.len() < 2 {
            calls.extend(nodes.call(0, 0).await.ok());
        }
        calls
    };
    let calls = timeout(SOON, calls).await.unwrap();
    assert!(nodes.call(0, 0).await.is_err());
    let members: i64 = connection.zcard(&key).await.unwrap();
    assert_eq!((members, calls.len()), (2, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_goes_away_before_the_answer_leaves_nothing_behind() {
    let nodes =
        Nodes::new(r#"[{"level": "instance", "tokens": 1000, "concurrent": 1, "per": "day"}]"#)
            .await;
    for _ in 0..50 {
        let asking = nodes.call(0, 900);
        tokio::pin!(asking);
        assert!(futures_util::poll!(&mut asking).is_pending());
    }
    let call = async {
        loop {
            if let Ok(call) = nodes.call(1, 1_000).await {
                return call;
            }
            tokio::task::yield_now().await;
        }
    };
    assert!(timeout(SOON, call).await.is_ok(), "{} tokens are left over", nodes.used().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_answer_each_node_keeps_to_its_part_and_says_why() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let limits = r#"[{"level": "instance", "requests": 5, "tokens": 100}]"#;
    let nodes = Nodes::at(&format!("redis://{nobody}"), limits).await;
    let divided = nodes.limits[0].divided().unwrap();
    assert!(divided.nodes == 1 && !divided.trouble.reason.is_empty(), "{divided:?}");
    for _ in 0..5 {
        drop(nodes.call(0, 0).await.unwrap());
    }
    assert_eq!(nodes.call(0, 0).await.unwrap_err().used, 5);
    drop(nodes.call(1, 0).await.unwrap());
}

#[test]
fn a_call_larger_than_a_part_waits_for_redis_and_is_refused_for_good_where_there_is_none() {
    let house = House::new(r#"[{"level": "instance", "tokens": 1000}]"#);
    let subjects = house.subjects(EVERYONE);
    let refused = |share: Share| {
        let refused = house.limits.count_here(&subjects, 600, share).err().unwrap();
        (refused.refusal.wait == Wait::ForEver, refused.refusal.limit, refused.refusal.share)
    };
    let told = Some(crate::call::NodesShare { whole: 1_000, nodes: 2 });
    assert_eq!(refused(Share::new(0, 2)), (true, 500, told));
    assert_eq!(refused(Share::new(0, 2).for_now()), (false, 500, told));
}
