//! One file per table: its identifiers, its rows and its statements.
