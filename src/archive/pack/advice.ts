/**
 * Warns of what is packed with a folder and seldom meant to be on machines: what git keeps, keys and
 * passwords. `ContentCheck` and `ScriptCheck` see the rest, as in any archive.
 */
import { shown } from "../entry.ts";
import type { FoundEntry, FoundFile } from "./walk.ts";

/** More of them are hardly read. */
const MOST = 5;
const EXAMPLES = /\.(example|sample|template|dist|defaults?)$/;
const PRIVATE_KEY = /^-----BEGIN ([A-Z0-9]+ )*PRIVATE KEY( BLOCK)?-----/;
const FIRST_LINE = 64;

export class PackAdvice {
  readonly #warn: (message: string) => void;
  #secrets = 0;

  constructor(warn: (message: string) => void) {
    this.#warn = warn;
  }

  /** Everything that will be packed, before it is. */
  see(entries: readonly FoundEntry[]): void {
    for (const { path, kind } of entries) {
      const name = path.slice(path.lastIndexOf("/") + 1);
      if (name === ".git") {
        this.#warn(
          `${shown(path)} is packed too: the repository with its history. ` +
            "To leave it out: --exclude .git",
        );
      } else if (kind !== "folder" && /^\.env(\.|$)/.test(name) && !EXAMPLES.test(name)) {
        this.#tellOfSecret(path, "often has passwords");
      }
    }
  }

  /** The first bytes of a file. Packages of others have keys for their tests. */
  seeFile({ path }: FoundFile, start: Uint8Array): void {
    if (start[0] !== 0x2d || /(^|\/)node_modules\//.test(path)) return;
    const text = new TextDecoder("latin1").decode(start.subarray(0, FIRST_LINE));
    if (PRIVATE_KEY.test(text)) this.#tellOfSecret(path, "is a private key");
  }

  #tellOfSecret(path: string, what: string): void {
    if (++this.#secrets > MOST) return;
    this.#warn(
      `${shown(path)} ${what}, and is packed: every machine, and who reads the bucket, gets it. ` +
        `To leave it out: --exclude ${shown(`/${path}`)}`,
    );
  }
}
