//! Workflows: what becomes of what is asked of machines and executions.

pub(super) mod draft;
mod executions;
mod machines;
mod map_runs;
mod tasks;

use crate::{Broker, Decision, Entropy, Rejection, Reply, WorkflowCommand, WorkflowRejection, WorkflowReply};

impl Broker {
    pub(super) fn decide_workflow(
        &self,
        command: WorkflowCommand,
        entropy: &mut Entropy,
    ) -> Result<Decision, Rejection> {
        match command {
            WorkflowCommand::CreateMachine { machine, publish } => {
                self.decide_create_machine(machine, publish, entropy)
            }
            WorkflowCommand::UpdateMachine { name, definition, role, details, publish } => {
                self.decide_update_machine(&name, (definition, role, details), publish, entropy)
            }
            WorkflowCommand::DeleteMachine { name } => Ok(self.decide_delete_machine(name)),
            WorkflowCommand::DescribeMachine { machine } => self.decide_describe_machine(&machine),
            WorkflowCommand::ListMachines { after, max } => Ok(self.decide_list_machines(after.as_deref(), max)),
            WorkflowCommand::PublishMachineVersion { name, revision, description } => {
                self.decide_publish_machine_version(&name, revision, description)
            }
            WorkflowCommand::DeleteMachineVersion { name, number } => self.decide_delete_machine_version(name, number),
            WorkflowCommand::ListMachineVersions { name, before, max } => {
                self.decide_list_machine_versions(&name, before, max)
            }
            WorkflowCommand::PutMachineAlias { machine, alias, replace } => {
                self.decide_put_machine_alias(machine, alias, replace)
            }
            WorkflowCommand::DeleteMachineAlias { machine, alias } => self.decide_delete_machine_alias(machine, alias),
            WorkflowCommand::ListMachineAliases { machine, after, max } => {
                self.decide_list_machine_aliases(&machine, after.as_deref(), max)
            }
            WorkflowCommand::CreateActivity { name } => self.decide_create_activity(name),
            WorkflowCommand::DeleteActivity { name } => Ok(self.decide_delete_activity(name)),
            WorkflowCommand::DescribeActivity { name } => self.decide_describe_activity(&name),
            WorkflowCommand::ListActivities { after, max } => Ok(self.decide_list_activities(after.as_deref(), max)),
            WorkflowCommand::StartExecution { machine, name, input, trace_header } => {
                self.decide_start_execution(machine, name, input, trace_header, entropy)
            }
            WorkflowCommand::BeginExpress { machine, name, input, trace_header } => {
                self.decide_begin_express(machine, name, &input, trace_header, entropy)
            }
            WorkflowCommand::Step { id, input } => self.decide_step(id, &input, entropy),
            WorkflowCommand::CarryOut { task, action } => self.decide_carry_out(task, action, entropy),
            WorkflowCommand::AnswerTask { token, answer } => self.decide_answer_task(token, &answer, entropy),
            WorkflowCommand::StopExecution { id, error, cause } => self.decide_stop(id, error, cause, entropy),
            WorkflowCommand::RedriveExecution { id } => self.decide_redrive(id, entropy),
            WorkflowCommand::FindExecution { machine, name } => self.decide_find_execution(&machine, &name),
            WorkflowCommand::DescribeExecution { id } => self.decide_describe_execution(id),
            WorkflowCommand::ListExecutions { machine, status, redriven, after, max } => {
                self.decide_list_executions(&machine, (status, redriven), after, max)
            }
            WorkflowCommand::DescribeMapRun { id } => self.decide_describe_map_run(id),
            WorkflowCommand::FindMapChild { name } => {
                let id = self.workflows.map_runs.of_child(name).ok_or(WorkflowRejection::ExecutionDoesNotExist)?;
                self.decide_describe_map_run(id)
            }
            WorkflowCommand::ListMapRuns { id, after, max } => self.decide_list_map_runs(id, after, max),
            WorkflowCommand::ChangeMapRun { id, change } => self.decide_change_map_run(id, change, entropy),
            WorkflowCommand::EndExpress { id, succeeded } => Ok(self.decide_end_express(id, succeeded)),
        }
    }
}

fn told(reply: WorkflowReply) -> Decision {
    Decision::reply(Reply::Workflow(reply))
}
