//! The table that says how a service's lists and maps are spelled in the Query protocol.

/// How a service spells its lists and maps in the Query protocol, in requests and in answers alike.
///
/// Members without a row are spelled as in the service model.
#[derive(Debug)]
pub struct Dialect {
    /// The XML namespace of every answer.
    pub xmlns: &'static str,
    /// What stands in every error after its message.
    pub error_detail: &'static str,
    /// One row a member.
    pub collections: &'static [Collection],
}

/// One list or map member.
#[derive(Debug)]
pub struct Collection {
    /// The member's name in the service model, which is its name in JSON 1.0.
    pub member: &'static str,
    /// The first is written, all are read. A leading `*` stands for the operation's name; a dot wraps the repeated
    /// element in an outer one (`Topics.member`).
    pub elements: &'static [&'static str],
    /// What a map's entries call their key and their value; `None` for a list.
    pub entry: Option<(&'static str, &'static str)>,
    /// The member's name when a Query request is answered in JSON.
    pub query_json: &'static str,
}

impl Dialect {
    /// The row of a list or map member.
    pub fn collection(&self, member: &str) -> Option<&'static Collection> {
        self.collections.iter().find(|row| row.member == member)
    }
}

impl Collection {
    pub(crate) const fn list(member: &'static str, elements: &'static [&'static str]) -> Self {
        Collection { member, elements, entry: None, query_json: member }
    }

    pub(crate) const fn map(
        member: &'static str,
        elements: &'static [&'static str],
        key: &'static str,
        value: &'static str,
    ) -> Self {
        Collection { member, elements, entry: Some((key, value)), query_json: member }
    }

    pub(crate) const fn in_query_json(self, query_json: &'static str) -> Self {
        Collection { query_json, ..self }
    }
}

/// Splits an element's spelling into the part that the operation's name stands for and the rest.
pub(super) fn spell<'a>(element: &'static str, operation: &'a str) -> (&'a str, &'static str) {
    match element.strip_prefix('*') {
        Some(rest) => (operation, rest),
        None => ("", element),
    }
}

/// Amazon SQS, API version 2012-11-05.
pub static SQS: Dialect = Dialect {
    xmlns: "http://queue.amazonaws.com/doc/2012-11-05/",
    error_detail: "<Detail/>",
    collections: &[
        Collection::list("Messages", &["Message"]).in_query_json("messages"),
        Collection::list("Entries", &["*RequestEntry"]),
        Collection::list("Successful", &["*ResultEntry"]),
        Collection::list("Failed", &["BatchResultErrorEntry"]),
        Collection::list("Results", &["*ResultEntry"]),
        Collection::list("QueueUrls", &["QueueUrl"]).in_query_json("queueUrls"),
        Collection::list("queueUrls", &["QueueUrl"]),
        Collection::list("AttributeNames", &["AttributeName"]),
        Collection::list("MessageSystemAttributeNames", &["MessageSystemAttributeName", "AttributeName"]),
        Collection::list("MessageAttributeNames", &["MessageAttributeName"]),
        Collection::list("TagKeys", &["TagKey"]),
        Collection::list("AWSAccountIds", &["AWSAccountId"]),
        Collection::list("Actions", &["ActionName"]),
        Collection::list("StringListValues", &["StringListValue"]),
        Collection::list("BinaryListValues", &["BinaryListValue"]),
        Collection::map("Attributes", &["Attribute"], "Name", "Value"),
        Collection::map("MessageAttributes", &["MessageAttribute"], "Name", "Value"),
        Collection::map("MessageSystemAttributes", &["MessageSystemAttribute"], "Name", "Value"),
        Collection::map("Tags", &["Tag"], "Key", "Value"),
        Collection::map("tags", &["Tag"], "Key", "Value"),
    ],
};

/// AWS CloudFormation, API version 2010-05-15.
pub static CLOUDFORMATION: Dialect = Dialect {
    xmlns: "http://cloudformation.amazonaws.com/doc/2010-05-15/",
    error_detail: "",
    collections: &[
        Collection::list("AllowedValues", &["AllowedValues.member"]),
        Collection::list("Capabilities", &["Capabilities.member"]),
        Collection::list("Changes", &["Changes.member"]),
        Collection::list("DeclaredTransforms", &["DeclaredTransforms.member"]),
        Collection::list("Details", &["Details.member"]),
        Collection::list("Exports", &["Exports.member"]),
        Collection::list("Imports", &["Imports.member"]),
        Collection::list("NotificationARNs", &["NotificationARNs.member"]),
        Collection::list("Outputs", &["Outputs.member"]),
        Collection::list("Parameters", &["Parameters.member"]),
        Collection::list("ResourceTypes", &["ResourceTypes.member"]),
        Collection::list("ResourcesToImport", &["ResourcesToImport.member"]),
        Collection::list("ResourcesToSkip", &["ResourcesToSkip.member"]),
        Collection::list("RetainResources", &["RetainResources.member"]),
        Collection::list("RollbackTriggers", &["RollbackTriggers.member"]),
        Collection::list("Scope", &["Scope.member"]),
        Collection::list("StackEvents", &["StackEvents.member"]),
        Collection::list("StackResourceSummaries", &["StackResourceSummaries.member"]),
        Collection::list("StackResources", &["StackResources.member"]),
        Collection::list("StackStatusFilter", &["StackStatusFilter.member"]),
        Collection::list("StackSummaries", &["StackSummaries.member"]),
        Collection::list("Stacks", &["Stacks.member"]),
        Collection::list("StagesAvailable", &["StagesAvailable.member"]),
        Collection::list("Summaries", &["Summaries.member"]),
        Collection::list("Tags", &["Tags.member"]),
        Collection::map("ResourceIdentifier", &["ResourceIdentifier.entry"], "key", "value"),
    ],
};

/// Amazon SNS, API version 2010-03-31.
pub static SNS: Dialect = Dialect {
    xmlns: "http://sns.amazonaws.com/doc/2010-03-31/",
    error_detail: "",
    collections: &[
        Collection::list("Topics", &["Topics.member"]),
        Collection::list("Subscriptions", &["Subscriptions.member"]),
        Collection::list("Tags", &["Tags.member"]),
        Collection::list("TagKeys", &["TagKeys.member"]),
        Collection::list("AWSAccountId", &["AWSAccountId.member"]),
        Collection::list("ActionName", &["ActionName.member"]),
        Collection::list("PublishBatchRequestEntries", &["PublishBatchRequestEntries.member"]),
        Collection::list("Successful", &["Successful.member"]),
        Collection::list("Failed", &["Failed.member"]),
        Collection::list("phoneNumbers", &["phoneNumbers.member"]),
        Collection::list("PhoneNumbers", &["PhoneNumbers.member"]),
        Collection::list("PlatformApplications", &["PlatformApplications.member"]),
        Collection::list("Endpoints", &["Endpoints.member"]),
        // A map where it is set or told, a list of names where it is asked for.
        Collection::map("attributes", &["attributes.entry", "attributes.member"], "key", "value"),
        Collection::map("Attributes", &["Attributes.entry"], "key", "value"),
        Collection::map("MessageAttributes", &["MessageAttributes.entry"], "Name", "Value"),
    ],
};
