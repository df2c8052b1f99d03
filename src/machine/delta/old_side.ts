/**
 * Reads the contents of a base that a patch refers to. What a script has changed there gives wrong bytes, which the
 * hashes of what is made of them show.
 */
import type { RandomBytes } from "../../archive/delta/bytes.ts";
import { bytesOfSide, type Side } from "../../archive/delta/sides.ts";
import { shown } from "../../archive/entry.ts";
import { withShortPath } from "../../archive/write/long_path.ts";
import { IntegrityError } from "../../errors.ts";
import { lookAt } from "./walk.ts";

/** So many files are open at the same time. */
const MOST_OPEN = 16;

export class OldSide implements Disposable {
  readonly bytes: RandomBytes;
  readonly #folder: string;
  /** The one that was used last comes last. */
  readonly #open = new Map<string, Deno.FsFile>();

  constructor(folder: string, side: Side) {
    this.#folder = folder;
    this.bytes = bytesOfSide(side, ({ path, size }, { offset, into }) => {
      const file = this.#fileAt(path, size);
      file.seekSync(offset, Deno.SeekMode.Start);
      for (let done = 0; done < into.length;) {
        const read = file.readSync(into.subarray(done));
        if (read === null) throw this.#changed(path);
        done += read;
      }
    });
  }

  #fileAt(path: string, size: number): Deno.FsFile {
    const known = this.#open.get(path);
    this.#open.delete(path);
    const file = known ?? this.#openFile(path, size);
    this.#open.set(path, file);
    for (const [other, old] of this.#open) {
      if (this.#open.size <= MOST_OPEN) break;
      old.close();
      this.#open.delete(other);
    }
    return file;
  }

  #openFile(path: string, size: number): Deno.FsFile {
    const place = `${this.#folder}/${path}`;
    const info = lookAt(place);
    if (info === undefined || !info.isFile || info.size !== size) throw this.#changed(path);
    return withShortPath(place, (short) => Deno.openSync(short));
  }

  #changed(path: string): IntegrityError {
    return new IntegrityError(`${shown(path)} was changed in ${this.#folder}`);
  }

  [Symbol.dispose](): void {
    for (const file of this.#open.values()) file.close();
    this.#open.clear();
  }
}
