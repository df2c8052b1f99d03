/** Files in folders, which several threads write: each takes a folder that nobody has begun. */

const IN_A_FOLDER = 15;

export interface Work {
  readonly folder: string;
  /** Of all files. */
  readonly sizes: readonly number[];
  /** How many folders were begun. */
  readonly begun: Int32Array;
}

/** Returns when all folders were begun. */
export function writeFolders({ folder, sizes, begun }: Work): void {
  const content = new Uint8Array(Math.max(...sizes)).fill(1);
  const time = new Date(1_700_000_000_000);
  for (let next = nextFolder(); next < sizes.length / IN_A_FOLDER; next = nextFolder()) {
    Deno.mkdirSync(`${folder}/${next}`);
    sizes.slice(next * IN_A_FOLDER, (next + 1) * IN_A_FOLDER).forEach((size, index) => {
      const place = `${folder}/${next}/file${index}`;
      const options = { createNew: true, mode: 0o644 };
      Deno.writeFileSync(place, content.subarray(0, size), options);
      Deno.utimeSync(place, time, time);
    });
  }
  function nextFolder(): number {
    return Atomics.add(begun, 0, 1);
  }
}
