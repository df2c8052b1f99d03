/** All by which FTL changes names, contents, modes and times on a machine. */
export const WRITING_CALLS = [
  "openSync",
  "renameSync",
  "removeSync",
  "mkdirSync",
  "chmodSync",
  "utimeSync",
  "symlinkSync",
  "linkSync",
  "copyFileSync",
  "writeTextFileSync",
  "writeFileSync",
] as const;
