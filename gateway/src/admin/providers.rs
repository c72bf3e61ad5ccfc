//! Providers for those who manage them: listed, added, changed, removed, tested.

use std::sync::Arc;

use serde_json::{Map, Value};
use shared::{
    Problem, ProblemCode,
    id::ConfigurationObjectId,
    view::providers::{
        CredentialSummary, ManagedProvider, ProviderCheck, ProviderDraft, ProviderSummary,
    },
};

use crate::{
    audit::{self, Actor},
    configuration::{Configuration, ConfigurationError, Entry, ObjectKind, Origin},
    identity::{Client, Principal},
    kernel::{
        Clock,
        config::{self, Config, Provider, ProviderKind},
    },
    providers,
};

const KIND: ObjectKind = ObjectKind::Provider;
/// What the form has fields of its own for.
const OWN_FIELDS: [&str; 3] = ["kind", "base_url", "api_key"];

/// The service behind the page Providers.
pub struct ManagedProviders {
    configuration: Arc<Configuration>,
    clock: Clock,
}

impl ManagedProviders {
    /// The service.
    #[must_use]
    pub fn new(configuration: Arc<Configuration>, clock: Clock) -> Self {
        Self { configuration, clock }
    }

    /// Every provider, those of the configuration file first.
    ///
    /// # Errors
    /// [`ProblemCode::Forbidden`]; [`ProblemCode::Internal`] where the database fails.
    pub async fn list(&self, principal: &Principal) -> Result<Vec<ProviderSummary>, Problem> {
        permit(principal)?;
        let entries = self.configuration.entries(KIND).await?;
        let config = self.in_force().await?;
        Ok(entries.into_iter().map(|entry| summary(entry, &config)).collect())
    }

    /// Adds a provider.
    ///
    /// # Errors
    /// [`ProblemCode::Forbidden`]; else as [`Configuration::create`].
    pub async fn add(
        &self,
        principal: &Principal,
        client: &Client,
        draft: &ProviderDraft,
    ) -> Result<(), Problem> {
        permit(principal)?;
        let actor = Actor::from(&principal.user_id(), client);
        let document = document(draft)?;
        self.configuration.create(&actor, KIND, draft.name.trim(), &document).await.map(drop)
    }

    /// Writes a provider anew, if it is still of this version.
    ///
    /// # Errors
    /// [`ProblemCode::Forbidden`]; else as [`Configuration::update`].
    pub async fn change(
        &self,
        principal: &Principal,
        client: &Client,
        (id, version): (ConfigurationObjectId, i64),
        draft: &ProviderDraft,
    ) -> Result<(), Problem> {
        permit(principal)?;
        let actor = Actor::from(&principal.user_id(), client);
        let document = document(draft)?;
        self.configuration.update(&actor, id, Some(version), &document).await.map(drop)
    }

    /// Removes a provider.
    ///
    /// # Errors
    /// [`ProblemCode::Forbidden`]; else as [`Configuration::remove`].
    pub async fn remove(
        &self,
        principal: &Principal,
        client: &Client,
        id: ConfigurationObjectId,
    ) -> Result<(), Problem> {
        permit(principal)?;
        let actor = Actor::from(&principal.user_id(), client);
        self.configuration.remove(&actor, id, None).await.map(drop)
    }

    /// Asks a provider what costs nothing.
    ///
    /// # Errors
    /// [`ProblemCode::Forbidden`]; [`ProblemCode::NotFound`].
    pub async fn test(&self, principal: &Principal, name: &str) -> Result<ProviderCheck, Problem> {
        permit(principal)?;
        let config = self.in_force().await?;
        let provider = config.providers.get(name).ok_or_else(|| {
            Problem::new(ProblemCode::NotFound, format!("No provider `{name}` is in force."))
        })?;
        if provider.kind == ProviderKind::Demo {
            let finding = ("address".to_owned(), "inside the gateway".to_owned());
            return Ok(ProviderCheck {
                name: name.to_owned(),
                findings: vec![finding],
                failure: None,
            });
        }
        let check = providers::check(name, provider, &config.proxy, None, &self.clock).await;
        let check = check.map_err(|error| wrong(error.to_string()))?;
        let findings = check.findings().into_iter();
        Ok(ProviderCheck {
            name: name.to_owned(),
            findings: findings.map(|finding| (finding.of.to_owned(), finding.text)).collect(),
            failure: check.verdict(name).err(),
        })
    }

    async fn in_force(&self) -> Result<Config, Problem> {
        self.configuration.in_force().await.map_err(|error| match error {
            ConfigurationError::Storage(error) => audit::internal(error),
            error => Problem::new(ProblemCode::Internal, error.to_string()),
        })
    }
}

fn permit(principal: &Principal) -> Result<(), Problem> {
    if principal.role().manages_models() {
        return Ok(());
    }
    Err(Problem::new(
        ProblemCode::Forbidden,
        "Providers are for instance admins and model admins. An instance admin can give you the \
         role.",
    ))
}

fn summary(entry: Entry, config: &Config) -> ProviderSummary {
    let in_force = config.providers.get(&entry.name).filter(|_| entry.problem.is_none());
    let written = |field| entry.document.as_ref().and_then(|it| it.get(field)?.as_str());
    let kind = in_force.map(|it| it.kind.name()).or(written("kind")).unwrap_or_default();
    let title = ProviderKind::try_from(kind.to_owned()).ok().map(ProviderKind::title);
    let credential = match &entry.origin {
        Origin::File if in_force.is_some_and(is_opened_by_file) => CredentialSummary::InFile,
        Origin::Managed { .. } if !entry.secrets.is_empty() => {
            CredentialSummary::Sealed(entry.secrets.clone())
        }
        _ => CredentialSummary::Unwritten,
    };
    let managed = match &entry.origin {
        Origin::File => None,
        Origin::Managed { id, version, updated_at, .. } => Some(ManagedProvider {
            id: *id,
            version: *version,
            updated_at: *updated_at,
            base_url: written("base_url").unwrap_or_default().to_owned(),
            settings: settings(entry.document.as_ref()),
        }),
    };
    let models = config.models.iter().filter(|model| {
        entry.problem.is_none() && model.backends.iter().any(|it| it.provider == entry.name)
    });
    ProviderSummary {
        kind: kind.to_owned(),
        title: title.map(str::to_owned),
        address: in_force.and_then(providers::address_of).map(String::from),
        credential,
        managed,
        models: models.count(),
        name: entry.name,
        problem: entry.problem,
    }
}

fn is_opened_by_file(provider: &Provider) -> bool {
    let google = provider.google.as_ref();
    provider.api_key.is_some()
        || provider.aws.as_ref().is_some_and(|aws| aws.secret_access_key.is_some())
        || google.is_some_and(|it| it.credentials.is_some() || it.credentials_file.is_some())
        || provider.azure.as_ref().is_some_and(|azure| azure.client_secret.is_some())
}

/// What a document says that the form has no field for.
fn settings(document: Option<&Value>) -> String {
    let Some(fields) = document.and_then(Value::as_object) else { return String::new() };
    let is_further = |(name, value): &(&String, &Value)| {
        let is_empty = value.as_object().is_some_and(Map::is_empty);
        !OWN_FIELDS.contains(&name.as_str()) && !is_empty
    };
    let further: Map<_, _> =
        fields.iter().filter(is_further).map(|(name, it)| (name.clone(), it.clone())).collect();
    if further.is_empty() {
        return String::new();
    }
    serde_json::to_string_pretty(&further).unwrap_or_default()
}

fn document(draft: &ProviderDraft) -> Result<Value, Problem> {
    let further = if draft.settings.trim().is_empty() {
        Value::Object(Map::new())
    } else {
        config::document("further settings", &draft.settings)
            .map_err(|error| wrong(error.to_string()).at("settings"))?
    };
    let Value::Object(mut fields) = further else {
        return Err(wrong(
            "Further settings are keys with their values, such as `has_responses: true`.",
        )
        .at("settings"));
    };
    if let Some(field) = OWN_FIELDS.into_iter().find(|field| fields.contains_key(*field)) {
        return Err(
            wrong(format!("`{field}` has a field of its own; write it there.")).at("settings")
        );
    }
    let texts = [("kind", &draft.kind), ("base_url", &draft.base_url), ("api_key", &draft.api_key)];
    for (field, text) in texts {
        let text = text.trim();
        if !text.is_empty() {
            fields.insert(field.to_owned(), text.into());
        }
    }
    Ok(Value::Object(fields))
}

fn wrong(detail: impl Into<String>) -> Problem {
    Problem::new(ProblemCode::InvalidRequest, detail)
}
