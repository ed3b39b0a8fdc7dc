//! shop-webhooks: the example's own tests. What it takes is measured in `timed`.

use std::path::Path;
use std::process::Command;

#[test]
fn the_functions_and_the_stand_in_keep_what_they_promise() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/shop-webhooks");
    for folder in [example.join("functions"), example] {
        let run = Command::new("python3").args(["-B", "-m", "unittest"]).current_dir(folder).output();
        let run = run.expect("Python 3 is there");
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    }
}
