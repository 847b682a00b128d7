/** The conventions of tests (see `tests/README.md`), held by lint rules over their syntax trees. */

import { assertEquals } from "../support/assert.ts";
import { listFiles, readFile } from "../docs/files.ts";

/** Files and folders that may wait by time, each with the reason. */
const MAY_WAIT: Readonly<Record<string, string>> = {
  "tests/architecture/conventions_test.ts": "the example below",
  "tests/bench/": "paces load and samples at intervals",
  "tests/stress/": "paces load and samples at intervals",
  "tests/crash/faults/in_denokv.ts": "an outage and a slow network",
  "tests/crash/faults/in_kv.ts": "a slow KV",
  "tests/crash/faults/in_network.ts": "a slow network",
  "tests/crash/iterations.ts": "kills at random moments",
  "tests/deploy/deploy_support.ts":
    "kills a process that does not end in time, as the platform does",
  "tests/e2e/dashboard_load_test.ts": "a fake service that sends at a rate",
  "tests/hostile/wire_test.ts": "a deadline that fails the test",
  "tests/support/clock.ts": "lets other work run between the steps of a fake clock",
  "tests/support/kv_connect/server.ts": "a server that is some way away",
  "tests/support/service_process.ts": "polls until the buffer is empty",
  "tests/support/until.ts": "polls until a condition holds",
};

const TIMERS: readonly string[] = ["setTimeout", "setInterval", "sleep", "delay", "waitForTimeout"];
/** Shorter waits for a condition fail on a machine that is as busy as that of continuous integration. */
const SHORTEST_TIMEOUT_MS = 30_000;
const COMPARISONS: readonly string[] = ["<", ">", "<=", ">="];
const TEXT_CHECKS: readonly string[] = ["includes", "startsWith", "endsWith"];

/** The name of a called function or method. */
function calledName({ callee }: Deno.lint.CallExpression): string {
  if (callee.type === "Identifier") return callee.name;
  if (callee.type !== "MemberExpression" || callee.property.type !== "Identifier") return "";
  return callee.property.name;
}

/** Whether an expression compares numbers, alone or with others. */
function isComparison(node: Deno.lint.Expression | Deno.lint.Node): boolean {
  if (node.type === "LogicalExpression") {
    return isComparison(node.left) || isComparison(node.right);
  }
  return node.type === "BinaryExpression" && COMPARISONS.includes(node.operator);
}

function isTextCheck(node: Deno.lint.Node): boolean {
  return node.type === "CallExpression" && TEXT_CHECKS.includes(calledName(node));
}

const conventions: Deno.lint.Plugin = {
  name: "conventions",
  rules: {
    timers: {
      create: (context) => ({
        CallExpression(node) {
          if (TIMERS.includes(calledName(node))) {
            context.report({ node, message: `${calledName(node)}() waits by time` });
          }
        },
        // Code for a page.
        "Literal, TemplateElement"(node: Deno.lint.Node) {
          if (/\bsetTimeout\(resolve/.test(context.sourceCode.getText(node))) {
            context.report({ node, message: "setTimeout() waits by time" });
          }
        },
      }),
    },
    timeouts: {
      create: (context) => ({
        CallExpression(node) {
          const [, , timeout] = node.arguments;
          if (calledName(node) !== "until" || timeout?.type !== "Literal") return;
          const ms = Number(context.sourceCode.getText(timeout).replaceAll("_", ""));
          if (ms < SHORTEST_TIMEOUT_MS) {
            context.report({ node, message: "until() gives up too soon on a busy machine" });
          }
        },
      }),
    },
    assertions: {
      create: (context) => ({
        CallExpression(node) {
          const [actual, expected] = node.arguments;
          if (actual === undefined) return;
          const isBare = calledName(node) === "assert" && expected === undefined;
          const isBoolean = calledName(node) === "assertEquals" && expected?.type === "Literal" &&
            typeof expected.value === "boolean";
          if (isComparison(actual) && (isBare || isBoolean)) {
            context.report({ node, message: "assertLess(), assertGreater() … print both values" });
          } else if (isTextCheck(actual) && isBoolean) {
            context.report({
              node,
              message: "assertStringIncludes(), assertMatch() … print the text",
            });
          }
        },
      }),
    },
  },
};

/** Reports of a rule in a text, as `path:line message`. */
function check(rule: string, path: string, text: string): string[] {
  return Deno.lint.runPlugin(conventions, path, text)
    .filter(({ id }) => id === `conventions/${rule}`)
    .map(({ message, range: [start] }) => {
      const line = text.slice(0, start).split("\n").length;
      return `${path}:${line} ${message}`;
    });
}

async function checkTests(rule: string): Promise<string[]> {
  const reports: string[] = [];
  for (const path of await listFiles("tests/", [".ts", ".tsx"])) {
    reports.push(...check(rule, path, await readFile(path)));
  }
  return reports;
}

Deno.test("no test waits for a fixed time", async () => {
  const reports = await checkTests("timers");
  const allowed = Object.keys(MAY_WAIT);
  assertEquals(reports.filter((report) => !allowed.some((path) => report.startsWith(path))), []);
  const unused = allowed.filter((path) => !reports.some((report) => report.startsWith(path)));
  assertEquals(unused, [], "files that need not be allowed any more");
});

Deno.test("a wait for a condition lasts long enough for a busy machine", async () => {
  assertEquals(await checkTests("timeouts"), []);
});

Deno.test("assertions about numbers and texts print them when they fail", async () => {
  assertEquals(await checkTests("assertions"), []);
});

Deno.test("the conventions find timers and assertions that print nothing", () => {
  const text = `
    await new Promise((resolve) => setTimeout(resolve, 50));
    await page.evaluate("new Promise((resolve) => setTimeout(resolve, 50))");
    await clock.sleep(50);
    assertEquals(a.length <= 5, true);
    assertEquals(a.includes(b), false);
    assert(a > 1 && a < 5);
    assert(a > 1, "a message");
    assertEquals(a, true);
    await until(() => a, "a", 5_000);
    await until(() => a, "a", 60_000);
  `;
  const lines = (rule: string) =>
    check(rule, "a_test.ts", text).map((report) => Number(/:(\d+)/.exec(report)?.[1]));
  assertEquals(lines("timers"), [2, 3, 4]);
  assertEquals(lines("assertions"), [5, 6, 7]);
  assertEquals(lines("timeouts"), [10]);
});
