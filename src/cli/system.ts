/**
 * Where a command works. Machines run Linux; developers look, spool and bless on macOS too. A command that is about
 * the machine itself ends there before it reads anything.
 */
import { UsageError } from "../errors.ts";
import type { ParsedArguments } from "./arguments.ts";

/** `Deno.build.os`. */
export type System = string;

const NAMES: Readonly<Record<System, string>> = { darwin: "macOS", windows: "Windows" };

/** Throws `UsageError` if the command line is about a machine, and this system is none that machines run. */
export function requireSystem(
  { command, words, flags, values }: Pick<
    ParsedArguments,
    "command" | "words" | "flags" | "values"
  >,
  system: System,
): void {
  if (system === "linux" || command?.isAboutMachine === undefined) return;
  const given = new Set([...flags, ...values.keys()]);
  if (given.has("help") || given.has("version")) return;
  if (!command.isAboutMachine(given, words)) return;
  const hasMaster = command.options.some(({ name }) => name === "master");
  throw new UsageError(
    `ftl ${command.name} is about a machine with Linux, and this is ${NAMES[system] ?? system}`,
    {
      hint: hasMaster
        ? `In S3, from anywhere: ftl ${command.name} --master ...`
        : "'ftl fleet' shows what the machines run; --master acts for all of them",
    },
  );
}
