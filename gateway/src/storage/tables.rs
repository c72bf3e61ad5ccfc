//! One file per table: its identifiers, its rows and its statements.

pub mod api_keys;
pub mod audit_entries;
pub mod audit_heads;
pub mod audit_tombstones;
pub mod billing_periods;
pub mod billing_state;
pub mod budget_leases;
pub mod budget_windows;
pub mod calls;
mod chained;
pub mod change_sequence;
pub mod conversations;
pub mod correction_lines;
pub mod events;
pub mod export_lines;
pub mod messages;
pub mod nodes;
pub mod open_calls;
pub mod provider_objects;
pub mod sessions;
pub mod sign_in_links;
pub mod spend;
pub mod stored_items;
pub mod stored_responses;
pub mod teams;
pub mod users;
pub mod watermarks;
