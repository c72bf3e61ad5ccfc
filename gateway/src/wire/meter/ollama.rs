//! SKELETON

use super::{
    super::{SseEvent, UsageReport},
    Progress, Watch,
};

#[derive(Debug, Default)]
pub(super) struct OllamaWatch {
    progress: Progress,
    report: Option<UsageReport>,
}

impl Watch for OllamaWatch {
    fn event(&mut self, event: SseEvent<'_>) {
        self.progress.write(event.data);
    }

    fn report(&self) -> Option<UsageReport> {
        self.report.clone()
    }

    fn progress(&self) -> &Progress {
        &self.progress
    }

    fn progress_mut(&mut self) -> &mut Progress {
        &mut self.progress
    }
}
