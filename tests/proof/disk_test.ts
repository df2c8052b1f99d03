import { fillDisk, readOnlyDisk } from "./full_disk.ts";
import { cutPower } from "./power_cut.ts";
import { cutPowerOfDeltas } from "./power_cut_delta.ts";
import { newSeed } from "../random.ts";
import { announce } from "./report.ts";
import { BTRFS, MOUNTING, testWith } from "../required_program.ts";

const seed = newSeed();
announce(`disks: seed ${seed}`);

for (const what of ["bytes", "inodes", "quota"] as const) {
  testWith(
    what === "quota" ? [MOUNTING, BTRFS] : MOUNTING,
    `a disk that runs out of ${what} at a random moment loses nothing, and it is said`,
    async () => {
      await fillDisk({ seed, rounds: 8, of: what });
    },
  );
}

testWith(MOUNTING, "a read-only disk is said to be so, and reading goes on", async () => {
  await readOnlyDisk();
});

testWith(
  MOUNTING,
  "a power cut at any step leaves whole revisions, and the next sync goes on",
  async () => {
    await cutPower();
  },
);

testWith(
  MOUNTING,
  "a power cut after any write of a delta leaves whole revisions, and no record of what is lost",
  async () => {
    await cutPowerOfDeltas({ seed, every: 200 });
  },
);
