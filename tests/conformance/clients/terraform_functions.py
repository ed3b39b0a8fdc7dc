"""What Terraform's AWS provider asks for functions, aliases, permissions and mappings: make, read, change, delete."""

import json
import unittest
import uuid

from functions import HANDLERS, ROLE, Functions, archive

# Reads until a state is there; every answer comes after what it answers to is durable.
READS_MAX = 10


class Terraform(Functions):
    def read_function(self, name):
        """All that the provider reads of a function after each change."""
        told = self.functions.get_function(FunctionName=name)
        self.functions.list_versions_by_function(FunctionName=name)
        signing = self.functions.get_function_code_signing_config(FunctionName=name)
        self.assertEqual(signing["CodeSigningConfigArn"], "")
        configuration = told["Configuration"]
        self.assertEqual((configuration["State"], configuration["LastUpdateStatus"]), ("Active", "Successful"))
        return told

    def test_a_function_lives_through_its_changes(self):
        name = "tf" + uuid.uuid4().hex
        self.refused("ResourceNotFoundException", self.functions.get_function, FunctionName=name)
        made = self.functions.create_function(
            FunctionName=name,
            Role=ROLE,
            Runtime="python3.11",
            Handler="app.echo",
            Code={"ZipFile": archive()},
            Description="",
            MemorySize=128,
            Timeout=3,
            Publish=False,
            PackageType="Zip",
            Architectures=["x86_64"],
            TracingConfig={"Mode": "Active"},
            LoggingConfig={"LogFormat": "JSON", "ApplicationLogLevel": "DEBUG", "LogGroup": "/own"},
            EphemeralStorage={"Size": 1024},
            Environment={"Variables": {"A": "1"}},
            Tags={"Name": "x"},
        )
        self.assertEqual(made["LoggingConfig"]["SystemLogLevel"], "INFO")
        self.read_function(name)
        self.functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=5)
        self.assertEqual(self.read_function(name)["Concurrency"]["ReservedConcurrentExecutions"], 5)

        self.functions.tag_resource(Resource=made["FunctionArn"], Tags={"Name": "y"})
        self.functions.update_function_configuration(
            FunctionName=name,
            Role=ROLE,
            Runtime="python3.11",
            Handler="app.echo",
            Description="changed",
            MemorySize=256,
            Timeout=10,
            Environment={"Variables": {}},
            DeadLetterConfig={"TargetArn": ""},
            TracingConfig={"Mode": "PassThrough"},
            LoggingConfig={"LogFormat": "Text"},
            Layers=[],
            FileSystemConfigs=[],
            VpcConfig={"SubnetIds": [], "SecurityGroupIds": []},
            KMSKeyArn="",
        )
        told = self.read_function(name)
        configuration = told["Configuration"]
        self.assertEqual((configuration["Description"], configuration["Timeout"]), ("changed", 10))
        for absent in ["Environment", "DeadLetterConfig", "Layers", "VpcConfig", "KMSKeyArn"]:
            self.assertNotIn(absent, configuration)
        self.assertEqual((configuration["LoggingConfig"]["LogFormat"], told["Tags"]), ("Text", {"Name": "y"}))
        code = archive(app=HANDLERS.replace('"one"', '"two"'))
        updated = self.functions.update_function_code(
            FunctionName=name, ZipFile=code, Publish=False, Architectures=["x86_64"], DryRun=False
        )
        self.assertEqual(self.read_function(name)["Configuration"]["CodeSha256"], updated["CodeSha256"])
        self.functions.delete_function_concurrency(FunctionName=name)
        self.assertEqual(self.functions.publish_version(FunctionName=name)["Version"], "1")
        self.functions.delete_function(FunctionName=name)
        self.refused("ResourceNotFoundException", self.functions.get_function, FunctionName=name)

    def test_an_alias_and_a_permission_live_through_their_changes(self):
        name = self.make(Publish=True)
        alias = {"FunctionName": name, "Name": "live"}
        self.functions.create_alias(FunctionVersion="1", Description="", **alias)
        self.functions.get_alias(**alias)
        # An empty routing is sent where none is wanted.
        changed = self.functions.update_alias(FunctionVersion="$LATEST", Description="d", RoutingConfig={}, **alias)
        self.assertEqual((changed["FunctionVersion"], changed["Description"]), ("$LATEST", "d"))
        permission = {"FunctionName": name, "StatementId": "AllowExecution", "Qualifier": "live"}
        self.functions.add_permission(
            Action="lambda:InvokeFunction",
            Principal="events.amazonaws.com",
            SourceArn="arn:aws:events:us-east-1:000000000000:rule/r",
            **permission,
        )
        policy = json.loads(self.functions.get_policy(FunctionName=name, Qualifier="live")["Policy"])
        self.assertEqual([statement["Sid"] for statement in policy["Statement"]], ["AllowExecution"])
        self.assertEqual(policy["Statement"][0]["Resource"], self.arn(name) + ":live")
        self.functions.remove_permission(**permission)
        self.refused("ResourceNotFoundException", self.functions.get_policy, FunctionName=name, Qualifier="live")
        self.functions.delete_alias(**alias)
        self.refused("ResourceNotFoundException", self.functions.get_alias, **alias)

    def wait_for(self, mapping, state):
        for _ in range(READS_MAX):
            if self.functions.get_event_source_mapping(UUID=mapping)["State"] == state:
                return
        self.fail(f"never {state}")

    def test_a_mapping_lives_through_its_changes(self):
        name = self.make()
        _, source = self.queue(VisibilityTimeout="60")
        made = self.functions.create_event_source_mapping(
            EventSourceArn=source, FunctionName=self.arn(name), Enabled=True, BatchSize=5
        )
        self.assertEqual(made["State"], "Creating")
        mapping = made["UUID"]
        self.wait_for(mapping, "Enabled")
        self.functions.update_event_source_mapping(
            UUID=mapping, FunctionName=self.arn(name), Enabled=False, BatchSize=5, MaximumBatchingWindowInSeconds=2
        )
        self.wait_for(mapping, "Disabled")
        self.functions.list_tags(Resource=made["EventSourceMappingArn"])
        self.functions.delete_event_source_mapping(UUID=mapping)
        self.refused("ResourceNotFoundException", self.functions.get_event_source_mapping, UUID=mapping)


if __name__ == "__main__":
    unittest.main()
