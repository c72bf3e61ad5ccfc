//! `sealing`: where the master key is, by which credentials in the database are sealed.

use std::path::PathBuf;

use serde::Deserialize;

use super::{ConfigError, check::inconsistent, check::resolve};
use crate::kernel::Secret;

/// `sealing`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sealing {
    /// Where the key is that seals. Left out, a gateway on SQLite makes one in `data.directory`
    /// when it first needs one.
    pub master_key: Option<MasterKeySource>,
    /// Where former keys are, which open what they have sealed until it is sealed anew.
    pub previous_keys: Vec<MasterKeySource>,
}

/// Where a master key is: one of three.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MasterKeySource {
    /// The key itself; `${NAME}` takes it from the environment.
    pub value: Option<Secret>,
    /// A file that has it.
    pub file: Option<PathBuf>,
    /// A program with its arguments that prints it, such as the client of a key service.
    pub command: Option<Vec<String>>,
}

/// Takes keys from the environment where they are referred to.
pub(super) fn resolve_references(
    sealing: &mut Sealing,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<(), ConfigError> {
    for (key, source) in sealing.sources_mut() {
        if let Some(value) = &mut source.value {
            resolve(value, &format!("{key}.value"), variable)?;
        }
    }
    Ok(())
}

pub(super) fn check(sealing: &Sealing) -> Result<(), ConfigError> {
    if sealing.master_key.is_none() && !sealing.previous_keys.is_empty() {
        return Err(inconsistent(
            "sealing.previous_keys",
            "former keys need a present one beside them; write `sealing.master_key`",
        ));
    }
    for (key, source) in sealing.sources() {
        let MasterKeySource { value, file, command } = source;
        let said = [value.is_some(), file.is_some(), command.is_some()];
        if said.into_iter().filter(|is_said| *is_said).count() != 1 {
            return Err(inconsistent(
                key,
                "expected one of `value`, `file` and `command`: where the key is",
            ));
        }
        if command.as_ref().is_some_and(Vec::is_empty) {
            return Err(inconsistent(
                format!("{key}.command"),
                "expected a program and its arguments: [\"/usr/local/bin/print-key\", \"prod\"]",
            ));
        }
    }
    Ok(())
}

impl Sealing {
    /// Every source with its key in the configuration, the one that seals first.
    pub fn sources(&self) -> impl Iterator<Item = (String, &MasterKeySource)> {
        let former = self.previous_keys.iter().enumerate();
        let former = former.map(|(index, source)| (previous(index), source));
        self.master_key.iter().map(|source| (CURRENT.to_owned(), source)).chain(former)
    }

    fn sources_mut(&mut self) -> impl Iterator<Item = (String, &mut MasterKeySource)> {
        let former = self.previous_keys.iter_mut().enumerate();
        let former = former.map(|(index, source)| (previous(index), source));
        self.master_key.iter_mut().map(|source| (CURRENT.to_owned(), source)).chain(former)
    }
}

const CURRENT: &str = "sealing.master_key";

fn previous(index: usize) -> String {
    format!("sealing.previous_keys[{index}]")
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::super::load::load_text;

    #[test]
    fn keys_come_from_the_environment_a_file_or_a_program() {
        let text = "sealing: { master_key: { value: '${KEY}' },
            previous_keys: [{ file: /run/old.key }, { command: [kms, decrypt] }] }";
        let sealing = load_text(text, &[("KEY", "c2VjcmV0")]).unwrap().sealing;
        let keys: Vec<String> = sealing.sources().map(|(key, _)| key).collect();
        assert_eq!(
            keys,
            ["sealing.master_key", "sealing.previous_keys[0]", "sealing.previous_keys[1]"]
        );
        assert_eq!(sealing.master_key.unwrap().value.unwrap().expose(), "c2VjcmV0");
    }

    #[rstest]
    #[case("{ previous_keys: [{ file: a }] }", "sealing.previous_keys: former keys need")]
    #[case("{ master_key: {} }", "sealing.master_key: expected one of")]
    #[case("{ master_key: { value: a, file: b } }", "sealing.master_key: expected one of")]
    #[case("{ master_key: { command: [] } }", "sealing.master_key.command: expected a program")]
    #[case("{ master_key: { value: '${NONE}' } }", "`NONE` is not set")]
    fn what_is_wrong_is_named(#[case] sealing: &str, #[case] told: &str) {
        let error = load_text(&format!("sealing: {sealing}"), &[]).unwrap_err().to_string();
        assert!(error.contains(told), "{error}");
    }
}
