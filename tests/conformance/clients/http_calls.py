"""Connections, API destinations and `http:invoke` with boto3, against an API on this machine that asks who calls."""

import base64
import http.server
import json
import threading
import time
import unittest
import urllib.parse
import uuid

import boto3
import botocore.config

# SDKs put `sync-` before the host of two operations, which leads nowhere from an address.
CONFIG = botocore.config.Config(retries={"total_max_attempts": 1}, inject_host_prefix=False, read_timeout=70)
ROLE = "arn:aws:iam::000000000000:role/r"
INVOKE = "arn:aws:states:::http:invoke"


class Api:
    """Takes only who knows the current token, `Basic jane:hush` or the key `hush`; tells what it was asked."""

    def __init__(self):
        self.tokens = 0
        self.asked = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                url = urllib.parse.urlsplit(self.path)
                if url.path == "/token":
                    return self.send(*outer.token(urllib.parse.parse_qs(body)))
                outer.asked.append((self.command, self.path, self.headers, body))
                if url.path == "/busy":
                    return self.send(429, {"error": "slow down"}, [("Retry-After", "1")])
                if not outer.knows(self.headers):
                    return self.send(401, {"error": "who are you?"})
                if url.path == "/slow":
                    time.sleep(10)
                said = {"method": self.command, "path": self.path, "body": body}
                return self.send(200, said, [("X-Twice", "a"), ("X-Twice", "b")])

            do_GET = do_POST = do_PUT = answer

            def send(self, status, document, headers=()):
                text = json.dumps(document).encode()
                self.send_response(status)
                for name, value in headers:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def token(self, form):
        given = {name: values[0] for name, values in form.items()}
        expected = {"grant_type": "client_credentials", "client_id": "me", "client_secret": "hush", "scope": "orders"}
        if given != expected:
            return 400, {"error": "invalid_client"}
        self.tokens += 1
        return 200, {"access_token": f"t{self.tokens}", "token_type": "Bearer", "expires_in": 3600}

    def knows(self, headers):
        jane = "Basic " + base64.b64encode(b"jane:hush").decode()
        return headers["Authorization"] in (jane, f"Bearer t{self.tokens}") or headers["X-Key"] == "hush"


class HttpCalls(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.api = Api()
        cls.events = boto3.client("events", config=CONFIG)
        cls.states = boto3.client("stepfunctions", config=CONFIG)

    def connection(self, kind, **parameters):
        """A new connection's name and ARN."""
        name = "c" + uuid.uuid4().hex
        made = self.events.create_connection(Name=name, AuthorizationType=kind, AuthParameters=parameters)
        self.assertEqual(made["ConnectionState"], "AUTHORIZED")
        return name, made["ConnectionArn"]

    def key(self, **more):
        parameters = {"ApiKeyAuthParameters": {"ApiKeyName": "X-Key", "ApiKeyValue": "hush"}, **more}
        return self.connection("API_KEY", **parameters)[1]

    def oauth(self):
        oauth = {
            "ClientParameters": {"ClientID": "me", "ClientSecret": "hush"},
            "AuthorizationEndpoint": self.api.url + "/token",
            "HttpMethod": "POST",
            "OAuthHttpParameters": {"BodyParameters": [{"Key": "scope", "Value": "orders"}]},
        }
        return self.connection("OAUTH_CLIENT_CREDENTIALS", OAuthParameters=oauth)

    def task(self, connection, path="/orders", method="POST", retry=(), **parameters):
        """How an execution ended that makes this call."""
        parameters |= {"ApiEndpoint": self.api.url + path, "Method": method}
        parameters["Authentication"] = {"ConnectionArn": connection}
        state = {"Type": "Task", "Resource": INVOKE, "Parameters": parameters, "Retry": list(retry), "End": True}
        definition = json.dumps({"StartAt": "Call", "States": {"Call": state}})
        machine = self.states.create_state_machine(
            name="m" + uuid.uuid4().hex, definition=definition, roleArn=ROLE, type="EXPRESS"
        )
        return self.states.start_sync_execution(stateMachineArn=machine["stateMachineArn"], input="{}")

    def result(self, *given, **parameters):
        ended = self.task(*given, **parameters)
        self.assertEqual(ended["status"], "SUCCEEDED", ended)
        return json.loads(ended["output"])

    def refuses(self, exception, call, **parameters):
        with self.assertRaises(exception) as raised:
            call(**parameters)
        return raised.exception.response["Error"]["Message"]

    def test_a_password_and_a_key_are_sent(self):
        basic = {"Username": "jane", "Password": "hush"}
        _, jane = self.connection("BASIC", BasicAuthParameters=basic)
        for connection in [jane, self.key()]:
            result = self.result(connection, RequestBody={"id": 7}, QueryParameters={"q": ["1", "2 3"]})
            self.assertEqual((result["StatusCode"], result["StatusText"]), (200, "OK"))
            self.assertEqual(result["ResponseBody"]["path"], "/orders?q=1&q=2%203")
            self.assertEqual(json.loads(result["ResponseBody"]["body"]), {"id": 7})
            self.assertEqual(result["Headers"]["x-twice"], ["a", "b"])

    def test_a_token_is_fetched_once_and_anew_when_it_is_refused(self):
        _, connection = self.oauth()
        before = self.api.tokens
        self.result(connection)
        self.result(connection)
        self.assertEqual(self.api.tokens, before + 1)
        # Somebody else gets a token, and the API forgets this one.
        self.api.tokens += 1
        self.result(connection)
        self.assertEqual(self.api.tokens, before + 3)

    def test_what_a_connection_adds_goes_before_what_a_task_says(self):
        added = {
            "HeaderParameters": [{"Key": "X-Version", "Value": "2"}],
            "QueryStringParameters": [{"Key": "shop", "Value": "s", "IsValueSecret": True}],
            "BodyParameters": [{"Key": "mall", "Value": "m"}],
        }
        connection = self.key(InvocationHttpParameters=added)
        body = self.result(connection, RequestBody={"id": 7, "mall": "other"}, Headers={"X-Version": "1"})
        self.assertEqual(body["ResponseBody"]["path"], "/orders?shop=s")
        self.assertEqual(json.loads(body["ResponseBody"]["body"]), {"id": 7, "mall": "m"})
        self.assertEqual(self.api.asked[-1][2].get_all("X-Version"), ["2"])
        transform = {"RequestBodyEncoding": "URL_ENCODED", "RequestEncodingOptions": {"ArrayFormat": "REPEAT"}}
        form = self.result(self.key(), RequestBody={"a": [1, 2], "b": "c d"}, Transform=transform)
        self.assertEqual(form["ResponseBody"]["body"], "a=1&a=2&b=c%20d")
        self.assertEqual(self.api.asked[-1][2]["Content-Type"], "application/x-www-form-urlencoded")

    def test_a_429_is_an_error_that_a_retry_can_name(self):
        before = len(self.api.asked)
        retry = [{"ErrorEquals": ["States.Http.StatusCode.429"], "IntervalSeconds": 1, "MaxAttempts": 1}]
        ended = self.task(self.key(), "/busy", "GET", retry)
        self.assertEqual((ended["status"], ended["error"]), ("FAILED", "States.Http.StatusCode.429"))
        self.assertEqual(len(self.api.asked), before + 2)

    def test_a_connection_that_is_not_known_to_the_api_is_told_so(self):
        _, stranger = self.connection("BASIC", BasicAuthParameters={"Username": "jane", "Password": "other"})
        self.assertEqual(self.task(stranger)["error"], "States.Http.StatusCode.401")
        name, taken = self.oauth()
        self.assertEqual(self.events.deauthorize_connection(Name=name)["ConnectionState"], "DEAUTHORIZED")
        self.assertEqual(self.task(taken)["error"], "Events.ConnectionResource.InvalidConnectionState")
        self.events.delete_connection(Name=name)
        self.assertEqual(self.task(taken)["error"], "Events.ConnectionResource.NotFound")

    def test_a_call_is_tested_with_what_went_over_the_wire(self):
        added = {"QueryStringParameters": [{"Key": "shop", "Value": "secret-shop", "IsValueSecret": True}]}
        parameters = {
            "ApiEndpoint": self.api.url + "/orders",
            "Method": "PUT",
            "Authentication": {"ConnectionArn": self.key(InvocationHttpParameters=added)},
            "RequestBody": {"id": 7},
        }
        state = json.dumps({"Type": "Task", "Resource": INVOKE, "Parameters": parameters, "End": True})
        told = self.states.test_state(definition=state, inspectionLevel="TRACE")
        self.assertEqual(told["status"], "SUCCEEDED")
        request, response = told["inspectionData"]["request"], told["inspectionData"]["response"]
        self.assertEqual((request["method"], request["url"]), ("PUT", self.api.url + "/orders"))
        self.assertEqual((request["body"], response["statusCode"]), ('{"id":7}', "200"))
        self.assertNotIn("secret-shop", json.dumps(request))
        told = self.states.test_state(definition=state, inspectionLevel="TRACE", revealSecrets=True)
        self.assertIn("shop=secret-shop", told["inspectionData"]["request"]["url"])

    def test_connections_and_destinations_live_as_documented(self):
        name, connection = self.oauth()
        told = self.events.describe_connection(Name=name)
        self.assertEqual((told["ConnectionArn"], told["AuthorizationType"]), (connection, "OAUTH_CLIENT_CREDENTIALS"))
        self.assertEqual(told["AuthParameters"]["OAuthParameters"]["ClientParameters"], {"ClientID": "me"})
        self.assertNotIn("hush", str(told))
        exists = self.events.exceptions.ResourceAlreadyExistsException
        key = {"ApiKeyAuthParameters": {"ApiKeyName": "X-Key", "ApiKeyValue": "k"}}
        given = {"Name": name, "AuthorizationType": "API_KEY", "AuthParameters": key}
        self.assertIn("already exists", self.refuses(exists, self.events.create_connection, **given))
        self.events.update_connection(**given)
        self.assertEqual(self.events.describe_connection(Name=name)["AuthorizationType"], "API_KEY")

        made = self.events.create_api_destination(
            Name=name,
            ConnectionArn=connection,
            InvocationEndpoint="https://shop.example.com/malls/*/orders",
            HttpMethod="PUT",
            InvocationRateLimitPerSecond=5,
        )
        self.assertEqual(made["ApiDestinationState"], "ACTIVE")
        self.events.update_api_destination(Name=name, HttpMethod="POST")
        told = self.events.describe_api_destination(Name=name)
        self.assertEqual((told["HttpMethod"], told["InvocationRateLimitPerSecond"]), ("POST", 5))
        self.assertEqual(self.events.list_api_destinations(NamePrefix=name)["ApiDestinations"][0]["Name"], name)
        self.assertEqual(self.events.list_connections(NamePrefix=name)["Connections"][0]["Name"], name)
        self.events.delete_connection(Name=name)
        self.assertEqual(self.events.describe_api_destination(Name=name)["ApiDestinationState"], "INACTIVE")
        self.events.delete_api_destination(Name=name)
        gone = self.events.exceptions.ResourceNotFoundException
        self.refuses(gone, self.events.describe_api_destination, Name=name)
        self.refuses(gone, self.events.describe_connection, Name=name)

    def test_patterns_are_tried(self):
        event = {
            "id": "1",
            "account": "000000000000",
            "source": "shop",
            "time": "2026-01-01T00:00:00Z",
            "region": "us-east-1",
            "resources": [],
            "detail-type": "order",
            "detail": {"amount": 7},
        }

        def admits(pattern):
            tried = self.events.test_event_pattern(EventPattern=json.dumps(pattern), Event=json.dumps(event))
            return tried["Result"]

        self.assertTrue(admits({"detail": {"amount": [{"numeric": [">", 5]}]}}))
        self.assertFalse(admits({"source": ["other"]}))
        invalid = self.events.exceptions.InvalidEventPatternException
        self.refuses(invalid, self.events.test_event_pattern, EventPattern='{"a":1}', Event=json.dumps(event))

    def test_what_is_not_here_says_what_is(self):
        rule = {"Name": "r", "ScheduleExpression": "rate(1 minute)"}
        text = self.refuses(self.events.exceptions.ClientError, self.events.put_rule, **rule)
        self.assertIn("connections, API destinations", text)


if __name__ == "__main__":
    unittest.main()
