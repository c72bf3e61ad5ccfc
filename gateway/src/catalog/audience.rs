//! Who sees a model: everyone, or the members of teams and the users that are named with it.

use crate::kernel::config;

/// Who looks for a model, by keys in lower case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Viewer<'a> {
    /// The name of the team.
    pub team: &'a str,
    /// The e-mail address.
    pub user: &'a str,
}

/// How near to a viewer the list is by which they see a model; the nearer one counts first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Nearness {
    Everyone,
    Team,
    User,
}

/// Whom a model is for; without any name, for everyone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Audience {
    teams: Vec<String>,
    users: Vec<String>,
}

impl Audience {
    pub(super) fn of(model: &config::Model) -> Self {
        let keys = |names: &Option<Vec<String>>| {
            names.iter().flatten().map(|name| name.to_lowercase()).collect()
        };
        Self { teams: keys(&model.teams), users: keys(&model.users) }
    }

    pub(super) fn is_everyone(&self) -> bool {
        self.teams.is_empty() && self.users.is_empty()
    }

    /// By which list somebody sees the model; none where they do not.
    pub(super) fn nearness(&self, viewer: Viewer<'_>) -> Option<Nearness> {
        if self.is_everyone() {
            return Some(Nearness::Everyone);
        }
        let is_in = |keys: &[String], key: &str| keys.iter().any(|other| other == key);
        if is_in(&self.users, viewer.user) {
            return Some(Nearness::User);
        }
        is_in(&self.teams, viewer.team).then_some(Nearness::Team)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_nearer_than_a_team_and_a_team_than_everyone() {
        let audience = |teams: &[&str], users: &[&str]| Audience {
            teams: teams.iter().map(|&team| team.to_owned()).collect(),
            users: users.iter().map(|&user| user.to_owned()).collect(),
        };
        let ada = Viewer { team: "research", user: "ada@example.com" };
        let seen = |teams: &[&str], users: &[&str]| audience(teams, users).nearness(ada);
        assert_eq!(seen(&[], &[]), Some(Nearness::Everyone));
        assert_eq!(seen(&["research"], &[]), Some(Nearness::Team));
        assert_eq!(seen(&["research"], &["ada@example.com"]), Some(Nearness::User));
        assert_eq!(seen(&["support"], &["bob@example.com"]), None);
        assert!(Nearness::User > Nearness::Team && Nearness::Team > Nearness::Everyone);
    }
}
