/** Text of others cannot speak to a terminal, forge a line of a log, or fill one. */
import { assertEquals } from "./assert.ts";
import { escapeControls, escapeJson, oneLine, quote } from "../src/foreign_text.ts";

const CASES: readonly (readonly [text: string, shown: string])[] = [
  ["my_site.tgz", "my_site.tgz"],
  ["\u65e5\u672c\u8a9e, na\u00efve", "\u65e5\u672c\u8a9e, na\u00efve"],
  ["\u001b[31mred", "\\x1b[31mred"],
  ["two\r\nlines\t", "two\\x0d\\x0alines\\x09"],
  ["\u009b31m", "\\x9b31m"],
  ["\u007f", "\\x7f"],
  ["a\u202egnp.exe", "a\\u202egnp.exe"],
  ["a\u2028b\u2029c", "a\\u2028b\\u2029c"],
  ["\ufeffbom, zero\u200bwidth, soft\u00adhyphen", "\\ufeffbom, zero\\u200bwidth, soft\\xadhyphen"],
  ["\u{e0041}", "\\u{e0041}"],
  ["half \ud83d and \ude00", "half \\ud83d and \\ude00"],
  // Joiners make letters and pictures of several characters.
  ["\u{1f469}\u200d\u{1f4bb} \u0646\u200c\u0647", "\u{1f469}\u200d\u{1f4bb} \u0646\u200c\u0647"],
];

Deno.test("escapeControls() shows what a terminal obeys or a reader does not see, and nothing else", () => {
  for (const [text, shown] of CASES) assertEquals(escapeControls(text), shown);
});

Deno.test("escapeJson() changes how JSON is written, and not what it says", () => {
  for (const [text] of CASES) {
    const json = escapeJson(JSON.stringify({ text }, null, 2));
    assertEquals(JSON.parse(json), { text });
    assertEquals(escapeControls(json.replaceAll("\n", "")), json.replaceAll("\n", ""));
  }
  assertEquals(escapeJson('{\n  "a": "\u{e0041}"\n}'), '{\n  "a": "\\udb40\\udc41"\n}');
});

Deno.test("oneLine() joins lines, and cuts a text that is too long for a reader", () => {
  assertEquals(oneLine("  first \r\n\n  second\u001b\n"), "first second\\x1b");
  assertEquals(oneLine("x".repeat(4000)).length, 4000);
  assertEquals(oneLine("x".repeat(4001)), `${"x".repeat(4000)}...`);
});

Deno.test("quote() cuts before it escapes, so that no escape is cut in two", () => {
  assertEquals(quote("it\u0007"), "'it\\x07'");
  assertEquals(quote("\n".repeat(201)), `'${"\\x0a".repeat(200)}...'`);
});
