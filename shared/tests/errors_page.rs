//! The reference page of errors tells of every code, with its true status.

use std::{fs, path::Path};

use shared::ProblemCode;

#[test]
fn every_problem_code_has_its_row_in_the_reference_page() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/ERRORS.md");
    let page = fs::read_to_string(page).unwrap();
    for code in ProblemCode::ALL {
        let row = format!("| `{code}` | {} |", code.status());
        assert!(page.contains(&row), "docs/ERRORS.md has no row that begins with {row}");
    }
}
