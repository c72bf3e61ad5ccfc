//! One AI request on its way: what arrived, what each stage said, and the record that remains.
//!
//! A [`Trail`] opens at the edge before the first stage and is written on every ending; dropped
//! unfinished it records that too. No code path ends a call without a record.

mod arrival;
mod correction;
mod event;
mod limit_refusal;
mod record;
mod recorder;
mod refusal;
mod trail;
mod upload;

pub use arrival::{Call, Client, Credential, Surface};
pub use correction::CorrectionKind;
pub use event::{BudgetThreshold, Event, EventReceiver, EventSender, ModelUnpriced};
pub use limit_refusal::{LimitMeasure, LimitRefusal, NodesShare, Wait, whose};
pub use record::{
    CallId, Charge, CostLine, Finish, Record, RecordError, Recorded, TokenClass, Verdicts,
};
pub use recorder::{IntentError, IntentKeeper, Keeping, NotKept, Observer, Recorder};
pub use refusal::{BudgetRefusal, Incapable, Refusal};
pub use trail::{Ending, ReceiptHandle, Trail};
pub use upload::{Part, Upload, UploadError};
