import { fillDisk, readOnlyDisk } from "./full_disk.ts";
import { canLimit, canMount } from "./mounts.ts";
import { cutPower } from "./power_cut.ts";
import { newSeed } from "./random.ts";
import { announce } from "./report.ts";

const seed = newSeed();
announce(`disks: seed ${seed}`);
const ignore = !canMount();

for (const what of ["bytes", "inodes", "quota"] as const) {
  Deno.test({
    name: `a disk that runs out of ${what} at a random moment loses nothing, and it is said`,
    ignore: ignore || (what === "quota" && !canLimit()),
    fn: async () => {
      await fillDisk({ seed, rounds: 8, of: what });
    },
  });
}

Deno.test({ name: "a read-only disk is said to be so, and reading goes on", ignore, fn: readOnly });

async function readOnly(): Promise<void> {
  await readOnlyDisk();
}

Deno.test({
  name: "a power cut at any step leaves whole revisions, and the next sync goes on",
  ignore,
  fn: async () => {
    await cutPower();
  },
});
