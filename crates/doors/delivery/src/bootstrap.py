"""Runs a Python handler: asks the Lambda Runtime API for events and answers them."""

import contextvars
import importlib
import json
import logging
import os
import socket
import sys
import time
import traceback

# AWS's runtimes up to Python 3.11 return text in ASCII, later ones as it is.
ESCAPED = sys.version_info < (3, 12)
JSON_LOG = os.environ.get("AWS_LAMBDA_LOG_FORMAT") == "JSON"
CONCURRENCY = int(os.environ.get("AWS_LAMBDA_MAX_CONCURRENCY", 1))
# Answers that are sent at the same time, each over a connection of its own.
ANSWERS_AT_ONCE = 8
# The longest line of a reply's head: a client's context may fill one.
LINE_BYTES_MAX = 1 << 20


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
        self.socket.sendall(request(self.host, method, path, body, extra))
        headers = {}
        for line in iter(self.replies.readline, b"\r\n"):
            take_header(headers, line)
        return headers, self.replies.read(int(headers["content-length"]))


def request(host, method, path, body=b"", extra=""):
    head = "%s /2018-06-01/runtime/%s HTTP/1.1\r\nHost: %s\r\n" % (method, path, host)
    head += "Content-Type: application/json\r\n%sContent-Length: %d\r\n\r\n" % (extra, len(body))
    return head.encode("ascii") + body


def take_header(headers, line):
    if not line:
        # The platform is gone, and with it whoever could read an error.
        os._exit(1)
    name, _, value = line.decode("latin-1").partition(":")
    headers[name.lower()] = value.strip()


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


# The invocation that a thread or a coroutine works on.
current_id = contextvars.ContextVar("request_id", default="")


class RequestId(logging.Filter):
    """Gives every log record the id of the invocation it was written in."""

    def filter(self, record):
        record.aws_request_id = current_id.get()
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
        line |= {"requestId": current_id.get(), "stackTrace": trace}
        print(json.dumps(line, ensure_ascii=False))
        return
    # Of several invocations at a time the line has to say whose it is.
    whose = "%s " % current_id.get() if CONCURRENCY > 1 and current_id.get() else ""
    lines = ["[ERROR] %s%s: %s" % (whose, kind, message)]
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


def read(payload):
    try:
        return json.loads(payload)
    except ValueError as error:
        raise Fault("Runtime.UnmarshalError", "Unable to unmarshal input: %s" % error)


def written(result):
    try:
        return json.dumps(result, default=encode_other, ensure_ascii=ESCAPED).encode("utf-8")
    except Exception as error:
        raise Fault("Runtime.MarshalError", "Unable to marshal response: %s" % error)


def is_awaitable(result):
    """What a coroutine gives until it is waited for."""
    return hasattr(result, "__await__")


def event_loop():
    """A new one. What it takes to import it is for those who need it."""
    global asyncio
    import asyncio

    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    return loop


async def settled(awaitable):
    """The result or the error, which has no frame of the loop in its stack trace."""
    try:
        return await awaitable, None
    except Exception as error:
        return None, error
    except asyncio.CancelledError as error:
        return None, Fault("CancelledError", str(error))


# --- One event at a time.


def serve(handler, api):
    loop = None
    while True:
        headers, payload = api.next()
        request_id = headers["lambda-runtime-aws-request-id"]
        current_id.set(request_id)
        trace_id = headers.get("lambda-runtime-trace-id")
        if trace_id:
            os.environ["_X_AMZN_TRACE_ID"] = trace_id
        else:
            os.environ.pop("_X_AMZN_TRACE_ID", None)
        try:
            result = handler(read(payload), Context(headers))
            if is_awaitable(result):
                # One loop for all events: what a handler keeps from one to the next belongs to it.
                loop = loop or event_loop()
                result, error = loop.run_until_complete(settled(result))
                if error:
                    raise error
            path, body = "response", written(result)
        except Exception as error:
            path, body = "error", describe(error, request_id)[1]
        api.post("invocation/%s/%s" % (request_id, path), body)


# --- Many events at a time: coroutines in one loop, other handlers in threads.


def serve_many(handler):
    """Ends the process when a handler means to: the others' threads would keep it alive."""
    loop = event_loop()
    try:
        loop.run_until_complete(Many(handler).serve())
    except SystemExit as exit:
        os._exit(exit.code if isinstance(exit.code, int) else int(exit.code is not None))
    except BaseException:
        traceback.print_exc()
        os._exit(1)


class Many:
    """However many events go on, one connection asks for them and a few answer them."""

    def __init__(self, handler):
        import concurrent.futures
        import inspect

        self.handler = handler
        self.is_coroutine = inspect.iscoroutinefunction(handler)
        self.threads = concurrent.futures.ThreadPoolExecutor(CONCURRENCY)
        self.going_on = set()
        self.connections = []
        self.answers = asyncio.Semaphore(ANSWERS_AT_ONCE)

    async def serve(self):
        connection = await Connection.open()
        while True:
            headers, payload = await connection.call("GET", "invocation/next")
            task = asyncio.create_task(self.work(headers, payload))
            # The loop itself keeps no task alive.
            self.going_on.add(task)
            task.add_done_callback(self.ended)

    def ended(self, task):
        self.going_on.discard(task)
        if not task.cancelled() and task.exception():
            traceback.print_exception(None, task.exception(), task.exception().__traceback__)
            os._exit(1)

    async def work(self, headers, payload):
        request_id = headers["lambda-runtime-aws-request-id"]
        current_id.set(request_id)
        result, error = await settled(self.result(headers, payload))
        try:
            if error:
                raise error
            path, body = "response", written(result)
        except Exception as error:
            path, body = "error", describe(error, request_id)[1]
        async with self.answers:
            connection = self.connections.pop() if self.connections else await Connection.open()
            await connection.call("POST", "invocation/%s/%s" % (request_id, path), body)
            self.connections.append(connection)

    async def result(self, headers, payload):
        event, context = read(payload), Context(headers)
        if self.is_coroutine:
            return await self.handler(event, context)
        call = contextvars.copy_context().run
        loop = asyncio.get_running_loop()
        result, error = await loop.run_in_executor(self.threads, call, called, self.handler, event, context)
        if error:
            raise error
        return await result if is_awaitable(result) else result


def called(handler, event, context):
    """The result or the error, which has no frame of the thread in its stack trace."""
    try:
        return handler(event, context), None
    except Exception as error:
        return None, error


class Connection:
    """As `RuntimeApi`, for coroutines."""

    @staticmethod
    async def open():
        host, _, port = os.environ["AWS_LAMBDA_RUNTIME_API"].rpartition(":")
        connection = Connection()
        connection.replies, connection.requests = await asyncio.open_connection(host, int(port), limit=LINE_BYTES_MAX)
        return connection

    async def call(self, method, path, body=b""):
        self.requests.write(request(os.environ["AWS_LAMBDA_RUNTIME_API"], method, path, body))
        await self.requests.drain()
        headers = {}
        while (line := await self.replies.readline()) != b"\r\n":
            take_header(headers, line)
        return headers, await self.replies.readexactly(int(headers["content-length"]))


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
    if CONCURRENCY > 1:
        serve_many(handler)
    serve(handler, api)


main()
