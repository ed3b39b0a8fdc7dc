//! What the commands that ask an endpoint share: a client, a way to speak to a person, an end.

use std::io::{Write as _, stderr};
use std::process::ExitCode;

use anyhow::Result;
use bongsu_client::{Client, Settings};

/// As a shell has it for a command that was interrupted.
pub(crate) const EXIT_INTERRUPTED: u8 = 130;

/// Carries a command out; what keeps it from that is said in one line.
pub(crate) fn run(command: impl Future<Output = Result<ExitCode>>) -> ExitCode {
    crate::run::allow_many_files();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let ended = runtime.map_err(anyhow::Error::from).and_then(|runtime| runtime.block_on(command));
    ended.unwrap_or_else(|error| {
        say(&format!("bongsu: {error:#}"));
        ExitCode::FAILURE
    })
}

/// A client as the environment has it, unless the command names an endpoint or a queue with one.
pub(crate) fn client(endpoint_url: Option<&str>, queue_url: Option<&str>) -> Result<Client> {
    Ok(Client::new(Settings::from_environment(endpoint_url, queue_url)?)?)
}

/// A line for a person, on standard error: standard output is for results.
pub(crate) fn say(line: &str) {
    // Without anybody who reads it there is nobody to tell.
    writeln!(stderr(), "{line}").unwrap_or_default();
}

/// Text that somebody else wrote, so that it cannot steer the terminal.
pub(crate) fn printable(text: &str) -> String {
    let is_harmless = |character: char| !character.is_control() || matches!(character, '\n' | '\t');
    let mut printable = String::with_capacity(text.len());
    for character in text.chars() {
        if is_harmless(character) { printable.push(character) } else { printable.extend(character.escape_default()) }
    }
    printable
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_strangers_cannot_steer_the_terminal() {
        assert_eq!(printable("봉수\n\t{\"a\":1}"), "봉수\n\t{\"a\":1}");
        assert_eq!(printable("\x1b[2J\r\u{9b}x"), "\\u{1b}[2J\\r\\u{9b}x");
    }
}
