// Evaluates an expression a line with the original, and answers with a line: JSON, `nothing`, `function`, the code of an
// error after `!`, or `?` where it cannot be compared.
import { createInterface } from "node:readline";
import { createRequire } from "node:module";

const jsonata = createRequire(`${process.cwd()}/`)("jsonata");

// Beyond this bound, which is not ours, nothing is compared.
const bounds = { timeout: 1000 };
const isOutOfBounds = (code) => code === "D1012";

const isFunction = (value) =>
  typeof value === "function" || (value && (value._jsonata_lambda === true || value._jsonata_function === true));
const contains = (value, is) =>
  is(value) || (value !== null && typeof value === "object" && Object.values(value).some((part) => contains(part, is)));

async function answer({ expression, input }) {
  try {
    const result = await jsonata(expression, bounds).evaluate(input);
    if (result === undefined) return "nothing";
    // Fails for values that a transform has put into themselves.
    const text = JSON.stringify(result);
    if (contains(result, isFunction)) return "function";
    if (contains(result, (value) => typeof value === "number" && !Number.isFinite(value))) return "!D1001";
    return text;
  } catch (error) {
    // What has no code is a fault of the original's own.
    const isKnown = /^[A-Z]\d{4}$/.test(error.code) && !isOutOfBounds(error.code);
    return isKnown ? `!${error.code}` : "?";
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${await answer(JSON.parse(line))}\n`);
}
