/**
 * Command lines in the process of the test, of either version of `ftl`. As a process each takes a third of a second: too
 * much where a test runs dozens. It is all of the program but `src/cli/process.ts`.
 */
import { createContext } from "../../mod.ts";
import { main, type Surroundings } from "../../src/cli/main.ts";
import type { Environment } from "../../src/config.ts";
import type { Ran } from "./fleet.ts";

/** What both versions want of a stream. */
interface Stream {
  readonly isTerminal: false;
  readonly size: () => undefined;
  readonly write: (text: string) => void;
}

/** Runs a program that writes into two streams, and returns its exit code. */
export async function collect(
  run: (streams: { stdout: Stream; stderr: Stream }) => Promise<number>,
): Promise<Ran> {
  const texts = { stdout: "", stderr: "" };
  const stream = (name: keyof typeof texts): Stream => ({
    isTerminal: false,
    size: () => undefined,
    write: (text) => void (texts[name] += text),
  });
  const code = await run({ stdout: stream("stdout"), stderr: stream("stderr") });
  return { code, ...texts };
}

/** Runs the present `ftl`. */
export function runHere(args: readonly string[], env: Environment): Promise<Ran> {
  const { signal } = new AbortController();
  return collect(({ stdout, stderr }) =>
    main(args, {
      ...{ stdout, stderr, env, signal, system: Deno.build.os, version: VERSION },
      context: (report) => createContext(env, { report, signal }),
      programs: { credentialProcess: () => false, signer: () => false },
      keepOnly: () => {},
    })
  );
}

const VERSION: Surroundings["version"] = { version: "test", commit: null, runtime: "", arch: "" };
