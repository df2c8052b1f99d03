/** Valid archives, broken at random: bytes, whole headers, the compressed stream. */
import { checkArchive } from "../../src/archive/check.ts";
import { IntegrityError } from "../../src/errors.ts";
import { gnuLong, gzip, type Member, pax, SAMPLE, stream, tar, zstd } from "../archive/builders.ts";
import { Playground } from "../archive/playground.ts";
import type { Figures } from "./lab.ts";
import { Random } from "../random.ts";

const BLOCK = 512;
const LINKS: Member[] = [
  { name: "a/", type: "5" },
  { name: "a/file", content: "x".repeat(600) },
  { name: "a/out", type: "2", link: "file" },
  { name: "b", type: "1", link: "a/file" },
];
const ARCHIVES: readonly Uint8Array[] = [
  SAMPLE,
  tar(...LINKS),
  tar(pax({ path: "p".repeat(200), size: "5" }), { name: "x", content: "12345" }),
  tar(gnuLong("K", "t".repeat(120)), { name: "l", type: "2", link: "t" }, {
    name: "v",
    format: "v7",
  }),
];
/** What an attacker would like to see in a header. */
const BAIT = [
  "../../outside/secret",
  "/etc/passwd",
  "a/out/x",
  "..",
  "a//b",
  "",
  "outside",
  "a/../..",
];
const TYPES = [
  "0",
  "1",
  "2",
  "3",
  "4",
  "5",
  "6",
  "7",
  "g",
  "x",
  "L",
  "K",
  "S",
  "\0",
  "V",
  "D",
  "X",
  "A",
  "M",
];

/** Every archive is accepted or refused, alike by the check and by unpacking, and nothing gets out. */
export async function breakArchives(
  { seed, inputs }: { seed: number; inputs: number },
): Promise<Figures> {
  const random = new Random(seed);
  using play = new Playground();
  let refused = 0;
  for (let input = 1; input <= inputs; input++) {
    const [rest, bytes] = mutant(random);
    try {
      const checked = await verdictOf(checkArchive(stream(bytes), { package: "my_site", rest }));
      // The disk is slow: most are only checked.
      if (input % 5 === 0) {
        const unpacked = await verdictOf(play.unpack(bytes, { rest }));
        play.assertNothingEscaped();
        play.clear();
        if (unpacked !== checked) throw new Error(`checked: ${checked}; unpacked: ${unpacked}`);
      }
      if (checked !== "accepted") refused++;
    } catch (error) {
      const text = bytes.toBase64();
      throw new Error(`seed ${seed}, input ${input} (.${rest}): ${error}: ${text}`, {
        cause: error,
      });
    }
  }
  return { "broken archives": inputs, "of them refused": refused, escaped: 0 };
}

/** Throws whatever else than a refusal. */
async function verdictOf(reading: Promise<unknown>): Promise<string> {
  try {
    await reading;
    return "accepted";
  } catch (error) {
    if (!(error instanceof IntegrityError)) throw error;
    return error.message;
  }
}

function mutant(random: Random): [rest: string, bytes: Uint8Array] {
  let bytes: Uint8Array = random.pick(ARCHIVES).slice();
  for (let count = 1 + random.below(3); count > 0; count--) {
    bytes = random.next() < 0.6 ? breakHeader(bytes, random) : breakBytes(bytes, random);
  }
  const chance = random.next();
  if (chance < 0.6) return ["tar", bytes];
  const [rest, packed] = chance < 0.8 ? ["tgz", gzip(bytes)] : ["tzst", zstd(bytes)];
  return [
    rest ?? "",
    random.next() < 0.5 ? packed as Uint8Array : breakBytes(packed as Uint8Array, random),
  ];
}

function breakBytes(bytes: Uint8Array, random: Random): Uint8Array {
  const at = random.below(bytes.length + 1);
  const chance = random.next();
  if (chance < 0.5) {
    const broken = bytes.slice();
    broken[Math.min(at, broken.length - 1)] = random.below(256);
    return broken;
  }
  if (chance < 0.7) return bytes.slice(0, at);
  const end = Math.min(bytes.length, at + random.below(3 * BLOCK));
  const piece = bytes.slice(at, end);
  const tail = bytes.slice(chance < 0.85 ? end : at);
  return new Uint8Array([...bytes.slice(0, at), ...(chance < 0.85 ? [] : piece), ...tail]);
}

/** A header field of another value, with a checksum that fits: what a check of the sum does not catch. */
function breakHeader(bytes: Uint8Array, random: Random): Uint8Array {
  const broken = bytes.slice();
  const at = random.below(Math.max(1, Math.floor(broken.length / BLOCK))) * BLOCK;
  if (at + BLOCK > broken.length) return broken;
  const header = broken.subarray(at, at + BLOCK);
  const put = (offset: number, text: string, width: number): void => {
    header.fill(0, offset, offset + width);
    header.set(new TextEncoder().encode(text).subarray(0, width), offset);
  };
  const field = random.below(6);
  if (field === 0) put(0, random.pick(BAIT), 100);
  if (field === 1) put(157, random.pick(BAIT), 100);
  if (field === 2) put(156, random.pick(TYPES), 1);
  if (field === 3) put(124, random.below(2 ** 20).toString(8).padStart(11, "0"), 12);
  if (field === 4) header.set(random.bytes(12), 124);
  if (field === 5) put(345, random.pick(BAIT), 155);
  put(148, "        ", 8);
  const sum = header.reduce((total, byte) => total + byte, 0);
  put(148, `${sum.toString(8).padStart(6, "0")}\0 `, 8);
  return broken;
}
