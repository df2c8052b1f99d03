/** The program of `FTL_NOTIFY`: whatever it does, a sync goes on. */
import { assertEquals, assertMatch, assertRejects } from "../assert.ts";
import { InterruptedError } from "../../src/errors.ts";
import type { FtlEvent } from "../../src/events.ts";
import { notify } from "../../src/commands/sync/notify.ts";
import { TempFolder } from "../temp.ts";
import { until } from "../until.ts";

/** Larger than a pipe holds. */
const LONG = `${"x".repeat(1 << 20)}\n`;

class Told extends TempFolder {
  readonly #warnings: string[] = [];
  readonly stop = new AbortController();

  /** Runs a shell script. Returns the warnings, without the program's path. */
  async run(script: string, { text = "{}\n", limit = 30 } = {}): Promise<string[]> {
    const program = this.write("program", `#!/bin/sh\ncd ${this.path}\n${script}\n`, 0o755);
    return await this.runProgram(program, { text, limit });
  }

  async runProgram(program: string, { text = "{}\n", limit = 30 } = {}): Promise<string[]> {
    const report = (event: FtlEvent): void => {
      if (event.type === "warning") this.#warnings.push(event.message);
    };
    await notify({ report, signal: this.stop.signal }, { program, text, limit });
    return this.#warnings.splice(0).map((warning) => warning.replace(program, "PROGRAM"));
  }

  read(name: string): string | undefined {
    try {
      return Deno.readTextFileSync(`${this.path}/${name}`);
    } catch {
      return undefined;
    }
  }
}

Deno.test("the program gets the whole text, and then the end of its input", async () => {
  using told = new Told();
  assertEquals(await told.run("cat > got", { text: LONG }), []);
  assertEquals(told.read("got"), LONG);
});

Deno.test("a program that does not read its input is none of ftl's business", async () => {
  using told = new Told();
  assertEquals(await told.run("exit 0", { text: LONG }), []);
  assertEquals(await told.run("exec <&-; exit 0", { text: LONG }), []);
});

Deno.test("a program that fails, or cannot be started, is a warning", async () => {
  using told = new Told();
  assertEquals(await told.run("exit 3"), ["FTL_NOTIFY: PROGRAM failed: exit 3"]);
  assertMatch(
    (await told.runProgram("/no/such/program"))[0] ?? "",
    /^FTL_NOTIFY: PROGRAM failed: No such/,
  );
  const file = told.write("file", "", 0o644);
  assertMatch(
    (await told.runProgram(file))[0] ?? "",
    /^FTL_NOTIFY: PROGRAM failed: Permission denied/,
  );
});

Deno.test("a program that takes too long is ended with its children", async () => {
  using told = new Told();
  const slow = "sleep 3600 & echo $! > child; wait";
  assertEquals(await told.run(slow, { text: LONG, limit: 1 }), [
    "FTL_NOTIFY: PROGRAM failed: it took longer than its limit, 1 s",
  ]);
  const child = told.read("child")?.trim();
  await until(() => !isRunning(child), "the end of the child");
});

Deno.test("a signal to ftl ends the program", async () => {
  using told = new Told();
  const running = told.run("echo $$ > started; exec sleep 3600", { text: LONG });
  await until(() => told.read("started")?.endsWith("\n") === true, "the program's start");
  told.stop.abort(new InterruptedError("SIGTERM"));
  await assertRejects(() => running, InterruptedError);
  assertEquals(isRunning(told.read("started")?.trim()), false);
});

/** A zombie has ended too. */
function isRunning(pid: string | undefined): boolean {
  try {
    const status = Deno.readTextFileSync(`/proc/${pid}/status`);
    return !/^State:\s+Z/m.test(status);
  } catch {
    return false;
  }
}
