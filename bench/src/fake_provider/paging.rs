//! Lists that come in pages, as OpenAI and Anthropic cut them.

use serde_json::Value;

use super::{fault::Fault, vendor_call::VendorCall};

/// Which part of a list is wanted.
#[derive(Debug, Default)]
pub(super) struct Paging {
    /// The id of the object that the page comes after.
    pub(super) after: Option<String>,
    /// The id of the object that the page comes before.
    pub(super) before: Option<String>,
    /// The most objects.
    pub(super) limit: usize,
}

/// A part of a list.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Page {
    pub(super) objects: Vec<Value>,
    /// Whether there are more, in the direction that was asked for.
    pub(super) has_more: bool,
}

impl Paging {
    /// What a query asks for; `most` is also the most that it may ask for.
    pub(super) fn of_openai(
        call: &VendorCall<'_>,
        usual: usize,
        most: usize,
    ) -> Result<Self, Fault> {
        let limit = limit(call, usual, most)?;
        Ok(Self { after: call.query_value("after"), before: None, limit })
    }

    /// What a query asks for.
    pub(super) fn of_anthropic(call: &VendorCall<'_>) -> Result<Self, Fault> {
        let (after, before) = (call.query_value("after_id"), call.query_value("before_id"));
        if after.is_some() && before.is_some() {
            let message = "Only one of `before_id` and `after_id` may be given.".to_owned();
            return Err(Fault::Invalid(message));
        }
        Ok(Self { after, before, limit: limit(call, 20, 1_000)? })
    }

    /// The part of all `objects`, which stand in the order of the list.
    pub(super) fn page_of(&self, mut objects: Vec<Value>) -> Page {
        let place = |id: &str| objects.iter().position(|object| object["id"] == id);
        if let Some(id) = &self.before {
            objects.truncate(place(id).unwrap_or(0));
            let surplus = objects.len().saturating_sub(self.limit);
            objects.drain(..surplus);
            return Page { objects, has_more: surplus > 0 };
        }
        if let Some(id) = &self.after {
            let end = place(id).map_or(objects.len(), |place| place + 1);
            objects.drain(..end);
        }
        let has_more = objects.len() > self.limit;
        objects.truncate(self.limit);
        Page { objects, has_more }
    }
}

impl Page {
    /// The ids of its first and its last object.
    pub(super) fn ends(&self) -> (Option<&Value>, Option<&Value>) {
        (self.objects.first().map(id), self.objects.last().map(id))
    }
}

fn id(object: &Value) -> &Value {
    &object["id"]
}

fn limit(call: &VendorCall<'_>, usual: usize, most: usize) -> Result<usize, Fault> {
    let Some(given) = call.query_value("limit") else { return Ok(usual) };
    let limit = given.parse().ok().filter(|limit| (1..=most).contains(limit));
    limit.ok_or_else(|| Fault::Invalid(format!("limit: {given} is not between 1 and {most}")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn page(after: Option<&str>, before: Option<&str>, limit: usize) -> (String, bool) {
        let paging =
            Paging { after: after.map(str::to_owned), before: before.map(str::to_owned), limit };
        let page = paging.page_of(["e", "d", "c", "b", "a"].map(|id| json!({ "id": id })).into());
        (page.objects.iter().filter_map(|object| object["id"].as_str()).collect(), page.has_more)
    }

    #[test]
    fn pages_follow_each_other_to_the_end() {
        assert_eq!(page(None, None, 2), ("ed".to_owned(), true));
        assert_eq!(page(Some("d"), None, 2), ("cb".to_owned(), true));
        assert_eq!(page(Some("b"), None, 2), ("a".to_owned(), false));
        assert_eq!(page(Some("a"), None, 2), (String::new(), false));
        assert_eq!(page(Some("unheard-of"), None, 2), (String::new(), false));
    }

    #[test]
    fn a_page_before_an_object_ends_just_before_it() {
        assert_eq!(page(None, Some("b"), 2), ("dc".to_owned(), true));
        assert_eq!(page(None, Some("d"), 2), ("e".to_owned(), false));
    }
}
