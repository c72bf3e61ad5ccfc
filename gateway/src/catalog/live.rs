//! The catalogue that is in force, which may be replaced while calls go on: each keeps the model
//! that it was let through with.

use std::sync::Arc;

use arc_swap::{ArcSwap, Guard};

use super::Catalog;

/// One catalogue after the other; all who hold it see the same.
#[derive(Debug)]
pub struct LiveCatalog(ArcSwap<Catalog>);

impl LiveCatalog {
    /// With this one in force.
    #[must_use]
    pub fn new(catalog: Catalog) -> Self {
        Self(ArcSwap::from_pointee(catalog))
    }

    /// The one in force, for a moment.
    #[must_use]
    pub fn now(&self) -> Guard<Arc<Catalog>> {
        self.0.load()
    }

    /// Puts another one in force, for calls that come from now on.
    pub fn replace(&self, catalog: Catalog) {
        self.0.store(Arc::new(catalog));
    }
}
