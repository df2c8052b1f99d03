/** A place to unpack into, with a neighbourhood that shows whether anything got out. */
import { checkArchive } from "../../src/archive/check.ts";
import { unpack, type Unpacked, type UnpackOptions } from "../../src/archive/unpack.ts";
import { assertEquals, assertRejects, fail } from "../assert.ts";
import { IntegrityError } from "../../src/errors.ts";
import { TempFolder, treeOf } from "../temp.ts";
import { stream } from "./builders.ts";

export class Playground implements Disposable {
  readonly #folder = new TempFolder();
  /** Where archives are unpacked. */
  readonly target = this.#folder.folder("outer/staging");
  /** A folder outside that an attacker would like to write to, with one file. */
  readonly outside = this.#folder.folder("outside");

  constructor() {
    this.#folder.write("outside/secret", "untouched", 0o640);
    Deno.utimeSync(`${this.outside}/secret`, 1_000_000_000, 1_000_000_000);
  }

  get path(): string {
    return this.#folder.path;
  }

  async unpack(
    bytes: Uint8Array,
    options: Partial<UnpackOptions> & { chunk?: number } = {},
  ): Promise<Unpacked> {
    const { chunk, ...rest } = options;
    return await unpack(stream(bytes, chunk), {
      package: "my_site",
      rest: "tar",
      target: this.target,
      ...rest,
    });
  }

  /** What was unpacked: see `treeOf`. */
  tree(): string[] {
    return treeOf(this.target);
  }

  read(name: string): string {
    return Deno.readTextFileSync(`${this.target}/${name}`);
  }

  stat(name: string): Deno.FileInfo {
    return Deno.lstatSync(`${this.target}/${name}`);
  }

  /** Fails if anything but the target has changed. */
  assertNothingEscaped(): void {
    assertEquals([...Deno.readDirSync(this.path)].map(({ name }) => name).sort(), [
      "outer",
      "outside",
    ]);
    assertEquals([...Deno.readDirSync(`${this.path}/outer`)].map(({ name }) => name), ["staging"]);
    assertEquals(treeOf(this.outside), ['secret 0640 "untouched"']);
    const { mtime, nlink } = Deno.lstatSync(`${this.outside}/secret`);
    assertEquals([mtime?.getTime(), nlink], [1_000_000_000_000, 1]);
  }

  /** Removes what was unpacked. */
  clear(): void {
    new Deno.Command("chmod", { args: ["-R", "u+rwX", this.target], stderr: "null" }).outputSync();
    for (const { name } of Deno.readDirSync(this.target)) {
      Deno.removeSync(`${this.target}/${name}`, { recursive: true });
    }
  }

  [Symbol.dispose](): void {
    this.#folder[Symbol.dispose]();
  }
}

/** Asserts that unpacking and checking refuse alike, and that nothing got out; the answer is the message. */
export async function assertRefused(
  bytes: Uint8Array,
  options: { rest?: string; says: string[]; play?: Playground; chunk?: number },
): Promise<string> {
  const { rest = "tar", says, chunk } = options;
  using own = new Playground();
  const play = options.play ?? own;
  const error = await assertRejects(
    () => play.unpack(bytes, { rest, ...(chunk === undefined ? {} : { chunk }) }),
    IntegrityError,
  );
  const checked = await assertRejects(
    () => checkArchive(stream(bytes, chunk), { package: "my_site", rest }),
    IntegrityError,
  );
  play.assertNothingEscaped();
  assertEquals(checked.message, error.message);
  for (const part of says) {
    if (!error.message.includes(part)) fail(`"${error.message}" does not say "${part}"`);
  }
  return error.message;
}

/** Asserts that unpacking and checking accept alike, and say the same about it. */
export async function assertUnpacked(
  bytes: Uint8Array,
  options: { rest?: string; play: Playground; chunk?: number },
): Promise<Unpacked> {
  const { rest = "tar", play, chunk } = options;
  const checked = await checkArchive(stream(bytes, chunk), { package: "my_site", rest });
  const unpacked = await play.unpack(bytes, { rest, ...(chunk === undefined ? {} : { chunk }) });
  play.assertNothingEscaped();
  assertEquals(checked, unpacked);
  return unpacked;
}
