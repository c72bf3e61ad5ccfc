//! When keys are looked for, by a clock that the test moves.

use std::sync::atomic::{AtomicUsize, Ordering};

use reqsign_core::time::Timestamp as End;

use super::*;

/// Issues keys one after the other, each for so many seconds; none after the last.
#[derive(Debug)]
struct Issuer {
    clock: Clock,
    seconds: Vec<Option<i64>>,
    issued: Arc<AtomicUsize>,
}

impl reqsign_core::ProvideCredential for Issuer {
    type Credential = Credential;

    async fn provide_credential(
        &self,
        _: &reqsign_core::Context,
    ) -> reqsign_core::Result<Option<Credential>> {
        let number = self.issued.fetch_add(1, Ordering::SeqCst);
        let Some(seconds) = self.seconds.get(number) else { return Ok(None) };
        let end = seconds.map(|seconds| {
            End::from_millisecond(self.clock.now().micros() / 1_000 + seconds * 1_000).unwrap()
        });
        Ok(Some(Credential {
            access_key_id: format!("key-{number}"),
            secret_access_key: "s".to_owned(),
            session_token: None,
            expires_in: end,
        }))
    }
}

struct Test {
    keys: Keys,
    clock: Clock,
    issued: Arc<AtomicUsize>,
}

impl Test {
    /// With a clock that stands at the system's present, by which the chain judges an end.
    fn new(seconds: &[Option<i64>]) -> Self {
        let clock = Clock::manual(Clock::system().now());
        let issued = Arc::new(AtomicUsize::new(0));
        let (seconds, counted) = (seconds.to_vec(), Arc::clone(&issued));
        let place = Arc::new(Issuer { clock: clock.clone(), seconds, issued: counted });
        let keys = Keys::found(Chain::with_place(place), &clock);
        Self { keys, clock, issued }
    }

    fn pass(&self, seconds: i64) {
        let now = self.clock.now().micros() + seconds * SECOND_MICROS;
        self.clock.set(Timestamp::from_micros(now));
    }

    async fn current(&self) -> Result<String, String> {
        self.keys.current().await.map(|keys| keys.access_key_id().to_owned())
    }

    /// Lets what was begun beside the call come to its end.
    async fn settle(&self) {
        let Keys::Found(found) = &self.keys else { return };
        tokio::task::yield_now().await;
        drop(found.search.lock().await);
    }

    fn issued(&self) -> usize {
        self.issued.load(Ordering::SeqCst)
    }
}

#[tokio::test]
async fn a_key_is_looked_for_once_and_kept() {
    let test = Test::new(&[Some(3_600)]);
    for _ in 0..3 {
        assert_eq!(test.current().await.unwrap(), "key-0");
    }
    assert_eq!(test.issued(), 1);
    assert_eq!(test.keys.at_hand().unwrap().access_key_id(), "key-0");
}

#[tokio::test]
async fn calls_that_arrive_together_look_once() {
    let test = Test::new(&[Some(3_600)]);
    let (first, second) = tokio::join!(test.current(), test.current());
    assert_eq!((first.unwrap(), second.unwrap()), ("key-0".to_owned(), "key-0".to_owned()));
    assert_eq!(test.issued(), 1);
}

#[tokio::test]
async fn a_key_is_replaced_beside_the_calls_before_it_ends() {
    let test = Test::new(&[Some(3_600), Some(7_200)]);
    test.current().await.unwrap();
    test.pass(3_299);
    assert_eq!(test.current().await.unwrap(), "key-0");
    test.settle().await;
    assert_eq!(test.issued(), 1, "five minutes before the end are early enough");
    test.pass(1);
    assert_eq!(test.current().await.unwrap(), "key-0", "the call does not wait");
    test.settle().await;
    assert_eq!(test.current().await.unwrap(), "key-1");
    assert_eq!(test.issued(), 2);
}

#[tokio::test]
async fn an_old_key_is_used_while_no_other_one_is_found_and_not_beyond_its_end() {
    let test = Test::new(&[Some(3_600)]);
    test.current().await.unwrap();
    test.pass(3_400);
    for _ in 0..3 {
        assert_eq!(test.current().await.unwrap(), "key-0");
        test.settle().await;
    }
    assert_eq!(test.issued(), 2, "a search that failed is not repeated at once");
    test.pass(195);
    assert!(test.current().await.unwrap_err().contains("the test: none"));
    assert_eq!(test.issued(), 3);
    assert!(test.current().await.is_err());
    assert_eq!(test.issued(), 3, "nor by every call");
    test.pass(5);
    assert!(test.current().await.is_err());
    assert_eq!(test.issued(), 4);
}

#[tokio::test]
async fn a_key_without_an_end_is_looked_at_again_now_and_then() {
    let test = Test::new(&[None, None]);
    test.current().await.unwrap();
    test.pass(601);
    assert_eq!(test.current().await.unwrap(), "key-0");
    test.settle().await;
    assert_eq!(test.current().await.unwrap(), "key-1");
}

#[tokio::test]
async fn the_keys_of_the_configuration_are_never_looked_for() {
    let keys = Keys::fixed(Credentials::new("AKIA", "s", None, None, "test"));
    assert_eq!(keys.current().await.unwrap().access_key_id(), "AKIA");
    assert_eq!(keys.at_hand().unwrap().secret_access_key(), "s");
}
