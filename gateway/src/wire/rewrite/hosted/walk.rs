//! Goes through a body and notes what a host does not take of it.
//!
//! Only what Anthropic gives a meaning is looked at: the arguments of a tool call and the schema of
//! a tool are the client's own, whatever the names in them.

use std::ops::Range;

use memchr::memmem;
use serde_json::value::RawValue;

use super::{
    super::{
        cuts::cuts,
        fields::{Member, members_of},
    },
    allowed::{AllowedFields, told},
};

/// Cache marks are on blocks, and on blocks within the result of a tool.
const DEPTH_LIMIT: usize = 2;

pub(super) struct Walk<'a> {
    text: &'a str,
    fields: &'a AllowedFields,
    sent: &'a [String],
    /// What is replaced by what, in no order.
    pub(super) changes: Vec<(Range<usize>, String)>,
    /// Names of what was cut, each once.
    pub(super) dropped: Vec<String>,
    /// Whether no member of the body is left.
    pub(super) is_emptied: bool,
}

impl<'a> Walk<'a> {
    /// Nothing where the text is no object.
    pub(super) fn through(
        text: &'a str,
        fields: &'a AllowedFields,
        elsewhere: &[&str],
        sent: &'a [String],
    ) -> Option<Self> {
        let members = members_of(text)?;
        let (changes, dropped) = (Vec::new(), Vec::new());
        let mut walk = Self { text, fields, sent, changes, dropped, is_emptied: false };
        let stays = |walk: &mut Self, member: &Member<'_>| {
            !elsewhere.contains(&&*member.name) && walk.keeps("", member) && walk.member(member)
        };
        walk.is_emptied = !walk.object(text, &members, stays);
        Some(walk)
    }

    /// What is below a member that stays; whether anything of it is left.
    fn member(&mut self, member: &Member<'_>) -> bool {
        let value = member.value;
        match &*member.name {
            "output_config" => self.members_in("output_config.", value),
            "context_management" => self.context_management(value),
            "cache_control" => self.members_in("cache_control.", value),
            "tools" => {
                for tool in elements_of(value) {
                    self.tool(tool);
                }
                true
            }
            "system" => {
                self.blocks(value, DEPTH_LIMIT);
                true
            }
            "messages" => {
                for message in elements_of(value) {
                    self.message(message);
                }
                true
            }
            _ => true,
        }
    }

    /// A client's own tool; the fields of a vendor's tool are that tool's.
    fn tool(&mut self, tool: &RawValue) {
        let Some(members) = members_of(tool.get()) else { return };
        let of_type = |kind: &Member<'_>| matches!(kind.value.get(), "\"custom\"" | "null");
        let is_own = members.iter().find(|member| member.name == "type").is_none_or(of_type);
        self.object(tool.get(), &members, |walk, member| {
            (!is_own || walk.keeps("tools.", member))
                && (member.name != "cache_control" || walk.member(member))
        });
    }

    fn message(&mut self, message: &RawValue) {
        let text = message.get();
        let has = |what: &str| memmem::find(text.as_bytes(), what.as_bytes()).is_some();
        if !has("\"cache_control\"") && !has("\"system\"") {
            return;
        }
        for member in members_of(text).unwrap_or_default() {
            match (&*member.name, member.value.get()) {
                ("role", "\"system\"") if !self.fields.takes("messages.system", self.sent) => {
                    let role = self.span(member.value.get());
                    self.changes.push((role, "\"user\"".to_owned()));
                    self.tell("messages.system".to_owned());
                }
                ("content", _) => self.blocks(member.value, DEPTH_LIMIT),
                _ => {}
            }
        }
    }

    fn blocks(&mut self, blocks: &RawValue, depth: usize) {
        let Some(below) = depth.checked_sub(1) else { return };
        for block in elements_of(blocks) {
            let Some(members) = members_of(block.get()) else { continue };
            self.object(block.get(), &members, |walk, member| {
                if member.name == "content" {
                    walk.blocks(member.value, below);
                }
                member.name != "cache_control" || walk.member(member)
            });
        }
    }

    /// The edits of `context_management`, each by its type.
    fn context_management(&mut self, value: &RawValue) -> bool {
        let members = members_of(value.get()).unwrap_or_default();
        let Some(edits) = members.iter().find(|member| member.name == "edits") else { return true };
        let edits = elements_of(edits.value);
        let kept: Vec<bool> = edits.iter().map(|edit| self.keeps_edit(edit)).collect();
        if !kept.is_empty() && kept.iter().all(|stays| !stays) {
            return false;
        }
        let parts: Vec<Range<usize>> = edits.iter().map(|edit| self.span(edit.get())).collect();
        self.cut(&parts, |at| !kept[at]);
        true
    }

    fn keeps_edit(&mut self, edit: &RawValue) -> bool {
        #[derive(serde::Deserialize)]
        struct Edit {
            #[serde(rename = "type")]
            kind: String,
        }
        let Ok(Edit { kind }) = serde_json::from_str(edit.get()) else { return true };
        let name = told("context_management.", &kind);
        let stays = self.fields.takes(&name, self.sent);
        if !stays {
            self.tell(name);
        }
        stays
    }

    fn members_in(&mut self, place: &str, value: &RawValue) -> bool {
        let Some(members) = members_of(value.get()) else { return true };
        members.is_empty()
            || self.object(value.get(), &members, |walk, member| walk.keeps(place, member))
    }

    /// Whether the host takes a member; one that asks for nothing goes without a word.
    fn keeps(&mut self, place: &str, member: &Member<'_>) -> bool {
        let name = format!("{place}{}", member.name);
        let stays = self.fields.takes(&name, self.sent);
        if !stays && !member.is_null() {
            self.tell(told(place, &member.name));
        }
        stays
    }

    /// Cuts the members that do not stay, unless none would be left; says whether any is.
    fn object(
        &mut self,
        text: &str,
        members: &[Member<'_>],
        mut stays: impl FnMut(&mut Self, &Member<'_>) -> bool,
    ) -> bool {
        let base = self.span(text).start;
        let kept: Vec<bool> = members.iter().map(|member| stays(self, member)).collect();
        let parts: Vec<Range<usize>> =
            members.iter().map(|member| base + member.key.start..base + member.end).collect();
        let is_left = kept.iter().any(|stays| *stays);
        // Of an object without members there is nothing left to send; whoever holds it cuts it.
        if !is_left && base > 0 {
            return false;
        }
        self.cut(&parts, |at| !kept[at]);
        is_left
    }

    fn cut(&mut self, parts: &[Range<usize>], is_gone: impl Fn(usize) -> bool) {
        self.changes.extend(cuts(parts, is_gone).into_iter().map(|cut| (cut, String::new())));
    }

    fn tell(&mut self, name: String) {
        if !self.dropped.contains(&name) {
            self.dropped.push(name);
        }
    }

    /// Where a part of the text stands in it.
    fn span(&self, part: &str) -> Range<usize> {
        let start = part.as_ptr() as usize - self.text.as_ptr() as usize;
        start..start + part.len()
    }
}

fn elements_of(value: &RawValue) -> Vec<&RawValue> {
    serde_json::from_str(value.get()).unwrap_or_default()
}
