//! Ends an answer that has taken as long as a call may, where `proxy.total_timeout_ms` says.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{
    StreamExt,
    stream::{self, BoxStream},
};
use tokio::time::sleep;

use super::{Failure, UpstreamBody};

type Rest = BoxStream<'static, Result<Bytes, Failure>>;

impl UpstreamBody {
    /// The same; what has not come within `time_left` ends in a timeout.
    pub(super) fn within(self, time_left: Option<Duration>) -> Self {
        let Some(left) = time_left else { return self };
        match self {
            Self::Whole { .. } => self,
            Self::Media { content_type, first, rest } => {
                Self::Media { content_type, first, rest: within(rest, left) }
            }
            Self::Stream { first, rest } => Self::Stream { first, rest: within(rest, left) },
        }
    }
}

fn within(rest: Rest, left: Duration) -> Rest {
    let end = Box::pin(sleep(left));
    stream::unfold(Some((rest, end)), |state| async {
        let (mut rest, mut end) = state?;
        tokio::select! {
            biased;
            item = rest.next() => Some((item?, Some((rest, end)))),
            () = &mut end => Some((Err(Failure::Timeout), None)),
        }
    })
    .boxed()
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn told(rest: Rest, left: Option<Duration>) -> Vec<Result<Bytes, Failure>> {
        let body = UpstreamBody::Stream { first: Bytes::new(), rest }.within(left);
        let UpstreamBody::Stream { rest, .. } = body else { panic!("it is a stream") };
        rest.collect().await
    }

    fn one() -> stream::Iter<std::vec::IntoIter<Result<Bytes, Failure>>> {
        stream::iter(vec![Ok(Bytes::from_static(b"one"))])
    }

    #[tokio::test]
    async fn an_answer_that_goes_on_for_ever_ends_in_a_timeout_behind_what_has_come() {
        let endless = one().chain(stream::pending()).boxed();
        let told = told(endless, Some(Duration::ZERO)).await;
        assert_eq!(told, [Ok(Bytes::from_static(b"one")), Err(Failure::Timeout)]);
    }

    #[tokio::test]
    async fn an_answer_that_ends_in_time_is_as_it_was() {
        for left in [None, Some(Duration::from_hours(1))] {
            assert_eq!(told(one().boxed(), left).await, [Ok(Bytes::from_static(b"one"))]);
        }
    }
}
