//! The tree of a conversation's messages, and the path through it that is shown.

use std::collections::HashMap;

use uuid::Uuid;

use crate::storage::tables::messages::MessageNodeRow;

/// The messages of one conversation by their places.
pub(super) struct Tree {
    nodes: Vec<MessageNodeRow>,
    index: HashMap<Uuid, usize>,
    children: HashMap<Option<Uuid>, Vec<Uuid>>,
}

impl Tree {
    /// The tree of the given messages, which are in the order in which they were begun.
    pub(super) fn new(nodes: Vec<MessageNodeRow>) -> Self {
        let mut index = HashMap::with_capacity(nodes.len());
        let mut children = HashMap::<_, Vec<_>>::new();
        for (place, node) in nodes.iter().enumerate() {
            index.insert(node.id, place);
            children.entry(node.parent_id).or_default().push(node.id);
        }
        Self { nodes, index, children }
    }

    /// The messages from the first to `leaf`.
    pub(super) fn path(&self, leaf: Option<Uuid>) -> Vec<Uuid> {
        let mut path = Vec::new();
        let mut next = leaf.and_then(|id| self.node(id));
        // A tree has no circles; should storage hold one nevertheless, the walk ends.
        while let Some(node) = next.filter(|_| path.len() < self.nodes.len()) {
            path.push(node.id);
            next = node.parent_id.and_then(|id| self.node(id));
        }
        path.reverse();
        path
    }

    /// The message's siblings, itself included, the eldest first: messages of the same author
    /// after the same message.
    pub(super) fn siblings(&self, id: Uuid) -> Vec<Uuid> {
        let Some(node) = self.node(id) else { return Vec::new() };
        self.children
            .get(&node.parent_id)
            .into_iter()
            .flatten()
            .copied()
            .filter(|sibling| self.node(*sibling).is_some_and(|other| other.author == node.author))
            .collect()
    }

    /// The end of the path that goes on from `id` by the youngest message each time.
    pub(super) fn youngest_leaf(&self, id: Uuid) -> Uuid {
        let mut leaf = id;
        for _ in 0..self.nodes.len() {
            match self.children.get(&Some(leaf)).and_then(|children| children.last()) {
                Some(child) => leaf = *child,
                None => break,
            }
        }
        leaf
    }

    /// The calls behind all answers.
    pub(super) fn requests(&self) -> impl Iterator<Item = Uuid> {
        self.nodes.iter().filter_map(|node| node.request_id)
    }

    fn node(&self, id: Uuid) -> Option<&MessageNodeRow> {
        self.index.get(&id).and_then(|place| self.nodes.get(*place))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u128) -> Uuid {
        Uuid::from_u128(number)
    }

    fn node(number: u128, parent: Option<u128>, author: &str) -> MessageNodeRow {
        MessageNodeRow {
            id: id(number),
            parent_id: parent.map(id),
            author: author.to_owned(),
            request_id: None,
        }
    }

    /// 1 ─ 2 ─ 4 ─ 5
    ///   └ 3 ─ 6
    fn tree() -> Tree {
        Tree::new(vec![
            node(1, None, "user"),
            node(2, Some(1), "assistant"),
            node(3, Some(1), "assistant"),
            node(4, Some(2), "user"),
            node(5, Some(4), "assistant"),
            node(6, Some(3), "user"),
        ])
    }

    #[test]
    fn the_path_leads_from_the_first_message_to_the_head() {
        assert_eq!(tree().path(Some(id(5))), [id(1), id(2), id(4), id(5)]);
        assert!(tree().path(None).is_empty());
    }

    #[test]
    fn siblings_are_the_answers_to_the_same_question_in_order() {
        assert_eq!(tree().siblings(id(3)), [id(2), id(3)]);
        assert_eq!(tree().siblings(id(1)), [id(1)]);
    }

    #[test]
    fn choosing_a_sibling_shows_its_youngest_continuation() {
        assert_eq!(tree().youngest_leaf(id(2)), id(5));
        assert_eq!(tree().youngest_leaf(id(6)), id(6));
    }

    #[test]
    fn a_circle_in_storage_does_not_hang_the_reader() {
        let tree = Tree::new(vec![node(1, Some(2), "user"), node(2, Some(1), "assistant")]);
        assert_eq!(tree.path(Some(id(1))).len(), 2);
        tree.youngest_leaf(id(1));
    }
}
