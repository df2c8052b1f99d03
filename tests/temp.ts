/** Folders of a test's own, gone when it ends. */

/** A new folder below the system's temporary one; disposing of it deletes it. */
export class TempFolder implements Disposable {
  readonly path = Deno.makeTempDirSync({ prefix: "ftl-test-" });

  /** Writes a file, with the folders that lead to it; the answer is its path. */
  write(name: string, content: string | Uint8Array, mode?: number): string {
    const path = `${this.path}/${name}`;
    Deno.mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    if (typeof content === "string") Deno.writeTextFileSync(path, content);
    else Deno.writeFileSync(path, content);
    if (mode !== undefined) Deno.chmodSync(path, mode);
    return path;
  }

  folder(name: string): string {
    const path = `${this.path}/${name}`;
    Deno.mkdirSync(path, { recursive: true });
    return path;
  }

  [Symbol.dispose](): void {
    // Packages may hold folders that deny writing.
    new Deno.Command("chmod", { args: ["-R", "u+rwX", this.path], stderr: "null" }).outputSync();
    Deno.removeSync(this.path, { recursive: true });
  }
}

/**
 * What a folder holds, as lines that compare well: `path mode kind content`, where the content is a file's
 * text, or its size where that is long, and a link's target. What denies its owner is looked into all the
 * same, as root can without: its mode is put back.
 */
export function treeOf(folder: string): string[] {
  return entered(folder, () => linesBelow(folder, "")).sort();
}

function linesBelow(folder: string, below: string): string[] {
  const lines: string[] = [];
  for (const { name } of Deno.readDirSync(`${folder}/${below}`)) {
    const path = below === "" ? name : `${below}/${name}`;
    const place = `${folder}/${path}`;
    const { isSymlink, isDirectory, mode, size } = Deno.lstatSync(place);
    const bits = ((mode ?? 0) & 0o7777).toString(8).padStart(4, "0");
    if (isSymlink) lines.push(`${path} -> ${Deno.readLinkSync(place)}`);
    else if (isDirectory) {
      lines.push(`${path}/ ${bits}`, ...entered(place, () => linesBelow(folder, path)));
    } else {
      const read = (): string => entered(place, () => Deno.readTextFileSync(place));
      const text = size > 100 ? `${size} bytes` : read();
      lines.push(`${path} ${bits} ${JSON.stringify(text)}`);
    }
  }
  return lines;
}

/** Looks into a folder or a file; where its mode denies that to its owner, it does not meanwhile. */
function entered<T>(path: string, look: () => T): T {
  const { isDirectory, mode } = Deno.statSync(path);
  const bits = (mode ?? 0) & 0o7777;
  const needed = isDirectory ? 0o500 : 0o400;
  if (Deno.uid() === 0 || (bits & needed) === needed) return look();
  Deno.chmodSync(path, bits | needed);
  try {
    return look();
  } finally {
    Deno.chmodSync(path, bits);
  }
}
