"""Runs a Python handler: asks the Lambda Runtime API for events and answers them."""

import importlib
import json
import logging
import os
import socket
import sys
import threading
import time
import traceback

# AWS's runtimes up to Python 3.11 return text in ASCII, later ones as it is.
ESCAPED = sys.version_info < (3, 12)
JSON_LOG = os.environ.get("AWS_LAMBDA_LOG_FORMAT") == "JSON"
CONCURRENCY = int(os.environ.get("AWS_LAMBDA_MAX_CONCURRENCY", 1))


class Fault(Exception):
    """An error of the platform's own, which has no stack trace."""

    def __init__(self, kind, message, trace=()):
        super().__init__(message)
        self.kind = kind
        self.trace = list(trace)


class RuntimeApi:
    """One keep-alive connection to the Runtime API, whose replies all have a Content-Length."""

    def __init__(self, address):
        host, _, port = address.rpartition(":")
        self.host = address
        self.socket = socket.create_connection((host, int(port)))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.replies = self.socket.makefile("rb", 65536)

    def next(self):
        return self.call("GET", "invocation/next")

    def post(self, path, body, error_type=None):
        extra = "Lambda-Runtime-Function-Error-Type: %s\r\n" % error_type if error_type else ""
        return self.call("POST", path, body, extra)

    def call(self, method, path, body=b"", extra=""):
        head = "%s /2018-06-01/runtime/%s HTTP/1.1\r\nHost: %s\r\n" % (method, path, self.host)
        head += "Content-Type: application/json\r\n%sContent-Length: %d\r\n\r\n" % (extra, len(body))
        self.socket.sendall(head.encode("ascii") + body)
        headers = {}
        for line in iter(self.replies.readline, b"\r\n"):
            if not line:
                # The platform is gone, and with it whoever could read an error.
                os._exit(1)
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        return headers, self.replies.read(int(headers["content-length"]))


class Identity:
    def __init__(self, described):
        self.cognito_identity_id = described.get("cognitoIdentityId")
        self.cognito_identity_pool_id = described.get("cognitoIdentityPoolId")


class Client:
    """The application that a mobile SDK speaks for."""

    NAMES = ("installation_id", "app_title", "app_version_name", "app_version_code", "app_package_name")

    def __init__(self, described):
        for name in self.NAMES:
            setattr(self, name, described.get(name))


class ClientContext:
    """What a client said of itself."""

    def __init__(self, described):
        self.client = Client(described.get("client") or {})
        self.custom = described.get("custom")
        self.env = described.get("env")


def from_header(headers, name):
    """The JSON in a header, whose text is UTF-8."""
    text = headers.get(name)
    return json.loads(text.encode("latin-1")) if text else None


class Context:
    """What a handler is told about its invocation."""

    def __init__(self, headers):
        self.aws_request_id = headers["lambda-runtime-aws-request-id"]
        self.invoked_function_arn = headers.get("lambda-runtime-invoked-function-arn")
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.identity = Identity(from_header(headers, "lambda-runtime-cognito-identity") or {})
        client_context = from_header(headers, "lambda-runtime-client-context")
        self.client_context = ClientContext(client_context) if client_context else None
        self.tenant_id = None
        self._deadline_ms = int(headers["lambda-runtime-deadline-ms"])

    def get_remaining_time_in_millis(self):
        return max(0, self._deadline_ms - int(time.time() * 1000))

    def log(self, message):
        sys.stdout.write(str(message))


class Current(threading.local):
    """The invocation that a thread works on."""

    request_id = ""


current = Current()


class RequestId(logging.Filter):
    """Gives every log record the id of the invocation it was written in."""

    def filter(self, record):
        record.aws_request_id = current.request_id
        return True


def now(seconds):
    milliseconds = int(seconds * 1000) % 1000
    return "%s.%03dZ" % (time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)), milliseconds)


class JsonFormatter(logging.Formatter):
    """A record as an object on a line of its own."""

    def format(self, record):
        line = {
            "timestamp": now(record.created),
            "level": record.levelname,
            "message": record.getMessage(),
            "logger": record.name,
            "requestId": record.aws_request_id,
        }
        if record.exc_info and record.exc_info[1]:
            line["errorType"] = record.exc_info[0].__name__
            line["errorMessage"] = str(record.exc_info[1])
            line["stackTrace"] = self.formatException(record.exc_info).splitlines()
        return json.dumps(line, ensure_ascii=False)


def set_up_logging():
    handler = logging.StreamHandler(sys.stdout)
    if JSON_LOG:
        handler.setFormatter(JsonFormatter())
        level = os.environ.get("AWS_LAMBDA_LOG_LEVEL", "INFO")
        level = {"TRACE": "DEBUG", "WARN": "WARNING", "FATAL": "CRITICAL"}.get(level, level)
        logging.getLogger().setLevel(level)
    else:
        formatter = logging.Formatter(
            "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s", "%Y-%m-%dT%H:%M:%S"
        )
        formatter.converter = time.gmtime
        handler.setFormatter(formatter)
    handler.addFilter(RequestId())
    logging.getLogger().addHandler(handler)


def load(name):
    module_name, dot, function_name = name.rpartition(".")
    if not dot:
        raise Fault(
            "Runtime.MalformedHandlerName", "Bad handler '%s': not enough values to unpack (expected 2, got 1)" % name
        )
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        raise Fault("Runtime.ImportModuleError", "Unable to import module '%s': %s" % (module_name, error))
    except SyntaxError as error:
        trace = ['  File "%s" Line %s\n    %s' % (error.filename, error.lineno, error.text)]
        raise Fault("Runtime.UserCodeSyntaxError", "Syntax error in module '%s': %s" % (module_name, error), trace)
    if not hasattr(module, function_name):
        raise Fault("Runtime.HandlerNotFound", "Handler '%s' missing on module '%s'" % (function_name, module_name))
    return getattr(module, function_name)


def describe(error, request_id=""):
    """The error as the Runtime API takes it, and a line of the log."""
    if isinstance(error, Fault):
        kind, trace = error.kind, error.trace
    else:
        kind, trace = type(error).__name__, stack_trace(error)
    log_error(kind, str(error), trace)
    described = {"errorMessage": str(error), "errorType": kind, "requestId": request_id, "stackTrace": trace}
    return kind, json.dumps(described).encode("ascii")


def stack_trace(error):
    frames = traceback.extract_tb(error.__traceback__)
    while frames and is_platform(frames[0].filename):
        del frames[0]
    return [
        '  File "%s", line %s, in %s\n' % (frame.filename, frame.lineno, frame.name)
        + ("    %s\n" % frame.line if frame.line else "")
        for frame in frames
    ]


def is_platform(filename):
    return filename in ("<string>", importlib.__file__) or filename.startswith("<frozen importlib")


def log_error(kind, message, trace):
    """One line of the log, however many lines the error has."""
    if JSON_LOG:
        line = {"timestamp": now(time.time()), "log_level": "ERROR", "errorMessage": message, "errorType": kind}
        line |= {"requestId": current.request_id, "stackTrace": trace}
        print(json.dumps(line, ensure_ascii=False))
        return
    lines = ["[ERROR] %s: %s" % (kind, message)]
    if trace:
        lines += ["Traceback (most recent call last):", *"".join(trace).splitlines()]
    print("\r".join(map(indent, lines)).replace("\n", "\r"))


def indent(line):
    text = line.lstrip(" ")
    return "\u00a0" * (len(line) - len(text)) + text


def encode_other(value):
    decimal = sys.modules.get("decimal")
    if decimal and isinstance(value, decimal.Decimal):
        return float(value)
    raise TypeError("Object of type %s is not JSON serializable" % type(value).__name__)


def answer(handler, headers, payload):
    try:
        event = json.loads(payload)
    except ValueError as error:
        raise Fault("Runtime.UnmarshalError", "Unable to unmarshal input: %s" % error)
    result = handler(event, Context(headers))
    try:
        return json.dumps(result, default=encode_other, ensure_ascii=ESCAPED).encode("utf-8")
    except Exception as error:
        raise Fault("Runtime.MarshalError", "Unable to marshal response: %s" % error)


def serve(handler, api):
    while True:
        headers, payload = api.next()
        current.request_id = headers["lambda-runtime-aws-request-id"]
        trace_id = headers.get("lambda-runtime-trace-id")
        # Of the whole process: with several invocations at a time it would be another one's.
        if trace_id and CONCURRENCY == 1:
            os.environ["_X_AMZN_TRACE_ID"] = trace_id
        else:
            os.environ.pop("_X_AMZN_TRACE_ID", None)
        try:
            path, body = "response", answer(handler, headers, payload)
        except Exception as error:
            path, body = "error", describe(error, current.request_id)[1]
        api.post("invocation/%s/%s" % (current.request_id, path), body)


def serve_in_thread(handler):
    """Ends the process when the handler means to, which would otherwise end only the thread."""
    try:
        serve(handler, RuntimeApi(os.environ["AWS_LAMBDA_RUNTIME_API"]))
    except SystemExit as exit:
        os._exit(exit.code if isinstance(exit.code, int) else int(exit.code is not None))
    except BaseException:
        traceback.print_exc()
        os._exit(1)


def main():
    # The interpreter has put an empty name in front, which would follow a handler that changes its directory.
    sys.path[:] = [os.environ["LAMBDA_TASK_ROOT"], *filter(None, sys.path)]
    api = RuntimeApi(os.environ["AWS_LAMBDA_RUNTIME_API"])
    set_up_logging()
    try:
        handler = load(os.environ["_HANDLER"])
    except Exception as error:
        kind, described = describe(error)
        api.post("init/error", described, kind)
        sys.exit(1)
    for _ in range(CONCURRENCY - 1):
        threading.Thread(target=serve_in_thread, args=(handler,), daemon=True).start()
    if CONCURRENCY > 1:
        serve_in_thread(handler)
    serve(handler, api)


main()
