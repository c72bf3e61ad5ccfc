//! The five roles and what each may do in the scope of this gateway.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// What a user is to the instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything.
    InstanceAdmin,
    /// Spend of everyone, budgets, exports.
    FinancialAdmin,
    /// Providers, models, prices, routes.
    ModelAdmin,
    /// Members, keys and budgets of the own team.
    TeamManager,
    /// Own keys, own chats, own spend.
    Member,
}

impl Role {
    /// All roles, the most powerful first.
    pub const ALL: [Self; 5] = [
        Self::InstanceAdmin,
        Self::FinancialAdmin,
        Self::ModelAdmin,
        Self::TeamManager,
        Self::Member,
    ];

    /// The stable name in the database, the configuration and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InstanceAdmin => "instance_admin",
            Self::FinancialAdmin => "financial_admin",
            Self::ModelAdmin => "model_admin",
            Self::TeamManager => "team_manager",
            Self::Member => "member",
        }
    }

    /// The name for people.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::InstanceAdmin => "Instance admin",
            Self::FinancialAdmin => "Financial admin",
            Self::ModelAdmin => "Model admin",
            Self::TeamManager => "Team manager",
            Self::Member => "Member",
        }
    }

    /// Whether this role adds and changes providers and models.
    #[must_use]
    pub const fn manages_models(self) -> bool {
        matches!(self, Self::InstanceAdmin | Self::ModelAdmin)
    }

    /// Whether this role sees the spend of the whole instance rather than only its own.
    #[must_use]
    pub const fn sees_all_spend(self) -> bool {
        matches!(self, Self::InstanceAdmin | Self::FinancialAdmin)
    }
}

/// The text is not one of the five roles.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown role; expected instance_admin, financial_admin, model_admin, team_manager or member"
)]
pub struct ParseRoleError;

impl FromStr for Role {
    type Err = ParseRoleError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or(ParseRoleError)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
