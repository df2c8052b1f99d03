/** Which machine this is: numbers of another one are other numbers. */
import { availableCores } from "./cores.ts";
import { capture } from "./programs.ts";

export interface MachineOptions {
  /** What is measured, as the reader calls it. */
  readonly ftl: string;
  /** Where programs write in memory and on a disk. */
  readonly folders: Readonly<Record<string, string>>;
}

/** Lines of a name and a value. */
export async function describeMachine({ ftl, folders }: MachineOptions): Promise<string> {
  const lines: (readonly [string, string])[] = [
    ["date", new Date().toISOString()],
    ["FTL", ftl],
    ["processor", `${processor()}, ${Deno.build.arch}`],
    ["cores", String(availableCores().length)],
    ["memory", `${(Deno.systemMemoryInfo().total / 1e9).toFixed(1)} GB`],
    ["kernel", Deno.osRelease()],
    ["load", Deno.loadavg().map((load) => load.toFixed(2)).join(" ")],
    ["runtime", `Deno ${Deno.version.deno}, V8 ${Deno.version.v8}`],
  ];
  for (const program of ["curl", "tar", "gzip"]) lines.push([program, await versionOf(program)]);
  for (const [name, folder] of Object.entries(folders)) {
    lines.push([name, await fileSystemOf(folder)]);
  }
  const width = Math.max(...lines.map(([name]) => name.length));
  return lines.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`).join("\n");
}

function processor(): string {
  const text = Deno.readTextFileSync("/proc/cpuinfo");
  return /^(?:model name|Model|CPU part)\s*:\s*(.+)$/m.exec(text)?.[1] ?? "unknown";
}

async function versionOf(program: string): Promise<string> {
  try {
    const [line = ""] = (await capture({ command: [program, "--version"] })).split("\n");
    return /\d+(\.\d+)+/.exec(line)?.[0] ?? line;
  } catch {
    return "not installed";
  }
}

async function fileSystemOf(folder: string): Promise<string> {
  try {
    const lines = await capture({ command: ["df", "--output=fstype", folder] });
    return lines.split("\n").at(-1) ?? "unknown";
  } catch {
    return "unknown";
  }
}
