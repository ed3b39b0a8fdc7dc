"""Every paginator that botocore has for an operation that is served here, over two pages and more; and every waiter."""

import io
import json
import pathlib
import re
import time
import unittest
import uuid

import boto3
import botocore.config
import botocore.loaders
from botocore import xform_name
from functions import ROLE, archive

CONFIG = botocore.config.Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})
LOADER = botocore.loaders.Loader()
COMPAT = pathlib.Path(__file__).parents[3] / "docs/compat"
# What lists without a size of their own have on a page in AWS.
UNSIZED_PAGE = 100
# Lists that are told whole, as there is nothing to be in them, or as the compat page says.
WHOLE = {
    ("sns", "list_phone_numbers_opted_out"),
    ("sns", "list_origination_numbers"),
    ("cloudformation", "describe_change_set"),
    ("cloudformation", "describe_stack_events"),
    ("cloudformation", "describe_stacks"),
    ("cloudformation", "list_change_sets"),
    ("cloudformation", "list_stack_resources"),
    ("cloudformation", "list_stacks"),
    ("cloudformation", "list_exports"),
    ("cloudformation", "list_imports"),
}
# Of imports, which are refused.
NEVER = {("cloudformation", "stack_import_complete")}


def served(service):
    """The operations of a service that its compat page names."""
    described = COMPAT / f"{service}.json"
    if described.exists():
        return set(json.loads(described.read_text())["operations"])
    page = (COMPAT / f"{service}.md").read_text()
    cells = [line.split("|")[1] for line in page.splitlines() if line.startswith("|")]
    return {name for cell in cells for name in re.findall(r"[A-Z]\w+", cell)}


def models(kind, version):
    """The service and the model of every paginator or waiter of what is served."""
    for service in ["sqs", "sns", "lambda", "cloudformation", "logs", "s3"]:
        if service in LOADER.list_available_services(version):
            for name, model in LOADER.load_service_model(service, version)[kind].items():
                if model.get("operation", name) in served(service):
                    yield (service, xform_name(name)), model


class Paginators(unittest.TestCase):
    """Each makes what is listed, three times at least, and tells what it has made."""

    @classmethod
    def setUpClass(cls):
        cls.models = dict(models("pagination", "paginators-1"))
        cls.tried = set()

    def setUp(self):
        names = ["sqs", "sns", "lambda", "cloudformation", "logs", "s3"]
        self.clients = {name: boto3.client(name, config=CONFIG) for name in names}
        self.prefix = "p" + uuid.uuid4().hex[:12]

    def call(self, service, operation, **parameters):
        return getattr(self.clients[service], operation)(**parameters)

    def pages(self, service, operation, size=2, **parameters):
        """What all pages have, which is the same in whatever pages it comes."""
        model = self.models[service, operation]
        self.tried.add((service, operation))
        keys = model["result_key"] if isinstance(model["result_key"], list) else [model["result_key"]]
        paginator = self.clients[service].get_paginator(operation)

        def read(**config):
            pages = list(paginator.paginate(**parameters, PaginationConfig=config))
            return [item for page in pages for item in page.get(keys[0], [])], len(pages)

        whole, count = read()
        if (service, operation) in WHOLE:
            self.assertEqual(count, 1)
            return whole
        self.assertGreater(len(whole), size)
        if "limit_key" in model:
            paged, count = read(PageSize=size)
            self.assertEqual(paged, whole)
            self.assertEqual(read(MaxItems=size)[0], whole[:size])
        self.assertGreaterEqual(count, 2)
        return whole

    def names(self, count=5):
        return [f"{self.prefix}-{n:03}" for n in range(count)]

    def test_queues(self):
        for name in self.names():
            dead = {"deadLetterTargetArn": f"arn:aws:sqs:us-east-1:000000000000:{self.prefix}-000", "maxReceiveCount": 1}
            attributes = {} if name.endswith("-000") else {"RedrivePolicy": json.dumps(dead)}
            self.call("sqs", "create_queue", QueueName=name, Attributes=attributes)
        urls = self.pages("sqs", "list_queues", QueueNamePrefix=self.prefix)
        self.assertEqual([url.rsplit("/", 1)[1] for url in urls], self.names())
        sources = self.pages("sqs", "list_dead_letter_source_queues", QueueUrl=urls[0])
        self.assertEqual(sources, urls[1:])

    def test_topics_and_subscriptions(self):
        names = self.names(UNSIZED_PAGE + 5)
        topics = [self.call("sns", "create_topic", Name=name)["TopicArn"] for name in names]
        listed = [topic["TopicArn"] for topic in self.pages("sns", "list_topics")]
        self.assertEqual(sorted(set(topics) & set(listed)), sorted(topics))
        self.assertEqual(len(set(listed)), len(listed))
        for name in names:
            endpoint = f"arn:aws:sqs:us-east-1:000000000000:{name}"
            self.call("sqs", "create_queue", QueueName=name)
            self.call("sns", "subscribe", TopicArn=topics[0], Protocol="sqs", Endpoint=endpoint)
        of_topic = self.pages("sns", "list_subscriptions_by_topic", TopicArn=topics[0])
        self.assertEqual(sorted(each["Endpoint"].rsplit(":", 1)[1] for each in of_topic), names)
        self.assertGreaterEqual(len(self.pages("sns", "list_subscriptions")), len(names))

    def test_applications_and_numbers(self):
        names = self.names(UNSIZED_PAGE + 5)
        attributes = {"PlatformCredential": "key"}
        made = {"Platform": "GCM", "Attributes": attributes}
        arns = [self.call("sns", "create_platform_application", Name=name, **made) for name in names]
        application = arns[0]["PlatformApplicationArn"]
        for name in names:
            self.call("sns", "create_platform_endpoint", PlatformApplicationArn=application, Token=name)
        self.assertGreaterEqual(len(self.pages("sns", "list_platform_applications")), len(names))
        of_application = {"PlatformApplicationArn": application}
        endpoints = self.pages("sns", "list_endpoints_by_platform_application", **of_application)
        self.assertEqual(len({each["EndpointArn"] for each in endpoints}), len(names))
        for n in range(5):
            self.call("sns", "create_sms_sandbox_phone_number", PhoneNumber=f"+1555555010{n}")
        self.pages("sns", "list_sms_sandbox_phone_numbers")
        self.assertEqual(self.pages("sns", "list_phone_numbers_opted_out"), [])
        self.assertEqual(self.pages("sns", "list_origination_numbers"), [])

    def make_function(self, name):
        code = {"ZipFile": archive()}
        self.call(
            "lambda", "create_function", FunctionName=name, Runtime="python3.11", Handler="app.echo", Role=ROLE, Code=code
        )

    def publish_versions(self, count, **function):
        """Versions that differ, as others are not published."""
        for timeout in range(10, 10 + count):
            self.call("lambda", "update_function_configuration", **function, Timeout=timeout)
            yield self.call("lambda", "publish_version", **function)["Version"]

    def test_functions_and_what_is_theirs(self):
        for name in self.names():
            self.make_function(name)
        listed = self.pages("lambda", "list_functions")
        self.assertLessEqual(set(self.names()), {function["FunctionName"] for function in listed})
        function = {"FunctionName": self.names()[0]}
        for n, version in enumerate(self.publish_versions(3, **function)):
            alias = {**function, "Qualifier": f"alias-{n}"}
            self.call("lambda", "create_alias", **function, Name=f"alias-{n}", FunctionVersion=version)
            self.call("lambda", "put_function_event_invoke_config", **alias, MaximumRetryAttempts=1)
            self.call("lambda", "put_provisioned_concurrency_config", **alias, ProvisionedConcurrentExecutions=1)
            self.call("lambda", "create_function_url_config", **alias, AuthType="NONE")
        for size in [1, 2, 3]:
            versions = self.pages("lambda", "list_versions_by_function", size=size, **function)
            self.assertEqual([version["Version"] for version in versions], ["$LATEST", "1", "2", "3"])
        everything = self.pages("lambda", "list_functions", size=1, FunctionVersion="ALL")
        self.assertGreaterEqual(len({version["FunctionArn"] for version in everything}), 8)
        aliases = self.pages("lambda", "list_aliases", **function)
        self.assertEqual([alias["Name"] for alias in aliases], ["alias-0", "alias-1", "alias-2"])
        self.assertEqual(len(self.pages("lambda", "list_function_event_invoke_configs", **function)), 3)
        self.assertEqual(len(self.pages("lambda", "list_provisioned_concurrency_configs", **function)), 3)
        self.assertEqual(len(self.pages("lambda", "list_function_url_configs", **function)), 3)

    def test_mappings_and_layers(self):
        self.make_function(self.prefix)
        for name in self.names():
            self.call("sqs", "create_queue", QueueName=name)
            arn = f"arn:aws:sqs:us-east-1:000000000000:{name}"
            self.call("lambda", "create_event_source_mapping", FunctionName=self.prefix, EventSourceArn=arn)
            for _ in range(3):
                self.call("lambda", "publish_layer_version", LayerName=name, Content={"ZipFile": archive()})
        mappings = self.pages("lambda", "list_event_source_mappings", FunctionName=self.prefix)
        sources = sorted(mapping["EventSourceArn"].rsplit(":", 1)[1] for mapping in mappings)
        self.assertEqual(sources, self.names())
        layers = [layer["LayerName"] for layer in self.pages("lambda", "list_layers")]
        self.assertLessEqual(set(self.names()), set(layers))
        versions = self.pages("lambda", "list_layer_versions", LayerName=self.prefix + "-000")
        self.assertEqual([version["Version"] for version in versions], [3, 2, 1])

    def test_lines_of_functions(self):
        for name in self.names(3):
            self.make_function(name)
            self.call("lambda", "invoke", FunctionName=name, Payload=b"{}")
        name = self.names()[0]
        for qualifier in self.publish_versions(3, FunctionName=name):
            self.call("lambda", "invoke", FunctionName=name, Qualifier=qualifier, Payload=b"{}")
        prefix = f"/aws/lambda/{self.prefix}"
        groups = self.pages("logs", "describe_log_groups", logGroupNamePrefix=prefix)
        self.assertEqual([group["logGroupName"] for group in groups], [f"/aws/lambda/{name}" for name in self.names(3)])
        group = {"logGroupName": f"/aws/lambda/{name}"}
        self.assertEqual(len(self.pages("logs", "describe_log_streams", **group)), 4)
        events = self.pages("logs", "filter_log_events", **group, filterPattern="REPORT")
        self.assertEqual(len(events), 4)

    def test_objects(self):
        s3 = self.clients["s3"]
        for name in self.names():
            s3.create_bucket(Bucket=name)
        buckets = self.pages("s3", "list_buckets", Prefix=self.prefix)
        self.assertEqual([bucket["Name"] for bucket in buckets], self.names())
        bucket = {"Bucket": self.names()[0]}
        keys = [f"key {n}/가" for n in range(5)]
        uploads = []
        for key in keys:
            s3.put_object(**bucket, Key=key, Body=b"")
            uploads.append(s3.create_multipart_upload(**bucket, Key=key)["UploadId"])
        for operation in ["list_objects", "list_objects_v2", "list_object_versions", "list_multipart_uploads"]:
            self.assertEqual([each["Key"] for each in self.pages("s3", operation, **bucket)], keys, operation)
        upload = {**bucket, "Key": keys[0], "UploadId": uploads[0]}
        for number in range(1, 6):
            s3.upload_part(**upload, PartNumber=number, Body=io.BytesIO(b"part"))
        self.assertEqual([part["PartNumber"] for part in self.pages("s3", "list_parts", **upload)], [1, 2, 3, 4, 5])

    def test_stacks(self):
        queue = {"Type": "AWS::SQS::Queue"}
        export = {"Value": {"Ref": "Queue"}, "Export": {"Name": self.prefix}}
        body = json.dumps({"Resources": {"Queue": queue}, "Outputs": {"Out": export}})
        imports = {"Type": "AWS::SQS::Queue", "Properties": {"Tags": [{"Key": "a", "Value": {"Fn::ImportValue": self.prefix}}]}}
        stack = {"StackName": self.prefix}
        self.call("cloudformation", "create_stack", **stack, TemplateBody=body)
        importing = json.dumps({"Resources": {"Queue": imports}})
        self.call("cloudformation", "create_stack", StackName=self.prefix + "-i", TemplateBody=importing)
        changed = body.replace('"AWS::SQS::Queue"}', '"AWS::SQS::Queue", "Properties": {"DelaySeconds": 1}}')
        change_set = {**stack, "ChangeSetName": "one"}
        self.call("cloudformation", "create_change_set", **change_set, TemplateBody=changed)
        self.assertEqual(len(self.pages("cloudformation", "describe_change_set", **change_set)), 1)
        self.assertEqual(len(self.pages("cloudformation", "list_change_sets", **stack)), 1)
        self.assertEqual(len(self.pages("cloudformation", "describe_stacks", **stack)), 1)
        self.assertEqual(len(self.pages("cloudformation", "describe_stack_events", **stack)), 4)
        self.assertEqual(len(self.pages("cloudformation", "list_stack_resources", **stack)), 1)
        self.assertGreaterEqual(len(self.pages("cloudformation", "list_stacks")), 2)
        self.assertGreaterEqual(len(self.pages("cloudformation", "list_exports")), 1)
        imports = self.pages("cloudformation", "list_imports", ExportName=self.prefix)
        self.assertEqual(imports, [self.prefix + "-i"])

    @classmethod
    def tearDownClass(cls):
        left = set(cls.models) - cls.tried
        if left:
            raise AssertionError(f"paginators that nobody tries: {sorted(left)}")


class Waiters(unittest.TestCase):
    """Each is satisfied by what is there at once."""

    def test_all_of_them(self):
        name = "w" + uuid.uuid4().hex[:12]
        clients = {service: boto3.client(service, config=CONFIG) for service in ["lambda", "cloudformation", "s3"]}
        code = {"ZipFile": archive()}
        functions, stacks, s3 = clients["lambda"], clients["cloudformation"], clients["s3"]
        functions.create_function(FunctionName=name, Runtime="python3.11", Handler="app.echo", Role=ROLE, Code=code)
        functions.publish_version(FunctionName=name)
        s3.create_bucket(Bucket=name)
        s3.put_object(Bucket=name, Key="k", Body=b"")
        body = json.dumps({"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}})
        for suffix in ["", "-updated", "-gone", "-back"]:
            stacks.create_stack(StackName=name + suffix, TemplateBody=body)
        changed = body.replace('"}', '", "Properties": {"DelaySeconds": 1}}', 1)
        stacks.update_stack(StackName=name + "-updated", TemplateBody=changed)
        stacks.delete_stack(StackName=name + "-gone")
        boto3.client("sqs").create_queue(QueueName=name)
        taken = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": name}}
        both = json.dumps({"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}, "Taken": taken}})
        stacks.update_stack(StackName=name + "-back", TemplateBody=both)
        stacks.create_change_set(StackName=name, ChangeSetName="one", TemplateBody=changed)
        function, bucket, stack = {"FunctionName": name}, {"Bucket": name}, {"StackName": name}
        about = {
            ("lambda", "function_active"): function,
            ("lambda", "function_active_v2"): function,
            ("lambda", "function_exists"): function,
            ("lambda", "function_updated"): function,
            ("lambda", "function_updated_v2"): function,
            ("lambda", "published_version_active"): {**function, "Qualifier": "1"},
            ("s3", "bucket_exists"): bucket,
            ("s3", "bucket_not_exists"): {"Bucket": name + "-none"},
            ("s3", "object_exists"): {**bucket, "Key": "k"},
            ("s3", "object_not_exists"): {**bucket, "Key": "none"},
            ("cloudformation", "stack_exists"): stack,
            ("cloudformation", "stack_create_complete"): stack,
            ("cloudformation", "stack_update_complete"): {"StackName": name + "-updated"},
            ("cloudformation", "stack_delete_complete"): {"StackName": name + "-gone"},
            ("cloudformation", "stack_rollback_complete"): {"StackName": name + "-back"},
            ("cloudformation", "change_set_create_complete"): {**stack, "ChangeSetName": "one"},
        }
        self.assertEqual(set(about), set(dict(models("waiters", "waiters-2"))) - NEVER)
        for (service, waiter), parameters in about.items():
            started = time.monotonic()
            with self.subTest(waiter=waiter):
                waiting = {"Delay": 20, "MaxAttempts": 2}
                clients[service].get_waiter(waiter).wait(**parameters, WaiterConfig=waiting)
                self.assertLess(time.monotonic() - started, 10)


if __name__ == "__main__":
    unittest.main()
