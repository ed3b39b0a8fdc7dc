// Runs a Node handler: asks the Lambda Runtime API for events and answers them.

import { AsyncLocalStorage } from "node:async_hooks";
import fs from "node:fs";
import http from "node:http";
import { createRequire } from "node:module";
import path from "node:path";
import { Writable } from "node:stream";
import { pathToFileURL } from "node:url";
import { format } from "node:util";

const { env } = process;
const [host, port] = env.AWS_LAMBDA_RUNTIME_API.split(":");
const CONCURRENCY = Number(env.AWS_LAMBDA_MAX_CONCURRENCY ?? 1);
const EXIT_REJECTION = 128;
const EXIT_EXCEPTION = 129;

// --- The Runtime API, over connections that are kept and that do not keep the process busy while nothing is asked.

const agent = new http.Agent({ keepAlive: true });
// However many invocations end in the same moment, a few connections answer them.
const answers = new http.Agent({ keepAlive: true, maxSockets: 8 });

function ask(method, name, headers, over = agent) {
  return http.request({ agent: over, host, port, method, path: `/2018-06-01/runtime/${name}`, headers });
}

function replyTo(request) {
  return new Promise((resolve, reject) => {
    request.on("error", reject);
    request.on("response", (response) => {
      const pieces = [];
      response.on("error", reject);
      response.on("data", (piece) => pieces.push(piece));
      response.on("end", () => resolve({ headers: response.headers, body: Buffer.concat(pieces).toString() }));
    });
  });
}

function post(name, body, headers = {}) {
  const bytes = Buffer.from(body);
  const described = { "content-type": "application/json", "content-length": bytes.length, ...headers };
  const request = ask("POST", name, described, answers);
  request.end(bytes);
  return replyTo(request);
}

function next() {
  const request = ask("GET", "invocation/next");
  request.end();
  return replyTo(request);
}

// --- Errors, as callers and logs see them.

class Fault extends Error {
  constructor(name, message, trace = []) {
    super(message);
    this.name = name;
    this.trace = trace;
  }
}

function describe(error) {
  if (!(error instanceof Error) && !(typeof error?.name === "string" && typeof error?.message === "string")) {
    return { errorType: typeof error, errorMessage: String(error), trace: [] };
  }
  const trace = error.trace ?? String(error.stack).split("\n").filter((line) => !line.includes("[eval"));
  return { errorType: String(error.name), errorMessage: String(error.message), trace };
}

// --- The log. Each line says when and in which invocation it was written.

const invocations = new AsyncLocalStorage();
let latestId;

const LEVELS = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];
const isJson = env.AWS_LAMBDA_LOG_FORMAT === "JSON";
const leastLevel = isJson ? LEVELS.indexOf(env.AWS_LAMBDA_LOG_LEVEL?.toUpperCase() ?? "INFO") : 0;

function log(level, parts) {
  if (LEVELS.indexOf(level) < leastLevel) return;
  const requestId = invocations.getStore() ?? latestId;
  const timestamp = new Date().toISOString();
  if (!isJson) {
    const text = format(...parts).replaceAll("\n", "\r");
    process.stdout.write(`${timestamp}\t${requestId ?? "undefined"}\t${level}\t${text}\n`);
    return;
  }
  const only = parts.length === 1 ? parts[0] : undefined;
  const line = { timestamp, level, requestId };
  if (only instanceof Error) Object.assign(line, describe(only));
  else line.message = typeof only === "object" && only !== null ? only : format(...parts);
  let text;
  try {
    text = JSON.stringify(line);
  } catch {
    text = JSON.stringify({ ...line, message: format(...parts) });
  }
  process.stdout.write(`${text}\n`);
}

for (const [method, level] of Object.entries({
  trace: "TRACE", debug: "DEBUG", log: "INFO", info: "INFO", warn: "WARN", error: "ERROR", fatal: "FATAL",
})) {
  console[method] = (...parts) => log(level, parts);
}

function logError(what, error) {
  if (isJson) log("ERROR", [error instanceof Error ? error : describe(error)]);
  else log("ERROR", [`${what} \t${JSON.stringify(describe(error))}`]);
}

// --- Handlers that write their response bit by bit.

const STREAMING = Symbol("streams its response");
const PRELUDE_END = Buffer.alloc(8);
const PRELUDE_TYPE = "application/vnd.awslambda.http-integration-response";

globalThis.awslambda = {
  streamifyResponse: (handler) => Object.assign(handler, { [STREAMING]: true }),
  HttpResponseStream: {
    from(stream, prelude) {
      stream.setContentType(PRELUDE_TYPE);
      stream.prelude = Buffer.concat([Buffer.from(JSON.stringify(prelude)), PRELUDE_END]);
      return stream;
    },
  },
};

class ResponseStream extends Writable {
  contentType = "application/octet-stream";
  prelude = Buffer.alloc(0);

  constructor(requestId) {
    super();
    this.requestId = requestId;
  }

  setContentType(contentType) {
    this.contentType = contentType;
  }

  open() {
    if (this.request) return;
    this.request = ask("POST", `invocation/${this.requestId}/response`, {
      "content-type": this.contentType,
      "lambda-runtime-function-response-mode": "streaming",
      "transfer-encoding": "chunked",
      trailer: "lambda-runtime-function-error-type, lambda-runtime-function-error-body",
    });
    this.reply = replyTo(this.request);
    // Said again to whoever waits for the reply.
    this.reply.catch((error) => this.destroy(error));
    if (this.prelude.length > 0) this.request.write(this.prelude);
  }

  _write(piece, encoding, done) {
    this.open();
    this.request.write(piece, encoding, done);
  }

  _final(done) {
    this.open();
    this.request.end(done);
  }

  // What was written stays; the error follows it.
  fail(described) {
    this.request.addTrailers({
      "lambda-runtime-function-error-type": described.errorType,
      "lambda-runtime-function-error-body": Buffer.from(JSON.stringify(described)).toString("base64"),
    });
    this.request.end();
  }
}

async function stream(handler, event, context) {
  const response = new ResponseStream(context.awsRequestId);
  const broken = new Promise((_, reject) => response.on("error", reject));
  try {
    await Promise.race([handler(event, response, context), broken]);
    if (!response.writableEnded) response.end();
    if (!response.writableFinished) {
      await Promise.race([new Promise((resolve) => response.on("finish", resolve)), broken]);
    }
  } catch (error) {
    if (!response.request) throw error;
    logError("Invoke Error", error);
    response.fail(describe(error));
  }
  await response.reply;
}

// --- Handlers that return, or call back.

// Called when nothing is left to do: no timer, no connection, nothing that could still answer.
let whenNothingIsLeft = () => {};
process.on("beforeExit", () => whenNothingIsLeft());

function run(handler, event, context, state) {
  return new Promise((resolve, reject) => {
    const answer = (error, result) => (error === undefined || error === null ? resolve(result) : reject(error));
    const callback = (error, result) => {
      const waits = state.waits && CONCURRENCY === 1 && (error === undefined || error === null);
      if (waits) whenNothingIsLeft = () => answer(error, result);
      else answer(error, result);
    };
    Object.assign(context, {
      done: callback,
      fail: (error) => callback(error ?? "handled"),
      succeed: (result) => callback(null, result),
    });
    // As on AWS: whoever neither answers nor has anything left to do has answered with nothing.
    whenNothingIsLeft = () => resolve(null);
    const result = handler(event, context, callback);
    if (typeof result?.then === "function") result.then(resolve, reject);
  });
}

function contextOf(headers, state) {
  const deadline = Number(headers["lambda-runtime-deadline-ms"]);
  const parse = (name) => (headers[name] ? JSON.parse(Buffer.from(headers[name], "latin1").toString()) : undefined);
  return {
    get callbackWaitsForEmptyEventLoop() {
      return state.waits;
    },
    set callbackWaitsForEmptyEventLoop(waits) {
      state.waits = waits;
    },
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    awsRequestId: headers["lambda-runtime-aws-request-id"],
    invokedFunctionArn: headers["lambda-runtime-invoked-function-arn"],
    clientContext: parse("lambda-runtime-client-context"),
    identity: parse("lambda-runtime-cognito-identity"),
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
}

function stringify(result) {
  try {
    return JSON.stringify(result === undefined ? null : result) ?? "null";
  } catch {
    throw new Error("Unable to stringify response body");
  }
}

async function answer(handler, { headers, body }) {
  const id = headers["lambda-runtime-aws-request-id"];
  try {
    const state = { waits: true };
    const context = contextOf(headers, state);
    const event = JSON.parse(body);
    if (handler[STREAMING]) await stream(handler, event, context);
    else await post(`invocation/${id}/response`, stringify(await run(handler, event, context, state)));
  } catch (error) {
    logError("Invoke Error", error);
    await post(`invocation/${id}/error`, JSON.stringify(describe(error)));
  }
}

// --- Loading.

function fileOf(folder, name) {
  return ["", ".js", ".mjs", ".cjs"]
    .map((extension) => path.join(folder, name + extension))
    .find((file) => fs.statSync(file, { throwIfNoEntry: false })?.isFile());
}

async function load(name) {
  const folder = path.join(env.LAMBDA_TASK_ROOT, path.dirname(name));
  const [, moduleName, member] = path.basename(name).match(/^([^.]*)\.(.+)$/) ?? [];
  if (!member || name.includes("..")) throw new Fault("Runtime.MalformedHandlerName", "Bad handler");
  const file = fileOf(folder, moduleName);
  if (!file) throw new Fault("Runtime.ImportModuleError", `Error: Cannot find module '${moduleName}'`);
  const module = await loadModule(file);
  const handler = member.split(".").reduce((value, key) => value?.[key], module) ??
    member.split(".").reduce((value, key) => value?.[key], module.default);
  if (handler === undefined) {
    throw new Fault("Runtime.HandlerNotFound", `${name} is undefined or not exported`);
  }
  if (typeof handler !== "function") throw new Fault("Runtime.HandlerNotFound", `${name} is not a function`);
  return handler;
}

async function loadModule(file) {
  try {
    // Whether a file is a module of the one kind or of the other is for Node to say.
    if (path.extname(file) !== "") return await import(pathToFileURL(file).href);
    return createRequire(file)(file);
  } catch (error) {
    if (error instanceof SyntaxError) {
      throw new Fault("Runtime.UserCodeSyntaxError", `${error.name}: ${error.message}`, describe(error).trace);
    }
    if (error?.code === "MODULE_NOT_FOUND" || error?.code === "ERR_MODULE_NOT_FOUND") {
      throw new Fault("Runtime.ImportModuleError", `Error: ${error.message}`, describe(error).trace);
    }
    throw error;
  }
}

// --- The life of the process.

// Errors that nobody catches end the process, and whatever it has in hand with it.
async function die(what, described, code) {
  if (isJson) log("ERROR", [described]);
  else log("ERROR", [`${what} \t${JSON.stringify(described)}`]);
  const ids = [...open];
  await Promise.allSettled(ids.map((id) => post(`invocation/${id}/error`, JSON.stringify(described))));
  if (isStarting) {
    const headers = { "lambda-runtime-function-error-type": described.errorType };
    await post("init/error", JSON.stringify(described), headers).catch(() => {});
  }
  process.exit(code);
}

const open = new Set();
let isStarting = true;

process.on("uncaughtException", (error) => die("Uncaught Exception", describe(error), EXIT_EXCEPTION));
process.on("unhandledRejection", (reason) => {
  const fault = new Fault("Runtime.UnhandledPromiseRejection", String(reason), describe(reason).trace);
  die("Unhandled Promise Rejection", describe(fault), EXIT_REJECTION);
});

async function serve(handler) {
  for (;;) {
    // Without a platform there is nobody left who could be told.
    const event = await next().catch(() => process.exit(1));
    const id = event.headers["lambda-runtime-aws-request-id"];
    const trace = event.headers["lambda-runtime-trace-id"];
    if (trace) env._X_AMZN_TRACE_ID = trace;
    else delete env._X_AMZN_TRACE_ID;
    latestId = CONCURRENCY === 1 ? id : undefined;
    open.add(id);
    const answered = invocations.run(id, () => answer(handler, event)).catch(() => process.exit(1));
    const ended = answered.then(() => open.delete(id));
    if (CONCURRENCY === 1) await ended;
  }
}

let handler;
try {
  handler = await load(env._HANDLER);
} catch (error) {
  await die("Uncaught Exception", describe(error), 1);
}
isStarting = false;
serve(handler);
