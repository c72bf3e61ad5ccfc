//! SKELETON

use super::UsageReport;

/// The usage of a whole answer; none where it tells of none.
pub(super) fn of_response(_body: &[u8]) -> Option<UsageReport> {
    None
}
