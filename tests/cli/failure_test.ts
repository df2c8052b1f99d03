/** The lines and the exit code for a thrown error. */
import { assert, assertEquals, assertMatch } from "../assert.ts";
import { errorLines, exitCodeOf, exitCodeOfAll, showError } from "../../src/cli/failure.ts";
import { paintFor } from "../../src/cli/terminal/paint.ts";
import {
  ConflictError,
  EXIT,
  IntegrityError,
  InterruptedError,
  NotFoundError,
  OutcomeUnknownError,
  ScriptError,
  StorageError,
  UsageError,
} from "../../src/errors.ts";
import { aName } from "../names.ts";

const plain = { verbose: false, paint: paintFor({ color: false }) };

const CODES: readonly (readonly [error: unknown, code: number])[] = [
  [new UsageError("x"), EXIT.usage],
  [new NotFoundError("x"), EXIT.notFound],
  [new ConflictError("x"), EXIT.conflict],
  [new IntegrityError("x"), EXIT.integrity],
  [new ScriptError("x", { revision: aName("a.VZ5vQk8aR4G") }), EXIT.script],
  [new StorageError("x"), EXIT.storage],
  [new InterruptedError("SIGINT"), 130],
  [new InterruptedError("SIGTERM"), 143],
  [new OutcomeUnknownError("x", { cause: new InterruptedError("SIGINT"), what: "x" }), 130],
  [new OutcomeUnknownError("x", { cause: new Error("x"), what: "x" }), EXIT.storage],
  [new TypeError("x"), EXIT.internal],
  ["x", EXIT.internal],
];

Deno.test("exitCodeOf() goes by the error's class", () => {
  for (const [error, code] of CODES) assertEquals(exitCodeOf(error), code, String(error));
});

Deno.test("exitCodeOfAll() prefers a script's failure, and then takes the first one", () => {
  const [script, storage, conflict] = [
    new ScriptError("x", { revision: aName("a.VZ5vQk8aR4G") }),
    new StorageError("x"),
    new ConflictError("x"),
  ];
  assertEquals(exitCodeOfAll([]), EXIT.done);
  assertEquals(exitCodeOfAll([storage, conflict]), EXIT.storage);
  assertEquals(exitCodeOfAll([conflict, storage]), EXIT.conflict);
  assertEquals(exitCodeOfAll([storage, script]), EXIT.script);
});

Deno.test("errorLines() shows the message on one line, and the hint on a second one", () => {
  const error = new NotFoundError("No revision 'a\nb'", { hint: "Look\nagain" });
  const lines = errorLines(error, plain);
  assertEquals(lines.length, 2);
  assertMatch(lines[0] ?? "", /^ftl: No revision 'a.*b'$/);
  assertMatch(lines[1] ?? "", /^hint: Look.*again$/);
  assertEquals(errorLines(new UsageError("Wrong"), plain), ["ftl: Wrong"]);
});

Deno.test("errorLines() with --verbose adds the causes' stacks, without control characters", () => {
  const cause = new Error("the \u001b[31mcause");
  const error = new StorageError("Cannot read", { cause });
  const [first, ...stack] = errorLines(error, { ...plain, verbose: true });
  assertEquals(first, "ftl: Cannot read");
  const text = stack.join("\n");
  assertMatch(text, /failure_test\.ts/);
  assertMatch(text, /Error: the .*cause/);
  assert(!text.includes("\u001b"), text);
});

Deno.test("an error that is not FTL's own class is shown as a fault of FTL", () => {
  const { message, hint } = showError(new TypeError("x is not a function"));
  assertEquals(message, "A fault of FTL's own: x is not a function");
  assertMatch(hint ?? "", /--verbose/);
  assertEquals(showError("thrown text").message, "A fault of FTL's own: thrown text");
});
