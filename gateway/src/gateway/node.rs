//! Who this node is, in the records: an id of its own, kept beside its journal.

use std::{fs, io, path::Path, str::FromStr};

use shared::id::{Node, NodeId};

use crate::{
    kernel::{Clock, Ids},
    proxy::ledger,
    storage::Database,
};

const FILE: &str = "node-id";
const JOURNAL: &str = "journal";

/// This node's id: made once, kept beside its journal.
pub(crate) fn node_id(directory: &Path, clock: &Clock, ids: &Ids) -> io::Result<NodeId> {
    let file = directory.join(FILE);
    match fs::read_to_string(&file) {
        Ok(text) => NodeId::from_str(text.trim())
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let id = ids.next::<Node>(clock.now());
            // Not in place: on a full disk half an id would be left, and the next start fail.
            let unfinished = directory.join("node-id.new");
            fs::write(&unfinished, id.to_string())?;
            fs::rename(unfinished, file)?;
            Ok(id)
        }
        Err(error) => Err(error),
    }
}

/// This node's id, if nobody has taken the node over while it was gone. If somebody has, its calls
/// are in the ledger already, so its journal is set aside and it goes on as another node.
pub(super) async fn own_node_id(
    directory: &Path,
    database: &Database,
    clock: &Clock,
    ids: &Ids,
) -> Result<NodeId, super::OpenError> {
    let failed = |error| super::OpenError::Data(directory.display().to_string(), error);
    let node = node_id(directory, clock, ids).map_err(failed)?;
    if ledger::is_its_own(database, node, clock).await? {
        return Ok(node);
    }
    tracing::warn!(
        %node,
        "another node has taken over the calls of this one while it was gone; it goes on under a \
         new id, and its journal is set aside"
    );
    set_aside(directory, node).map_err(failed)?;
    let node = node_id(directory, clock, ids).map_err(failed)?;
    ledger::is_its_own(database, node, clock).await?;
    Ok(node)
}

fn set_aside(directory: &Path, node: NodeId) -> io::Result<()> {
    let journal = directory.join(JOURNAL);
    if journal.exists() {
        fs::rename(journal, directory.join(format!("{JOURNAL}-of-{node}")))?;
    }
    fs::remove_file(directory.join(FILE))
}
