use std::{
    io::{BufRead, BufReader},
    process::Stdio,
};

use super::*;

#[test]
fn a_killed_process_loses_nothing_that_append_has_taken() {
    if let Some(directory) = child_directory() {
        append_for_ever(&directory);
    }
    let directory = directory();
    let test = "journal::tests::crash::a_killed_process_loses_nothing_that_append_has_taken";
    let mut child = child(test, directory.path()).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let reported =
        |line: String| line.strip_prefix("appended ").map(|index| index.parse().unwrap());
    let mut last: usize = lines.by_ref().filter_map(reported).nth(5_000).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    for line in lines {
        // The last line may be cut off in the middle of its number.
        if line.ends_with('.') {
            last = reported(line.trim_end_matches('.').to_owned()).unwrap_or(last);
        }
    }
    let (journal, recovery) = open(directory.path());
    assert_eq!(recovery.damaged, []);
    let read = payloads(&journal);
    assert!(read.len() > last, "{} records were read, {last} was reported", read.len());
    for (index, payload) in read.iter().enumerate() {
        assert_eq!(*payload, index.to_string().into_bytes());
    }
}

fn append_for_ever(directory: &Path) -> ! {
    let (journal, _) = open(directory);
    for index in 0_usize.. {
        journal.append(index.to_string().as_bytes()).unwrap();
        println!("appended {index}");
    }
    unreachable!()
}
