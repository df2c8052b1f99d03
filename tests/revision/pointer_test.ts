import { assert, assertEquals, assertThrows } from "../assert.ts";
import { type Metadata } from "../../src/revision/metadata.ts";
import { IntegrityError, UsageError } from "../../src/errors.ts";
import {
  type Blessing,
  blessingMetadata,
  blessingName,
  nextSerial,
  parsePointer,
  readBlessing,
  wholeSeconds,
} from "../../src/revision/pointer.ts";
import { parseRollout } from "../../src/revision/rollout.ts";
import { anId, aPackage } from "../names.ts";

const ID = anId("VZ5vQk8aR4G");
const where = { key: "my_site.rev", packageName: aPackage("my_site") };

Deno.test("parsePointer() reads what FTL, an editor and the Go original write", () => {
  const texts = [
    "my_site.VZ5vQk8aR4G",
    "my_site.VZ5vQk8aR4G\n",
    "  my_site.VZ5vQk8aR4G\r\n",
    "VZ5vQk8aR4G",
  ];
  for (const text of texts) assertEquals(parsePointer(text, where), "VZ5vQk8aR4G", text);
});

Deno.test("parsePointer() refuses what names no revision of the package", () => {
  for (const text of ["", "other.VZ5vQk8aR4G", "my_site.tgz", "my_site.VZ5vQk8aR4G.tgz", "../x"]) {
    assertThrows(() => parsePointer(text, where), IntegrityError, "my_site.rev");
  }
});

const BLESSING = {
  id: ID,
  replaced: anId("VZ5uB1x0pQa"),
  note: { by: "a@b", at: "2026-11-22T00:00:00.000Z", message: undefined },
  serial: 1795615200124,
  since: 1795615200123,
  object: { key: `my_site.${ID}.tar.\u00fc`, sha256: "0f".repeat(32), size: 123 },
  next: undefined,
  rollout: undefined,
  stopped: undefined,
};

const NEXT = anId("VZ6vQk8aR4G");
const ROLLOUT_WORDS = "id=1795615200123 cut=0.123456789 at=1795615200 over=259200 " +
  "group=canary,eu-west-1 at-once=100 halt=100 of=5000 state=paused";

/** Bytes of all but the message. What is left is for the message, and for signatures. */
const FIXED_LIMIT = 640;

/** A blessing with every field, each as long as it usually is. */
const STAGED: Blessing = {
  ...BLESSING,
  note: { by: "deployer@build-1", at: "2026-11-22T00:00:00.000Z", message: undefined },
  object: { key: `my_site.${ID}.tar.zst`, sha256: "0f".repeat(32), size: 12345678901 },
  next: {
    id: NEXT,
    object: { key: `my_site.${NEXT}.tar.zst`, sha256: "f0".repeat(32), size: 12345678901 },
  },
  rollout: parseRollout(ROLLOUT_WORDS),
  stopped: anId("VZ5zzzzzzzz"),
};

Deno.test("a blessing carries what it replaced, its serial and its object", () => {
  const metadata = blessingMetadata(BLESSING);
  assertEquals(Object.values(metadata).every((value) => /^[ -~]*$/.test(value)), true);
  assertEquals(readBlessing(ID, metadata), BLESSING);
});

Deno.test("a blessing carries the candidate, its rollout, and the one that was stopped", () => {
  const metadata = blessingMetadata(STAGED);
  assertEquals(metadata["ftl-next"], NEXT);
  assertEquals(metadata["ftl-rollout"], ROLLOUT_WORDS);
  assertEquals(readBlessing(ID, metadata), STAGED);
});

Deno.test("a candidate without an object keeps clear of the blessed one's", () => {
  const next = { id: NEXT, object: undefined };
  assertEquals(readBlessing(ID, blessingMetadata({ ...STAGED, next })), { ...STAGED, next });
});

Deno.test("words of a later version, of any characters, come back in a blessing", () => {
  const rollout = parseRollout(`${ROLLOUT_WORDS} zone=gr\u00fcn 50%`);
  const metadata = blessingMetadata({ ...STAGED, rollout });
  assert(/^[ -~]*$/.test(metadata["ftl-rollout"] ?? ""), "S3's metadata is ASCII");
  assertEquals(readBlessing(ID, metadata).rollout?.unknown, ["zone=gr\u00fcn", "50%"]);
});

Deno.test("a candidate that is no id counts as absent", () => {
  const { next, stopped } = readBlessing(ID, {
    "ftl-next": "../etc",
    "ftl-next-key": "my_site.x.tgz",
    "ftl-stopped": "a b",
  });
  assertEquals([next, stopped], [undefined, undefined]);
});

function bytesOf(blessing: Blessing): number {
  return Object.entries(blessingMetadata(blessing)).flat().join("").length;
}

Deno.test("a blessing with a rollout leaves room for a message of 1,000 bytes", () => {
  const bytes = (metadata: Metadata): number => Object.entries(metadata).flat().join("").length;
  const { by, at } = STAGED.note;
  const fixed = bytes(blessingMetadata(STAGED));
  assert(fixed <= FIXED_LIMIT, `${fixed} bytes`);
  const message = "m".repeat(1000);
  const full = bytes(blessingMetadata({ ...STAGED, note: { by, at, message } }));
  assertEquals(full, fixed + "ftl-message".length + 1000);
});

Deno.test("a blessing carries the hashes of trees, which are left out before anything else lacks room", () => {
  const { object, next } = STAGED;
  assert(object !== undefined && next?.object !== undefined);
  const blessing: Blessing = {
    ...STAGED,
    object: { ...object, tree: "0a".repeat(32) },
    next: { ...next, object: { ...next.object, tree: "a0".repeat(32) } },
  };
  const metadata = blessingMetadata(blessing);
  assertEquals(readBlessing(ID, metadata), blessing);
  const room = 2000 - bytesOf(blessing);
  assertEquals(readBlessing(ID, blessingMetadata(blessing, room)), blessing);
  assertEquals(readBlessing(ID, blessingMetadata(blessing, room + 1)), STAGED);
  const note = { message: "m".repeat(1000) };
  const short = { ...STAGED, object: { ...object, key: `my_site.${ID}.` }, note };
  const key = `my_site.${ID}.`.padEnd(2000 - bytesOf(short) + `my_site.${ID}.`.length, "x");
  const full = { ...STAGED, object: { ...object, key }, note };
  assertEquals(bytesOf(full), 2000);
  const withTrees = { ...full, object: { ...full.object, tree: "0a".repeat(32) } };
  assertEquals(blessingMetadata(withTrees), blessingMetadata(full));
});

Deno.test("what FTL cannot have written in a pointer's metadata counts as absent", () => {
  const { replaced, serial, since, object } = readBlessing(ID, {
    "ftl-replaced": "../etc",
    "ftl-serial": "1e9",
    "ftl-blessed": "1".repeat(16),
    "ftl-sha256": "0f".repeat(32),
  });
  assertEquals([replaced, serial, since, object], [undefined, undefined, undefined, undefined]);
});

Deno.test("a pointer whose metadata S3 has no room for is refused, and says how much room there is", () => {
  const object = { ...BLESSING.object, key: `my_site.${ID}.${"x".repeat(900)}` };
  const withMessage = (length: number): Record<string, string> =>
    blessingMetadata({ ...BLESSING, object, note: { message: "m".repeat(length) } });
  const error = assertThrows(() => withMessage(1000), UsageError, "too long");
  const room = Number(/room for (\d+) bytes/.exec(error.message)?.[1]);
  const bytes = Object.entries(withMessage(room)).flat().join("").length;
  assertEquals(bytes, 2000);
  assertThrows(() => withMessage(room + 1), UsageError);
});

Deno.test("what is too long for a pointer's metadata is named, also if it is not the message", () => {
  const longKey = (bytes: number): Blessing => ({
    ...STAGED,
    object: { key: `my_site.${ID}.`.padEnd(bytes, "x"), sha256: undefined, size: undefined },
  });
  const cases: [blessing: Blessing, named: string, fill: (room: number) => Blessing][] = [
    [longKey(1800), "The S3 key of the revision", longKey],
    [
      // The message is long, but without it there would still be no room.
      { ...longKey(1900), note: { message: "m".repeat(100) } },
      "The S3 key of the revision",
      (room) => ({ ...longKey(room), note: { message: "m".repeat(100) } }),
    ],
    [
      { ...STAGED, note: { by: "u".repeat(1500) } },
      "The name of user and host",
      (room) => ({ ...STAGED, note: { by: "u".repeat(room) } }),
    ],
    [
      { ...longKey(950), note: { message: "m".repeat(700) } },
      "The message",
      (room) => ({ ...longKey(950), note: { message: "m".repeat(room) } }),
    ],
  ];
  for (const [blessing, named, fill] of cases) {
    const { message } = assertThrows(() => blessingMetadata(blessing), UsageError);
    const [, what, room] = /^(.*) is too long: there is room for (\d+) bytes$/.exec(message) ?? [];
    assertEquals(what, named);
    blessingMetadata(fill(Number(room)));
    assertThrows(() => blessingMetadata(fill(Number(room) + 1)), UsageError, "too long");
  }
});

Deno.test("a serial grows with every write, whatever the clock says", () => {
  assertEquals(nextSerial(1795615200123.7, undefined), 1795615200123);
  assertEquals(nextSerial(1000, 1795615200123), 1795615200124);
  assertEquals(nextSerial(1795615200123, 41), 1795615200123);
});

Deno.test("a blessing is known by the write that made it, or by the version of an older pointer", () => {
  assertEquals(blessingName(BLESSING, "v"), "1795615200123");
  assertEquals(blessingName({ since: undefined }, "v"), "v");
});

Deno.test("a version that FTL 0.1.0 stored loses only the parts of its seconds", () => {
  const times = ["1795615200987", "1795615200000", "17956152009876"];
  for (
    const [stored, whole] of [
      [times[0], times[1]],
      [times[1], times[1]],
      [times[2], times[2]],
    ]
  ) {
    assertEquals(
      wholeSeconds(`a.rev "1795615200987" ${stored} -`),
      `a.rev "1795615200987" ${whole} -`,
    );
  }
  assertEquals(wholeSeconds("a 1795615200987 b 1795615209111"), "a 1795615200000 b 1795615209000");
});
