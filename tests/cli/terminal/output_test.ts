import { assertEquals, assertThrows } from "../../assert.ts";
import { printable, writeTextBy } from "../../../src/cli/terminal/output.ts";
import { escapeControls, escapeJson, oneLine } from "../../../src/foreign_text.ts";

Deno.test("writeTextBy() goes on after a piece, an interruption, and a pipe that is full for a moment", () => {
  const written: number[] = [];
  const obstacles = [new Deno.errors.WouldBlock("x"), new Deno.errors.Interrupted("x")];
  const write = writeTextBy((bytes) => {
    const obstacle = written.length === 3 ? obstacles.pop() : undefined;
    if (obstacle !== undefined) throw obstacle;
    written.push(bytes[0] ?? 0);
    return 1;
  });
  write("h\u00e9llo");
  assertEquals(new TextDecoder().decode(Uint8Array.from(written)), "h\u00e9llo");
  assertEquals(obstacles.length, 0);
});

Deno.test("writeTextBy() waits for a pipe that stays full once, not for every note", () => {
  let tries = 0;
  const write = writeTextBy(() => {
    tries++;
    throw new Deno.errors.WouldBlock("full");
  }, { patience: 20 });
  assertThrows(() => write("x"), Deno.errors.WouldBlock);
  const afterFirst = tries;
  for (let i = 0; i < 100; i++) assertThrows(() => write("x"), Deno.errors.WouldBlock);
  assertEquals(tries, afterFirst + 100);
});

Deno.test("escapeControls() leaves what is written and takes what is obeyed", () => {
  const cases: [text: string, escaped: string][] = [
    ["plain, \u00e9 \u65e5\u672c \ud83d\ude00", "plain, \u00e9 \u65e5\u672c \ud83d\ude00"],
    ["\u001b[2J\n\r\t\u0000\u007f", "\\x1b[2J\\x0a\\x0d\\x09\\x00\\x7f"],
    ["\u009b31m\u0090", "\\x9b31m\\x90"],
    ["\u202eabc\u2066\u2028\u2029", "\\u202eabc\\u2066\\u2028\\u2029"],
    ["\u200b\u200e\u2060\ufeff\u00ad", "\\u200b\\u200e\\u2060\\ufeff\\xad"],
    ["\u{e0041}", "\\u{e0041}"],
    ["\ud800x", "\\ud800x"],
    ["\u0645\u06cc\u200c\u062e", "\u0645\u06cc\u200c\u062e"],
  ];
  for (const [text, escaped] of cases) {
    assertEquals(escapeControls(text), escaped);
    assertEquals(escapeControls(escaped), escaped);
    const value = { [text]: [text] };
    assertEquals(JSON.parse(escapeJson(JSON.stringify(value, null, 2))), value);
  }
});

Deno.test("oneLine() keeps a text of megabytes from filling a log", () => {
  assertEquals(oneLine(" a\r\n  b\nc\n"), "a b c");
  assertEquals(oneLine("x".repeat(5_000_000)).length, 4003);
});

Deno.test("printable() lets the colors of a line through, and nothing else", () => {
  const line = "\u001b[31mftl:\u001b[39m a\tb\u001b]0;x\u0007\u001b[2J";
  const rest = "a\tb\\x1b]0;x\\x07\\x1b[2J";
  assertEquals(printable(line, { color: true }), `\u001b[31mftl:\u001b[39m ${rest}`);
  assertEquals(printable(line, { color: false }), `\\x1b[31mftl:\\x1b[39m ${rest}`);
});
