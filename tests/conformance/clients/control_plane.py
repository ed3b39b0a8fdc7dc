"""Functions from their making to their end: code, settings, versions, aliases, permissions, URLs, layers, tags."""

import base64
import hashlib
import json
import pathlib
import tempfile
import unittest
import urllib.parse
import urllib.request
import uuid

from functions import HANDLERS, ROLE, Functions, archive


class ControlPlane(Functions):
    def test_a_function_is_made_told_changed_and_deleted(self):
        name = "f" + uuid.uuid4().hex
        code = archive()
        made = self.functions.create_function(
            FunctionName=name,
            Runtime="python3.11",
            Role=ROLE,
            Handler="app.echo",
            Code={"ZipFile": code},
            Environment={"Variables": {"VARIABLE": "value"}},
            Tags={"team": "core"},
            Description="echoes",
        )
        self.assertEqual(made["ResponseMetadata"]["HTTPStatusCode"], 201)
        digest = base64.b64encode(hashlib.sha256(code).digest()).decode()
        for member, value in {
            "FunctionArn": self.arn(name),
            "CodeSha256": digest,
            "CodeSize": len(code),
            "Timeout": 3,
            "MemorySize": 128,
            "Version": "$LATEST",
            "PackageType": "Zip",
            "Architectures": ["x86_64"],
            "EphemeralStorage": {"Size": 512},
            "TracingConfig": {"Mode": "PassThrough"},
            "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
            "LoggingConfig": {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{name}"},
            "Environment": {"Variables": {"VARIABLE": "value"}},
            "Role": ROLE,
        }.items():
            self.assertEqual(made[member], value, member)
        self.assertRegex(made["LastModified"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000$")
        for waiter in ["function_active", "function_active_v2", "function_exists", "function_updated_v2"]:
            self.functions.get_waiter(waiter).wait(FunctionName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 2})
        told = self.functions.get_function(FunctionName=name)
        self.assertEqual((told["Tags"], told["Code"]["RepositoryType"]), ({"team": "core"}, "S3"))
        self.assertEqual(self.invoke(name)[1]["variable"], "value")

        changed = self.functions.update_function_configuration(
            FunctionName=name, Timeout=30, MemorySize=256, RevisionId=told["Configuration"]["RevisionId"]
        )
        self.assertEqual((changed["Timeout"], changed["MemorySize"], changed["Handler"]), (30, 256, "app.echo"))
        self.assertNotEqual(changed["RevisionId"], told["Configuration"]["RevisionId"])
        stale = {"FunctionName": name, "Timeout": 31, "RevisionId": told["Configuration"]["RevisionId"]}
        self.refused("PreconditionFailedException", self.functions.update_function_configuration, **stale)

        other = archive(app=HANDLERS.replace('"one"', '"two"'))
        tried = self.functions.update_function_code(FunctionName=name, ZipFile=other, DryRun=True)
        self.assertEqual(self.functions.get_function_configuration(FunctionName=name)["CodeSha256"], digest)
        updated = self.functions.update_function_code(FunctionName=name, ZipFile=other)
        self.assertEqual(updated["CodeSha256"], tried["CodeSha256"])
        self.functions.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})
        self.assertEqual(self.invoke(name)[1]["code"], "two")

        names = [function["FunctionName"] for page in self.functions.get_paginator("list_functions").paginate(
            PaginationConfig={"PageSize": 1}) for function in page["Functions"]]
        self.assertIn(name, names)
        self.assertEqual(self.functions.delete_function(FunctionName=name)["ResponseMetadata"]["HTTPStatusCode"], 204)
        text = self.refused("ResourceNotFoundException", self.functions.get_function, FunctionName=name)
        self.assertEqual(text, f"Function not found: {self.arn(name)}")

    def test_what_is_wrong_is_told_in_awss_words(self):
        good = {
            "FunctionName": "f" + uuid.uuid4().hex,
            "Runtime": "python3.11",
            "Role": ROLE,
            "Handler": "app.echo",
            "Code": {"ZipFile": archive()},
        }
        make = self.functions.create_function
        for exception, text, change in [
            ("ValidationException", "Value 'r1' at 'role' failed", {"Role": "r1"}),
            ("ValidationException", "less than or equal to 900", {"Timeout": 901}),
            ("ValidationException", "less than or equal to 10240", {"MemorySize": 10241}),
            ("ValidationException", "'functionName' failed to satisfy", {"FunctionName": "a b"}),
            ("InvalidParameterValueException", "Value cobol at 'runtime' failed", {"Runtime": "cobol"}),
            ("InvalidParameterValueException", "Could not unzip uploaded file.", {"Code": {"ZipFile": b"PK"}}),
            ("InvalidParameterValueException", "reserved keys", {"Environment": {"Variables": {"AWS_REGION": "x"}}}),
            ("InvalidParameterValueException", "exceeded the 4KB limit", {"Environment": {"Variables": {"A": "x" * 4096}}}),
            ("InvalidParameterValueException", "S3 Error Code: NoSuchBucket", {"Code": {"S3Bucket": "bbb", "S3Key": "k"}}),
            ("InvalidParameterValueException", "absolute", {"Code": {"S3Bucket": "hot-reload", "S3Key": "code"}}),
            ("InvalidParameterValueException", "Container images", {"ImageConfig": {"Command": ["a"]}}),
            ("InvalidParameterValueException", "does not exist", {"Layers": ["arn:aws:lambda:us-east-1:000000000000:layer:l:1"]}),
        ]:
            with self.subTest(text):
                self.assertIn(text, self.refused(exception, make, **{**good, **change}))
        self.refused("ResourceNotFoundException", self.functions.get_function, FunctionName=good["FunctionName"])
        make(**good)
        text = self.refused("ResourceConflictException", make, **good)
        self.assertEqual(text, f"Function already exist: {good['FunctionName']}")

    def test_a_directory_is_run_where_it_is(self):
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder).chmod(0o755)
            pathlib.Path(folder, "app.py").write_text(HANDLERS)
            name = self.make(Code={"S3Bucket": "hot-reload", "S3Key": folder})
            told = self.functions.get_function_configuration(FunctionName=name)
            self.assertEqual(told["CodeSha256"], "hot-reloading-hash-not-available")
            self.assertEqual(self.invoke(name)[1]["code"], "one")

    def test_versions_stay_and_aliases_share_them_out(self):
        name = self.make()
        first = self.functions.publish_version(FunctionName=name, Description="first")
        self.assertEqual((first["Version"], first["FunctionArn"]), ("1", self.arn(name) + ":1"))
        self.assertEqual(self.functions.publish_version(FunctionName=name)["Version"], "1")
        code = archive(app=HANDLERS.replace('"one"', '"two"'))
        second = self.functions.update_function_code(FunctionName=name, ZipFile=code, Publish=True)
        self.assertEqual(second["Version"], "2")
        versions = self.functions.list_versions_by_function(FunctionName=name)["Versions"]
        self.assertEqual([version["Version"] for version in versions], ["$LATEST", "1", "2"])
        self.assertEqual(versions[1]["Description"], "first")
        for qualifier, code in [("1", "one"), ("2", "two"), ("$LATEST", "two")]:
            answer, payload = self.invoke(name, Qualifier=qualifier)
            self.assertEqual((answer["ExecutedVersion"], payload["code"]), (qualifier, code))
            self.assertEqual((payload["version"], payload["arn"]), (qualifier, f"{self.arn(name)}:{qualifier}"))

        alias = self.functions.create_alias(FunctionName=name, Name="live", FunctionVersion="1", Description="d")
        self.assertEqual(alias["AliasArn"], self.arn(name) + ":live")
        self.refused("ResourceConflictException", self.functions.create_alias, FunctionName=name, Name="live", FunctionVersion="1")
        self.assertEqual(self.invoke(name + ":live")[0]["ExecutedVersion"], "1")
        shared = self.functions.update_alias(
            FunctionName=name, Name="live", RoutingConfig={"AdditionalVersionWeights": {"2": 0.5}}
        )
        self.assertEqual(shared["RoutingConfig"], {"AdditionalVersionWeights": {"2": 0.5}})
        ran = {self.invoke(name, Qualifier="live")[0]["ExecutedVersion"] for _ in range(64)}
        self.assertEqual(ran, {"1", "2"})
        moved = self.functions.update_alias(FunctionName=name, Name="live", FunctionVersion="2", RoutingConfig={})
        self.assertEqual((moved["FunctionVersion"], moved["Description"]), ("2", "d"))
        self.assertNotIn("RoutingConfig", moved)
        self.assertEqual(len(self.functions.list_aliases(FunctionName=name, FunctionVersion="2")["Aliases"]), 1)
        self.refused("ResourceConflictException", self.functions.delete_function, FunctionName=name, Qualifier="2")
        self.functions.delete_alias(FunctionName=name, Name="live")
        self.refused("ResourceNotFoundException", self.functions.get_alias, FunctionName=name, Name="live")
        self.functions.delete_function(FunctionName=name, Qualifier="2")
        text = self.refused("ResourceNotFoundException", self.functions.invoke, FunctionName=name, Qualifier="2")
        self.assertEqual(text, f"Function not found: {self.arn(name)}:2")

    def test_concurrency_is_reserved_and_taken_back(self):
        name = self.make()
        self.assertNotIn("ReservedConcurrentExecutions", self.functions.get_function_concurrency(FunctionName=name))
        put = self.functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
        self.assertEqual(put["ReservedConcurrentExecutions"], 0)
        self.assertEqual(self.functions.get_function(FunctionName=name)["Concurrency"], {"ReservedConcurrentExecutions": 0})
        with self.assertRaises(self.functions.exceptions.TooManyRequestsException) as raised:
            self.functions.invoke(FunctionName=name)
        response = raised.exception.response
        self.assertEqual(response["Reason"], "ReservedFunctionConcurrentInvocationLimitExceeded")
        self.assertIn("retry-after", response["ResponseMetadata"]["HTTPHeaders"])
        text = self.refused(
            "InvalidParameterValueException",
            self.functions.put_function_concurrency,
            FunctionName=name,
            ReservedConcurrentExecutions=901,
        )
        self.assertIn("below its minimum value of [100]", text)
        self.functions.delete_function_concurrency(FunctionName=name)
        self.assertEqual(self.invoke(name)[0]["StatusCode"], 200)
        self.assertEqual(self.functions.get_account_settings()["AccountLimit"]["ConcurrentExecutions"], 1000)

    def test_permissions_are_kept_statement_by_statement(self):
        name = self.make()
        self.refused("ResourceNotFoundException", self.functions.get_policy, FunctionName=name)
        added = self.functions.add_permission(
            FunctionName=name,
            StatementId="sns",
            Action="lambda:InvokeFunction",
            Principal="sns.amazonaws.com",
            SourceArn="arn:aws:sns:us-east-1:000000000000:t",
        )
        statement = {
            "Sid": "sns",
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "lambda:InvokeFunction",
            "Resource": self.arn(name),
            "Condition": {"ArnLike": {"AWS:SourceArn": "arn:aws:sns:us-east-1:000000000000:t"}},
        }
        self.assertEqual(json.loads(added["Statement"]), statement)
        again = {"FunctionName": name, "StatementId": "sns", "Action": "lambda:InvokeFunction", "Principal": "*"}
        self.assertIn("(sns) provided already exists", self.refused("ResourceConflictException", self.functions.add_permission, **again))
        told = self.functions.get_policy(FunctionName=name)
        policy = {"Version": "2012-10-17", "Id": "default", "Statement": [statement]}
        self.assertEqual(json.loads(told["Policy"]), policy)
        stale = {"FunctionName": name, "StatementId": "sns", "RevisionId": str(uuid.uuid4())}
        self.refused("PreconditionFailedException", self.functions.remove_permission, **stale)
        self.functions.remove_permission(FunctionName=name, StatementId="sns", RevisionId=told["RevisionId"])
        self.refused("ResourceNotFoundException", self.functions.remove_permission, FunctionName=name, StatementId="sns")

    def fetch(self, url, path):
        """What a function answers at its URL, whose host only some machines can look up."""
        host = urllib.parse.urlsplit(url).netloc
        request = urllib.request.Request(f"http://127.0.0.1:{host.rsplit(':', 1)[1]}/{path}", headers={"Host": host})
        return urllib.request.urlopen(request).read()

    def test_a_function_has_a_url(self):
        name = self.make()
        cors = {"AllowOrigins": ["*"], "MaxAge": 60}
        made = self.functions.create_function_url_config(FunctionName=name, AuthType="NONE", Cors=cors)
        self.assertEqual((made["Cors"], made["FunctionArn"]), (cors, self.arn(name)))
        self.assertNotIn("InvokeMode", made)
        self.assertRegex(made["FunctionUrl"], r"^http://[0-9a-f]{32}\.lambda-url\.us-east-1\.")
        self.assertEqual(json.loads(self.fetch(made["FunctionUrl"], "x"))["event"]["rawPath"], "/x")
        self.refused("ResourceConflictException", self.functions.create_function_url_config, FunctionName=name, AuthType="NONE")
        changed = self.functions.update_function_url_config(FunctionName=name, AuthType="AWS_IAM")
        self.assertEqual((changed["AuthType"], changed["Cors"], changed["FunctionUrl"]), ("AWS_IAM", cors, made["FunctionUrl"]))
        self.assertEqual(len(self.functions.list_function_url_configs(FunctionName=name)["FunctionUrlConfigs"]), 1)
        self.functions.delete_function_url_config(FunctionName=name)
        self.refused("ResourceNotFoundException", self.functions.get_function_url_config, FunctionName=name)

    def test_tags_come_and_go(self):
        name = self.make(Tags={"a": "1"})
        self.functions.tag_resource(Resource=self.arn(name), Tags={"b": "2", "a": "3"})
        self.assertEqual(self.functions.list_tags(Resource=self.arn(name))["Tags"], {"a": "3", "b": "2"})
        self.functions.untag_resource(Resource=self.arn(name), TagKeys=["a", "gone"])
        self.assertEqual(self.functions.get_function(FunctionName=name)["Tags"], {"b": "2"})

    def test_layers_have_versions_and_functions_use_them(self):
        layer = "l" + uuid.uuid4().hex
        content = {"ZipFile": archive(python__shared="value = 'of the layer'")}
        first = self.functions.publish_layer_version(
            LayerName=layer, Content=content, CompatibleRuntimes=["python3.11"], Description="first"
        )
        self.assertEqual((first["Version"], first["LayerVersionArn"]), (1, first["LayerArn"] + ":1"))
        self.assertEqual(self.functions.publish_layer_version(LayerName=layer, Content=content)["Version"], 2)
        code = archive(app="import shared\ndef echo(event, context): return shared.value")
        name = self.make(Code={"ZipFile": code}, Layers=[first["LayerVersionArn"]])
        self.assertEqual(self.invoke(name)[1], "of the layer")
        told = self.functions.get_layer_version(LayerName=layer, VersionNumber=1)
        self.assertEqual((told["Description"], told["CompatibleRuntimes"]), ("first", ["python3.11"]))
        self.assertEqual(self.functions.get_layer_version_by_arn(Arn=first["LayerVersionArn"])["Version"], 1)
        versions = self.functions.list_layer_versions(LayerName=layer)["LayerVersions"]
        self.assertEqual([version["Version"] for version in versions], [2, 1])
        fitting = self.functions.list_layers(CompatibleRuntime="python3.11")["Layers"]
        self.assertEqual([one["LatestMatchingVersion"]["Version"] for one in fitting if one["LayerName"] == layer], [1])
        self.functions.delete_layer_version(LayerName=layer, VersionNumber=2)
        self.refused("ResourceNotFoundException", self.functions.get_layer_version, LayerName=layer, VersionNumber=2)
        self.assertEqual(self.functions.publish_layer_version(LayerName=layer, Content=content)["Version"], 3)

    def test_provisioned_concurrency_is_kept_and_told(self):
        name = self.make(Publish=True)
        put = {"FunctionName": name, "ProvisionedConcurrentExecutions": 2}
        self.refused("InvalidParameterValueException", self.functions.put_provisioned_concurrency_config, Qualifier="$LATEST", **put)
        self.assertEqual(self.functions.put_provisioned_concurrency_config(Qualifier="1", **put)["Status"], "IN_PROGRESS")
        told = self.functions.get_provisioned_concurrency_config(FunctionName=name, Qualifier="1")
        self.assertEqual((told["Status"], told["AvailableProvisionedConcurrentExecutions"]), ("READY", 2))
        listed = self.functions.list_provisioned_concurrency_configs(FunctionName=name)
        arns = [config["FunctionArn"] for config in listed["ProvisionedConcurrencyConfigs"]]
        self.assertEqual(arns, [self.arn(name) + ":1"])
        self.functions.delete_provisioned_concurrency_config(FunctionName=name, Qualifier="1")
        self.refused(
            "ProvisionedConcurrencyConfigNotFoundException",
            self.functions.get_provisioned_concurrency_config,
            FunctionName=name,
            Qualifier="1",
        )

    def test_what_terraform_reads_besides_is_there(self):
        name = self.make()
        self.assertEqual(self.functions.get_function_code_signing_config(FunctionName=name)["CodeSigningConfigArn"], "")
        self.assertEqual(self.functions.get_runtime_management_config(FunctionName=name)["UpdateRuntimeOn"], "Auto")
        self.assertEqual(self.functions.get_function_recursion_config(FunctionName=name)["RecursiveLoop"], "Terminate")

    def test_the_log_the_context_and_a_stream_come_with_an_invocation(self):
        name = self.make("app.client")
        context = base64.b64encode(json.dumps({"custom": {"a": "1"}, "env": {"b": "2"}}).encode()).decode()
        answer, payload = self.invoke(name, ClientContext=context, LogType="Tail")
        self.assertEqual(payload, {"custom": {"a": "1"}, "environment": {"b": "2"}})
        self.assertIn("REPORT RequestId: ", base64.b64decode(answer["LogResult"]).decode())

        name = self.make()
        stream = self.functions.invoke_with_response_stream(FunctionName=name, Payload=b'{"a": 1}', LogType="Tail")
        events = list(stream["EventStream"])
        payload = b"".join(event["PayloadChunk"]["Payload"] for event in events if "PayloadChunk" in event)
        self.assertEqual(json.loads(payload)["event"], {"a": 1})
        self.assertIn("LogResult", events[-1]["InvokeComplete"])
        name = self.make("app.fails")
        events = list(self.functions.invoke_with_response_stream(FunctionName=name)["EventStream"])
        self.assertEqual(events[-1]["InvokeComplete"]["ErrorCode"], "Unhandled")


if __name__ == "__main__":
    unittest.main()
