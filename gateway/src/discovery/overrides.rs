//! What administrators say of models in place of what sources say.

use serde_json::{Value, json};

use super::{Discovery, DiscoveryError};
use crate::{
    audit::{Action, Actor, Change},
    catalog::sources::{ModelFacts, ModelKey},
    kernel::config::Price,
    storage::{
        Tx,
        tables::{
            catalog_overrides::{self, CatalogOverrideRow},
            catalog_state, change_sequence,
        },
    },
};

impl Discovery {
    /// Says something of a model: `facts` are `price` and `capabilities` as the configuration writes
    /// them. What was said before is no longer.
    ///
    /// # Errors
    /// [`DiscoveryError::BadOverride`], or what the database reports.
    pub async fn set_override(
        &self,
        actor: &Actor,
        key: &ModelKey,
        facts: &Value,
    ) -> Result<(), DiscoveryError> {
        let facts = checked(facts)?;
        let mut tx = self.0.database.begin().await?;
        catalog_state::hold(&mut tx).await?;
        let place = key.place.to_string();
        let before = catalog_overrides::remove(&mut tx, &place, &key.model).await?;
        let written = serde_json::to_value(&facts).unwrap_or_default();
        let row = CatalogOverrideRow {
            place,
            model: key.model.clone(),
            facts: written.to_string(),
            changed_at: self.0.clock.now().micros(),
            changed_by: actor.who.clone(),
        };
        catalog_overrides::add(&mut tx, row).await?;
        self.finish(tx, actor, key, (before, Some(written))).await
    }

    /// Takes back what was said of a model.
    ///
    /// # Errors
    /// [`DiscoveryError::NoOverride`], or what the database reports.
    pub async fn remove_override(
        &self,
        actor: &Actor,
        key: &ModelKey,
    ) -> Result<(), DiscoveryError> {
        let mut tx = self.0.database.begin().await?;
        catalog_state::hold(&mut tx).await?;
        let before = catalog_overrides::remove(&mut tx, &key.place.to_string(), &key.model).await?;
        if before.is_none() {
            return Err(DiscoveryError::NoOverride(key.clone()));
        }
        self.finish(tx, actor, key, (before, None)).await
    }

    async fn finish(
        &self,
        mut tx: Tx,
        actor: &Actor,
        key: &ModelKey,
        (before, after): (Option<CatalogOverrideRow>, Option<Value>),
    ) -> Result<(), DiscoveryError> {
        catalog_state::count_override_change(&mut tx).await?;
        let before = before.and_then(|row| serde_json::from_str::<Value>(&row.facts).ok());
        let change = Change {
            actor,
            action: Action::CatalogOverride,
            resource: key.to_string(),
            before: before.map(|facts| json!({ "facts": facts })),
            after: after.map(|facts| json!({ "facts": facts })),
        };
        self.0.audit.record(&mut tx, change).await?;
        change_sequence::raise(&mut tx).await?;
        tx.commit().await?;
        self.refresh_if_changed().await?;
        Ok(())
    }
}

fn checked(facts: &Value) -> Result<ModelFacts, DiscoveryError> {
    let facts: ModelFacts = serde_json::from_value(facts.clone())
        .map_err(|error| DiscoveryError::BadOverride(error.to_string()))?;
    if let Some(rate) = facts.price.as_ref().and_then(Price::negative_rate) {
        let detail = format!("price.{rate}: expected zero dollars or more");
        return Err(DiscoveryError::BadOverride(detail));
    }
    if facts.is_empty() {
        let detail = "expected a price or capabilities, as the configuration writes them";
        return Err(DiscoveryError::BadOverride(detail.to_owned()));
    }
    Ok(facts)
}
