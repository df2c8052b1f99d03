import { assertEquals, assertThrows } from "../assert.ts";
import { requireDuration } from "../../src/cli/values.ts";
import { UsageError } from "../../src/errors.ts";

Deno.test("requireDuration() reads a number and a unit, in seconds", () => {
  const cases: [text: string, seconds: number][] = [
    ["0s", 0],
    ["90s", 90],
    ["15m", 900],
    ["2h", 7200],
    ["3d", 259_200],
    ["007m", 420],
  ];
  for (const [text, seconds] of cases) assertEquals(requireDuration("wait", text), seconds, text);
});

Deno.test("requireDuration() refuses everything else, by the option's name", () => {
  const texts = [
    "",
    "5",
    "m",
    "1.5h",
    "-1s",
    "1h30m",
    " 1s",
    "1s ",
    "1S",
    "1w",
    "1e3s",
    "9999999999s",
  ];
  for (const text of texts) {
    assertThrows(
      () => requireDuration("over", text),
      UsageError,
      `--over is not a duration: '${text}'`,
    );
  }
});
