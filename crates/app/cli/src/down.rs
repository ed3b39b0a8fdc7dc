//! `bongsu down`: deletes a stack of a server that runs.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Result, bail};
use clap::Args;

use crate::arguments::stack_name;
use crate::ask::{EXIT_INTERRUPTED, client, printable, say};
use crate::run::stop_signal;

/// How often it is asked whether the stack is gone.
const ASK_EVERY: Duration = Duration::from_millis(200);

#[derive(Args)]
pub(crate) struct DownArguments {
    /// The stack; needed if the server has more than one.
    #[arg(value_parser = stack_name)]
    stack: Option<String>,
    /// Where the requests go.
    #[arg(long, value_name = "URL")]
    endpoint_url: Option<String>,
}

pub(crate) async fn run(arguments: DownArguments) -> Result<ExitCode> {
    let client = client(arguments.endpoint_url.as_deref(), None)?;
    let stack = match arguments.stack {
        Some(name) => match client.stack(&name).await? {
            Some(stack) => stack,
            None => bail!("there is no stack {name} at {}", client.endpoint()),
        },
        None => {
            let mut stacks = client.stacks().await?;
            match (stacks.pop(), stacks.is_empty()) {
                (Some(only), true) => only,
                (None, _) => bail!("there is no stack at {}", client.endpoint()),
                (Some(last), false) => {
                    stacks.push(last);
                    let names: Vec<String> = stacks.iter().map(|stack| printable(&stack.name)).collect();
                    bail!("name one of the stacks: {}", names.join(", "));
                }
            }
        }
    };
    client.delete_stack(&stack.id).await?;
    let mut interrupted = std::pin::pin!(stop_signal());
    loop {
        let now = client.stack(&stack.id).await?;
        match now.as_ref().map(|stack| stack.status.as_str()) {
            None | Some("DELETE_COMPLETE") => {
                say(&format!("Deleted the stack {}.", printable(&stack.name)));
                return Ok(ExitCode::SUCCESS);
            }
            Some("DELETE_IN_PROGRESS") => {}
            Some(status) => {
                let reason = now.as_ref().and_then(|stack| stack.reason.as_deref()).unwrap_or_default();
                bail!("the stack {} is {}: {}", printable(&stack.name), printable(status), printable(reason));
            }
        }
        tokio::select! {
            () = tokio::time::sleep(ASK_EVERY) => {}
            () = &mut interrupted => return Ok(ExitCode::from(EXIT_INTERRUPTED)),
        }
    }
}
