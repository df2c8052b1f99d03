import { explainDiskError } from "../src/disk_errors.ts";
import { StorageError } from "../src/errors.ts";
import { assert, assertEquals } from "./assert.ts";

Deno.test("a quota that is used up is told, though the runtime has no code for it", () => {
  const error = explainDiskError(
    new Error("Disk quota exceeded (os error 122): writefile '/srv/ftl/x'"),
    "Cannot write /srv/ftl/x",
  );
  assert(error instanceof StorageError);
  assertEquals(error.message, "Cannot write /srv/ftl/x: the disk quota is used up");
});

Deno.test("a file system without locks is told, with what to do", () => {
  const error = explainDiskError(new Error("No locks available (os error 37)"), "Cannot lock a");
  assert(error instanceof StorageError);
  assertEquals(error.message, "Cannot lock a: the file system has no locks available");
  assert(error.hint !== undefined);
});

Deno.test("what FTL has no words for is told in the system's, without the paths of the call", () => {
  for (
    const [code, reason] of [["EPIPE", "Broken pipe (os error 32)"], [
      undefined,
      "No key (os error 126)",
    ]]
  ) {
    const thrown = Object.assign(new Error(`${reason}: mkdir '/srv/ftl/a/x'`), { code });
    const error = explainDiskError(thrown, "Cannot write /srv/ftl/x");
    assert(error instanceof StorageError);
    assertEquals(error.message, `Cannot write /srv/ftl/x: ${reason}`);
  }
});

Deno.test("an error that is not the system's stays what it is", () => {
  const fault = new TypeError("x is not a function");
  assertEquals(explainDiskError(fault, "Cannot write /srv/ftl/x"), fault);
});
