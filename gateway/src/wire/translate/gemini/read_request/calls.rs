//! Which call a result answers.
//!
//! A call and its result have an id here only where the client keeps one; without it they belong
//! together by their name and their order, and the id that other dialects need is made up.

use crate::wire::WireError;

/// The calls of a conversation so far.
#[derive(Default)]
pub(super) struct Calls {
    made: Vec<Call>,
    /// The first call that may still be answered.
    open_from: usize,
}

struct Call {
    id: String,
    name: String,
    is_answered: bool,
}

impl Calls {
    /// The model speaks again; what it called before is answered or never will be.
    pub(super) fn next_turn(&mut self) {
        self.open_from = self.made.len();
    }

    /// The id of a call that the model made.
    pub(super) fn call(&mut self, given: Option<String>, name: &str) -> String {
        let given = given.filter(|id| !id.is_empty());
        let id = given.unwrap_or_else(|| self.unused_id());
        self.made.push(Call { id: id.clone(), name: name.to_owned(), is_answered: false });
        id
    }

    /// The id of the call that a result answers.
    ///
    /// # Errors
    ///
    /// `Invalid` where there is none.
    pub(super) fn answer(
        &mut self,
        given: Option<String>,
        name: &str,
    ) -> Result<String, WireError> {
        let given = given.filter(|id| !id.is_empty());
        let mut open = self.made[self.open_from..].iter_mut();
        let found = match &given {
            Some(id) => open.find(|call| call.id == *id),
            None => open.find(|call| call.name == name && !call.is_answered),
        };
        if let Some(call) = found {
            call.is_answered = true;
            return Ok(call.id.clone());
        }
        given.ok_or_else(|| {
            let detail = format!(
                "the `functionResponse` of `{}` answers no `functionCall` of the turn before",
                name.chars().take(64).collect::<String>()
            );
            WireError::invalid("contents", detail)
        })
    }

    fn unused_id(&self) -> String {
        let mut number = self.made.len() + 1;
        loop {
            let id = format!("call_{number}");
            if self.made.iter().all(|call| call.id != id) {
                return id;
            }
            number += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_without_ids_answer_calls_of_their_name_in_order() {
        let mut calls = Calls::default();
        let first = calls.call(None, "look");
        let other = calls.call(None, "go");
        let second = calls.call(None, "look");
        assert_eq!(calls.answer(None, "go").unwrap(), other);
        assert_eq!(calls.answer(None, "look").unwrap(), first);
        assert_eq!(calls.answer(None, "look").unwrap(), second);
        let error = calls.answer(None, "look").unwrap_err();
        assert_eq!(error.pointer(), Some("contents"));
    }

    #[test]
    fn an_earlier_turn_is_not_answered_any_more() {
        let mut calls = Calls::default();
        calls.call(None, "look");
        calls.next_turn();
        let later = calls.call(None, "look");
        assert_eq!(calls.answer(None, "look").unwrap(), later);
    }

    #[test]
    fn a_given_id_stands_and_is_never_made_up_for_another_call() {
        let mut calls = Calls::default();
        assert_eq!(calls.call(Some("call_2".to_owned()), "look"), "call_2");
        assert_eq!(calls.call(None, "look"), "call_3");
        assert_eq!(calls.answer(Some("call_2".to_owned()), "look").unwrap(), "call_2");
        assert_eq!(calls.answer(None, "look").unwrap(), "call_3");
        assert_eq!(calls.answer(Some("not_here".to_owned()), "look").unwrap(), "not_here");
    }
}
