//! Why a session ends, and what both sides and the record are told.

use shared::{ProblemCode, receipt::Outcome};
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, frame::coding::CloseCode};

use super::super::account::End;
use crate::{call::Refusal, wire::ErrorKind};

/// The longest reason that a close frame has room for, in bytes (RFC 6455, 5.5).
const REASON_LIMIT_BYTES: usize = 123;

/// Why a session ends.
#[derive(Debug)]
pub(super) enum Ended {
    ClientClosed(Option<CloseFrame>),
    ClientGone,
    ProviderClosed(Option<CloseFrame>),
    ProviderBroke,
    /// No budget covers more of it, by which of the client's events.
    Refused(Box<Refusal>, Option<String>),
    Revoked,
    LastedTooLong {
        seconds: u64,
    },
    Idle {
        seconds: u64,
    },
    Stopped,
    ClientTooLarge {
        limit_bytes: usize,
    },
    ProviderTooLarge {
        limit_bytes: usize,
    },
}

/// What is told at the end.
#[derive(Debug)]
pub(super) struct Farewell {
    /// The error event for the client; none where an ordinary close says enough.
    pub(super) event: Option<(ErrorKind, &'static str, String)>,
    /// The client's event at fault.
    pub(super) blamed: Option<String>,
    pub(super) close: CloseFrame,
    pub(super) end: End,
}

impl Ended {
    /// Whether the provider can still tell what it has used.
    pub(super) const fn leaves_provider(&self) -> bool {
        !matches!(self, Self::ProviderClosed(_) | Self::ProviderBroke)
    }

    /// What is told; `is_settled` says whether nothing was under way.
    pub(super) fn farewell(self, is_settled: bool) -> Farewell {
        let ok = |frame: Option<CloseFrame>| frame.unwrap_or_else(|| close(CloseCode::Normal, ""));
        let fault = |kind, code: ProblemCode, message: String, with: CloseCode, outcome| Farewell {
            close: close(with, &message),
            event: Some((kind, code.as_str(), message)),
            blamed: None,
            end: end(outcome, Some(code)),
        };
        match self {
            Self::ClientClosed(frame) => {
                let outcome = if is_settled { Outcome::Finished } else { Outcome::ClientGone };
                Farewell { event: None, blamed: None, close: ok(frame), end: end(outcome, None) }
            }
            Self::ClientGone => Farewell {
                event: None,
                blamed: None,
                close: close(CloseCode::Normal, ""),
                end: end(Outcome::ClientGone, None),
            },
            Self::ProviderClosed(frame) => {
                let is_orderly = is_settled
                    && frame.as_ref().is_none_or(|frame| {
                        matches!(frame.code, CloseCode::Normal | CloseCode::Away)
                    });
                let end = if is_orderly {
                    end(Outcome::Finished, None)
                } else {
                    end(Outcome::UpstreamFailed, Some(ProblemCode::UpstreamFailed))
                };
                Farewell { event: None, blamed: None, close: ok(frame), end }
            }
            Self::ProviderBroke => fault(
                ErrorKind::Server,
                ProblemCode::UpstreamFailed,
                "The provider broke the session off. Open another one.".to_owned(),
                CloseCode::Error,
                Outcome::UpstreamFailed,
            ),
            Self::Refused(refusal, blamed) => {
                let (kind, with) = match *refusal {
                    Refusal::BudgetExceeded(_) => (ErrorKind::InsufficientQuota, CloseCode::Policy),
                    _ => (ErrorKind::Server, CloseCode::Again),
                };
                let code = refusal.code();
                let told = fault(kind, code, refusal.public_detail(), with, Outcome::Interrupted);
                let reason = format!("{code}: no budget covers another answer");
                let close =
                    if with == CloseCode::Policy { close(with, &reason) } else { told.close };
                Farewell { blamed, close, ..told }
            }
            Self::Revoked => fault(
                ErrorKind::Permission,
                ProblemCode::Unauthenticated,
                "The API key of this session is not valid any more.".to_owned(),
                CloseCode::Policy,
                Outcome::Interrupted,
            ),
            Self::Stopped => fault(
                ErrorKind::Server,
                ProblemCode::ShuttingDown,
                "The gateway is shutting down. Open another session.".to_owned(),
                CloseCode::Away,
                Outcome::Interrupted,
            ),
            Self::ClientTooLarge { limit_bytes } => fault(
                ErrorKind::InvalidRequest,
                ProblemCode::BodyTooLarge,
                format!("A message may have at most {limit_bytes} bytes; send sound in parts."),
                CloseCode::Size,
                Outcome::Interrupted,
            ),
            Self::ProviderTooLarge { limit_bytes } => fault(
                ErrorKind::Server,
                ProblemCode::UpstreamFailed,
                format!("The provider sent a message of more than {limit_bytes} bytes."),
                CloseCode::Size,
                Outcome::UpstreamFailed,
            ),
            Self::LastedTooLong { seconds } => over(
                "session_expired",
                format!("A session lasts at most {seconds} seconds. Open another one."),
            ),
            Self::Idle { seconds } => over(
                "session_idle",
                format!("Nothing was said for {seconds} seconds. Open another session."),
            ),
        }
    }
}

/// The end of a session's time.
fn over(code: &'static str, message: String) -> Farewell {
    Farewell {
        close: close(CloseCode::Away, &message),
        event: Some((ErrorKind::InvalidRequest, code, message)),
        blamed: None,
        end: end(Outcome::Finished, None),
    }
}

const fn end(outcome: Outcome, problem: Option<ProblemCode>) -> End {
    End { outcome, status: 101, problem }
}

fn close(code: CloseCode, reason: &str) -> CloseFrame {
    let reason = &reason[..reason.floor_char_boundary(REASON_LIMIT_BYTES)];
    CloseFrame { code, reason: reason.to_owned().into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_orderly_close_is_finished_and_one_in_the_middle_of_an_answer_is_left() {
        let outcome = |is_settled| Ended::ClientClosed(None).farewell(is_settled).end.outcome;
        assert_eq!((outcome(true), outcome(false)), (Outcome::Finished, Outcome::ClientGone));
        let outcome = |is_settled| Ended::ProviderClosed(None).farewell(is_settled).end.outcome;
        assert_eq!((outcome(true), outcome(false)), (Outcome::Finished, Outcome::UpstreamFailed));
    }

    #[test]
    fn a_reason_fits_its_frame_whatever_it_says() {
        let long = close(CloseCode::Policy, &"ü".repeat(200));
        assert_eq!(long.reason.len(), 122);
        let told = Ended::Revoked.farewell(true);
        assert_eq!(told.close.code, CloseCode::Policy);
        assert_eq!(told.end.problem, Some(ProblemCode::Unauthenticated));
        assert!(told.close.reason.contains("not valid any more"), "{}", told.close.reason);
    }
}
