//! `bongsu plan`: shows what `up` would change, without a change.

use std::io::{Write as _, stdout};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use bongsu_broker::Account;
use bongsu_client::Client;
use bongsu_server::{Against, Preview, PreviewChange, Told, preview};
use clap::Args;

use crate::arguments::{ACCOUNT_DEFAULT, REGION_DEFAULT, TemplateArguments, account, region};
use crate::ask::{client, printable, say};

/// Something would change.
const EXIT_CHANGES: u8 = 2;

#[derive(Args)]
pub(crate) struct PlanArguments {
    #[command(flatten)]
    template: TemplateArguments,
    /// The data directory that has the stack; a server may have it open.
    #[arg(long, default_value = "./bongsu-data", value_name = "DIRECTORY", conflicts_with = "against")]
    data: PathBuf,
    /// A server that has the stack. Parameters that are secrets count as unchanged: it does not tell them.
    #[arg(long, value_name = "URL")]
    against: Option<String>,
    /// The account of the stack.
    #[arg(long, default_value_t = ACCOUNT_DEFAULT, value_parser = account)]
    account: Account,
    /// The region in ARNs.
    #[arg(long, default_value = REGION_DEFAULT, value_parser = region)]
    region: String,
}

pub(crate) async fn run(arguments: PlanArguments) -> Result<ExitCode> {
    let template = arguments.template.into_file();
    let against = match arguments.against.as_deref() {
        None => Against::Directory(arguments.data),
        Some(url) => {
            let name = bongsu_server::stack_name(&template)?;
            Against::Told(told(&client(Some(url), None)?, &name).await?)
        }
    };
    let preview = preview(&template, against, arguments.account, &arguments.region)?;
    if preview.changes.is_empty() {
        say(&format!("The stack {} would stay as it is.", preview.stack));
        return Ok(ExitCode::SUCCESS);
    }
    write!(stdout(), "{}", text(&preview))?;
    Ok(ExitCode::from(EXIT_CHANGES))
}

async fn told(client: &Client, stack: &str) -> Result<Option<Told>> {
    let Some(described) = client.stack(stack).await? else { return Ok(None) };
    Ok(Some(Told {
        template: client.stack_template(stack).await?,
        parameters: described.parameters,
        exports: client.stack_exports().await?,
    }))
}

/// A line for each change.
fn text(preview: &Preview) -> String {
    let line = |change: &PreviewChange| {
        let PreviewChange { action, logical_id, type_name, physical_id, what } = change;
        let mut line = format!("{action:<8} {logical_id}  {type_name}");
        if let Some(id) = physical_id {
            line += &format!("  {id}");
        }
        if !what.is_empty() {
            line += &format!("  ({})", what.join(", "));
        }
        printable(&line) + "\n"
    };
    preview.changes.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_told_in_a_line() {
        let change = |action, physical_id: Option<&str>, what: &[&str]| PreviewChange {
            action,
            logical_id: "Orders".to_owned(),
            type_name: "AWS::SQS::Queue".to_owned(),
            physical_id: physical_id.map(str::to_owned),
            what: what.iter().map(|name| (*name).to_owned()).collect(),
        };
        let changes = vec![change("Create", None, &[]), change("Update", Some("orders"), &["DelaySeconds", "Tags"])];
        assert_eq!(
            text(&Preview { stack: "s".to_owned(), changes }),
            "Create   Orders  AWS::SQS::Queue\nUpdate   Orders  AWS::SQS::Queue  orders  (DelaySeconds, Tags)\n"
        );
    }
}
