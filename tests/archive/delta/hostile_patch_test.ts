/** A patch that is made to do harm is refused. */
import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { MAX_WINDOW } from "../../../src/archive/delta/patch_head.ts";
import { Patch } from "../../../src/archive/delta/patch.ts";
import { IntegrityError } from "../../../src/errors.ts";
import { assert, assertThrows } from "../../assert.ts";
import { bytesOf, concat } from "../builders.ts";
import { applied, assertMakes, patchOf, revision } from "./pairs.ts";

interface Part {
  readonly name: string;
  readonly content: Uint8Array;
  readonly raw?: number;
}

const OLD = revision({ a: { content: bytesOf("0123456789") } });
const NEW = revision({ a: { content: bytesOf("abcdefghij") } });

/** A patch from OLD to NEW that has these steps for its tree before its own. */
function withSteps(steps: readonly number[]): Uint8Array {
  const honest = patchOf(OLD, NEW, { isWhole: true }) ?? new Uint8Array();
  const end = honest.indexOf(10) + 1;
  const head = JSON.parse(new TextDecoder().decode(honest.subarray(0, end)));
  const own = zstdDecompressSync(honest.subarray(end, end + head.parts[0].size));
  // The first byte is the length of the steps, which are few.
  const content = concat(
    Uint8Array.of((own[0] ?? 0) + steps.length),
    Uint8Array.from(steps),
    own.subarray(1),
  );
  const frame = zstdCompressSync(content);
  const rest = honest.subarray(end + head.parts[0].size);
  head.parts[0] = { name: "entries", size: frame.length, raw: content.length };
  return concat(bytesOf(`${JSON.stringify(head)}\n`), frame, rest);
}

/** A patch from OLD to NEW whose windows are made by hand. */
function forged(...windows: Part[]): Uint8Array {
  const honest = patchOf(OLD, NEW, { isWhole: true }) ?? new Uint8Array();
  const end = honest.indexOf(10) + 1;
  const head = JSON.parse(new TextDecoder().decode(honest.subarray(0, end)));
  const entries = honest.subarray(end, end + head.parts[0].size);
  const frames = windows.map(({ content }) =>
    content.length === 0 ? content : new Uint8Array(zstdCompressSync(content))
  );
  head.parts = [
    head.parts[0],
    ...windows.map(({ name, content, raw = content.length }, i) => ({
      name,
      size: frames[i]?.length,
      raw,
    })),
  ];
  return concat(bytesOf(`${JSON.stringify(head)}\n`), entries, ...frames);
}

function delta(ops: readonly number[], diff = "", add = ""): Part[] {
  return [
    { name: "ops", content: Uint8Array.from(ops) },
    { name: "diff", content: bytesOf(diff) },
    { name: "add", content: bytesOf(add) },
  ];
}

const HOSTILE: Readonly<Record<string, Uint8Array>> = {
  "a step that keeps nothing": withSteps([0]),
  "a step that drops nothing": withSteps([1]),
  "a step that changes no time": withSteps([2]),
  "a step that adds nothing": withSteps([3]),
  "too few bytes": forged(),
  "too many bytes": forged({ name: "add", content: bytesOf("abcdefghijk") }),
  "a window beyond the end": forged(
    { name: "add", content: bytesOf("abcdefghij") },
    { name: "add", content: bytesOf("k") },
  ),
  "other bytes": forged({ name: "add", content: bytesOf("abcdefghix") }),
  "an empty window": forged({ name: "add", content: new Uint8Array() }, ...delta([])),
  "steps that add more than there is": forged(...delta([11, 0, 0], "", "abcdefghij")),
  "steps that leave bytes over": forged(...delta([10, 0, 0], "", "abcdefghijk")),
  "steps that differ more than there is": forged(...delta([0, 0, 10, 0, 10], "abc")),
  "steps that leave differences over": forged(...delta([0, 0, 10, 10, 0], "abc")),
  "a copy before the base": forged(...delta([0, 1, 10, 10, 0])),
  "a copy behind the base": forged(...delta([0, 2, 10, 10, 0])),
  "a copy longer than the base": forged(...delta([0, 0, 11, 11, 0])),
  "runs longer than their copy": forged(...delta([0, 0, 10, 11, 0])),
  "runs of nothing": forged(...delta([0, 0, 10, ...new Array(9000).fill(0)])),
  "steps of which most do nothing": forged(
    ...delta([...new Array(9000).fill(0), 10, 0, 0], "", "abcdefghij"),
  ),
  "steps that do nothing": forged(...delta(new Array(9000).fill(0))),
  "a number that is cut off": forged(...delta([0x80])),
  "a number that is too great": forged(...delta(new Array(20).fill(0xff))),
  "a part that is larger than it says": forged({
    name: "add",
    content: new Uint8Array(1 << 24),
    raw: 10,
  }),
  "a part that is smaller than it says": forged({ name: "add", content: bytesOf("a"), raw: 10 }),
  "a part out of bounds": forged({ name: "add", content: bytesOf("a"), raw: MAX_WINDOW + 1 }),
  "parts out of order": forged(...delta([0, 0, 0]).reverse()),
  "a part without the others": forged({ name: "ops", content: bytesOf("a") }),
  "an unknown part": forged({ name: "more", content: bytesOf("a") }),
  "no line": bytesOf("{}"),
  "no JSON": bytesOf("patch\n"),
  "another JSON": bytesOf("[null]\n"),
  "nothing": new Uint8Array(),
};

for (const [what, patch] of Object.entries(HOSTILE)) {
  Deno.test(`a hostile patch is refused: ${what}`, () => {
    assertThrows(() => applied(patch, OLD), IntegrityError);
  });
}

Deno.test("a patch by hand that is honest is applied", () => {
  assertMakes(withSteps([]), OLD, NEW);
  assertMakes(forged(...delta([10, 0, 0], "", "abcdefghij")), OLD, NEW);
  const differences = String.fromCharCode(...new Array(10).fill(0x31));
  assertMakes(forged(...delta([0, 0, 10, 0, 10], differences)), OLD, NEW);
});

Deno.test("a format of another version is refused", () => {
  const patch = new TextDecoder("latin1").decode(patchOf(OLD, NEW));
  const other = Uint8Array.from(patch.replace('"format":1', '"format":2'), (c) => c.charCodeAt(0));
  const { message } = assertThrows(() => Patch.parse(other), IntegrityError);
  assert(message.includes("does not know"), message);
});
