//! Tools in a namespace, which this API alone has: told to others under both names in one, and
//! taken apart again when the model calls one.

use serde::Deserialize;
use serde_json::value::RawValue;

/// The name of a tool where there are no namespaces. Two underscores, as clients of the Model
/// Context Protocol write it: other APIs take letters, digits, `_` and `-` alone.
pub(super) fn joined(namespace: Option<&str>, name: &str) -> String {
    match namespace {
        Some(namespace) => format!("{namespace}__{name}"),
        None => name.to_owned(),
    }
}

/// A tool of a request, by both of its names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Named {
    joined: String,
    pub(super) namespace: String,
    pub(super) name: String,
}

impl Named {
    /// The tools in namespaces among a request's tools.
    pub(super) fn all(tools: Option<&RawValue>) -> Vec<Self> {
        #[derive(Deserialize)]
        struct Definition {
            name: Option<String>,
            #[serde(default)]
            tools: Vec<Inner>,
        }
        #[derive(Deserialize)]
        struct Inner {
            name: String,
        }
        let read = tools.map(|tools| serde_json::from_str::<Vec<Definition>>(tools.get()));
        let definitions = read.and_then(Result::ok).unwrap_or_default();
        let mut all = Vec::new();
        for Definition { name, tools } in definitions {
            let Some(namespace) = name else { continue };
            all.extend(tools.into_iter().map(|Inner { name }| Self {
                joined: joined(Some(&namespace), &name),
                namespace: namespace.clone(),
                name,
            }));
        }
        all
    }

    /// The tool that the model has called by its joined name.
    pub(super) fn find<'a>(all: &'a [Self], called: &str) -> Option<&'a Self> {
        all.iter().find(|tool| tool.joined == called)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_joined_name_is_taken_apart_as_the_request_has_it() {
        let tools = r#"[{"type":"function","name":"a__b"},
            {"type":"namespace","name":"x__y","tools":[{"type":"function","name":"z"}]}]"#;
        let tools = RawValue::from_string(tools.to_owned()).unwrap();
        let all = Named::all(Some(&tools));
        let found = Named::find(&all, &joined(Some("x__y"), "z")).unwrap();
        assert_eq!((&*found.namespace, &*found.name), ("x__y", "z"));
        assert_eq!(Named::find(&all, "a__b"), None);
        assert_eq!(Named::all(None), []);
    }
}
