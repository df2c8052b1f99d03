/** Folders that are spooled. Only FTL knows the bytes of their objects, so tar(1) says what is in these. */
import { zstdDecompressSync, type ZstdOptions } from "node:zlib";
import { joined } from "../archive/builders.ts";
import type { Lab } from "./lab.ts";
import { run } from "./mounts.ts";
import { type Archive, linesOf, sha256 } from "./site.ts";

export class FolderSpools {
  readonly #lab: Lab;
  /** The lines of all folders, without mtimes: which of these are the base's is FTL's to say. */
  readonly #spooled = new Set<string>();
  readonly #seen = new Set<string>();

  constructor(lab: Lab) {
    this.#lab = lab;
  }

  /** The words of `ftl` that spool the archive's content. The folder is the same each time. */
  argumentsFor({ bytes, fileName, lines }: Archive): string[] {
    const [name = ""] = fileName.split(".");
    const folder = this.#unpacked(bytes, fileName.endsWith("gz") ? "z" : "");
    this.#spooled.add(withoutMtimes(lines));
    return ["spool", folder, "--name", name];
  }

  /** Returns the name of the revision. */
  async spool(archive: Archive): Promise<string> {
    const { code, stdout, stderr } = await this.#lab.run(this.argumentsFor(archive));
    if (code !== 0) throw new Error(`exit ${code}: ${stderr}`);
    await this.know();
    return stdout.trim();
  }

  /** From now on the objects of folders count as archives. Throws an Error if one of them holds something else. */
  async know(): Promise<void> {
    const { bucket, archives } = this.#lab;
    for (const { key, etag } of await bucket.list("")) {
      if (!key.endsWith(".tar.zst") || this.#seen.has(key)) continue;
      const { body } = await bucket.read(key, { etag });
      const bytes = new Uint8Array(await new Response(ReadableStream.from(body)).arrayBuffer());
      const lines = linesOf(this.#unpacked(decompressed(bytes), ""));
      if (!this.#spooled.has(withoutMtimes(lines))) {
        throw new Error(`${key} in S3 is none of the folders that were spooled`);
      }
      const hash = sha256(bytes);
      archives.set(hash, { fileName: key, bytes: bytes.slice(0, 0), sha256: hash, lines });
      this.#seen.add(key);
    }
  }

  #unpacked(archive: Uint8Array, option: "z" | ""): string {
    const { folder } = this.#lab.fleet;
    Deno.removeSync(folder.folder("unpacked"), { recursive: true });
    const place = folder.folder("unpacked");
    run("tar", `-x${option}pf`, folder.write("unpacked.tar", archive), "-C", place);
    return place;
  }
}

/** Frame by frame: `zlib` ends after the first. */
function decompressed(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    const frame = zstdDecompressSync(bytes.subarray(at), INFO) as unknown as Decompressed;
    whole.push(frame.buffer);
    at += frame.engine.bytesWritten;
  }
  return joined(whole);
}

/** Node's types do not have it: https://nodejs.org/api/zlib.html#class-options */
const INFO = { info: true } as ZstdOptions;

interface Decompressed {
  readonly buffer: Uint8Array;
  /** Bytes of the frame, by their old name. */
  readonly engine: { readonly bytesWritten: number };
}

function withoutMtimes(lines: string): string {
  return lines.replaceAll(/^(\S+) [\d.]+ /gm, "$1 ");
}
