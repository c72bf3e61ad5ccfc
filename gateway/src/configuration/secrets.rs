//! What of a provider's document is secret: apart in the database, and shown to nobody again.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// Where secrets are in the document of a provider, as JSON pointers.
const SECRETS: [&str; 6] = [
    "/api_key",
    "/aws/access_key_id",
    "/aws/secret_access_key",
    "/aws/session_token",
    "/google/credentials",
    "/azure/client_secret",
];
/// All of whose fields are secret: further headers may be credentials.
const SECRET_OBJECTS: [&str; 1] = ["/headers"];

/// Secrets by their places; none where one is to be taken away.
pub(super) type Secrets = BTreeMap<String, Option<String>>;

/// Takes the secrets out of a document.
pub(super) fn take(document: &mut Value) -> Secrets {
    let mut secrets = Secrets::new();
    for place in places(document) {
        let (parent, field) = place.rsplit_once('/').unwrap_or_default();
        let taken = document
            .pointer_mut(parent)
            .and_then(Value::as_object_mut)
            .and_then(|object| object.remove(&unescaped(field)));
        match taken {
            Some(Value::String(text)) => drop(secrets.insert(place, Some(text))),
            Some(Value::Null) => drop(secrets.insert(place, None)),
            // Not a secret's form: it goes back, to be refused by name.
            Some(other) => put(document, &place, other),
            None => {}
        }
    }
    secrets
}

/// Puts secrets into a document.
pub(super) fn give(document: &mut Value, secrets: &Secrets) {
    for (place, text) in secrets {
        if let Some(text) = text {
            put(document, place, Value::String(text.clone()));
        }
    }
}

/// Where a document has secrets.
fn places(document: &Value) -> Vec<String> {
    let within = SECRET_OBJECTS.into_iter().flat_map(|object| {
        let fields = document.pointer(object).and_then(Value::as_object);
        let names = fields.into_iter().flat_map(Map::keys);
        names.map(move |name| format!("{object}/{}", escaped(name)))
    });
    SECRETS.into_iter().map(str::to_owned).chain(within).collect()
}

fn put(document: &mut Value, place: &str, value: Value) {
    let (parent, field) = place.rsplit_once('/').unwrap_or_default();
    let mut object = document;
    for name in parent.split('/').skip(1) {
        let Some(fields) = object.as_object_mut() else { return };
        object = fields.entry(unescaped(name)).or_insert_with(|| Value::Object(Map::new()));
    }
    if let Some(fields) = object.as_object_mut() {
        fields.insert(unescaped(field), value);
    }
}

/// The name of a place for people: `aws.session_token`.
pub(super) fn name_of(place: &str) -> String {
    place.split('/').skip(1).map(unescaped).collect::<Vec<_>>().join(".")
}

/// RFC 6901, section 3.
fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

fn unescaped(name: &str) -> String {
    name.replace("~1", "/").replace("~0", "~")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_are_taken_out_and_put_back_where_they_were() {
        let whole = json!({
            "kind": "bedrock", "api_key": "sk-1", "base_url": "https://a.example.com",
            "aws": { "region": "eu-central-1", "secret_access_key": "s", "session_token": "t" },
            "headers": { "X/~Odd": "one", "X-Title": "Acme" },
        });
        let mut document = whole.clone();
        let secrets = take(&mut document);
        assert_eq!(
            document,
            json!({ "kind": "bedrock", "base_url": "https://a.example.com",
                "aws": { "region": "eu-central-1" }, "headers": {} })
        );
        let names: Vec<String> = secrets.keys().map(|place| name_of(place)).collect();
        assert_eq!(
            names,
            [
                "api_key",
                "aws.secret_access_key",
                "aws.session_token",
                "headers.X-Title",
                "headers.X/~Odd"
            ]
        );
        give(&mut document, &secrets);
        assert_eq!(document, whole);
    }

    #[test]
    fn null_takes_a_secret_away_and_what_is_no_text_stays_to_be_refused() {
        let mut document = json!({ "api_key": null, "google": { "credentials": { "a": 1 } } });
        assert_eq!(take(&mut document), [("/api_key".to_owned(), None)].into());
        assert_eq!(document, json!({ "google": { "credentials": { "a": 1 } } }));
        let mut odd = json!({ "headers": "X-Title" });
        assert!(take(&mut odd).is_empty());
        assert_eq!(odd, json!({ "headers": "X-Title" }));
    }

    /// A new credential of a provider has to be told here, or it would be kept and shown in clear.
    #[test]
    fn every_secret_of_the_configuration_is_known() {
        let sources = [
            ("", include_str!("../kernel/config/provider.rs")),
            ("/aws", include_str!("../kernel/config/aws.rs")),
            ("/google", include_str!("../kernel/config/google.rs")),
            ("/azure", include_str!("../kernel/config/azure.rs")),
            ("/github", include_str!("../kernel/config/github.rs")),
        ];
        // What the machine says of itself is never written in a document.
        let is_outside = |field: &str| field == "/azure/identity_header";
        let mut found = 0;
        for (parent, source) in sources {
            for line in source.lines().map(str::trim) {
                let Some(field) = line.strip_prefix("pub ") else { continue };
                let Some(field) = field.strip_suffix(": Option<Secret>,") else { continue };
                let place = format!("{parent}/{field}");
                assert!(SECRETS.contains(&&*place) || is_outside(&place), "{place} is not known");
                found += usize::from(!is_outside(&place));
            }
        }
        assert_eq!(found, SECRETS.len());
    }
}
