/** The options of `ftl jump --master` that roll a revision out in stages. */
import { UsageError } from "../errors.ts";
import { quote } from "../foreign_text.ts";
import type { StageRequest } from "../plan/blessing.ts";
import type { RolloutSize } from "../plan/rollout.ts";
import { isMachineName } from "../machine_name.ts";
import type { ParsedArguments } from "./arguments.ts";
import type { OptionSpec } from "./command.ts";
import { requireDuration } from "./values.ts";

export const STAGE_OPTIONS: readonly OptionSpec[] = [
  { name: "percent", value: "P", help: "a rollout: P % of the machines may take it now" },
  { name: "machines", value: "N", help: "a rollout: N machines may take it now" },
  {
    name: "group",
    value: "NAME[,NAME]",
    help: "a rollout: machines of these groups (FTL_GROUP) may take it, beside the others",
  },
  {
    name: "over",
    value: "DURATION",
    help: "a rollout: from where it is up to all machines, evenly",
  },
  { name: "at-once", value: "N", help: "a rollout: at most N machines jump at the same time" },
  { name: "halt", value: "N", help: "a rollout: it stops by itself once N machines have failed" },
  { name: "pause", help: "a rollout: no other machine takes it for now" },
];

type Given = Pick<ParsedArguments, "flags" | "values">;

/** What a person asks for; undefined without any of the options. Throws `UsageError`. */
export function stageRequest({ flags, values }: Given): StageRequest | undefined {
  const size = sizeOf(values);
  const [group, over] = [values.get("group"), values.get("over")];
  const [atOnce, halt] = [positive(values, "at-once"), positive(values, "halt")];
  const request = {
    ...(size === undefined ? {} : { size }),
    ...(group === undefined ? {} : { groups: groupsOf(group) }),
    ...(over === undefined ? {} : { over: requireDuration("over", over) }),
    ...(atOnce === undefined ? {} : { atOnce }),
    ...(halt === undefined ? {} : { halt }),
    ...(flags.has("pause") ? { pause: true } : {}),
  };
  return Object.keys(request).length === 0 ? undefined : request;
}

function sizeOf(values: Given["values"]): RolloutSize | undefined {
  const percent = values.get("percent");
  const machines = positive(values, "machines");
  if (percent !== undefined && machines !== undefined) {
    throw new UsageError("--percent and --machines do not go together");
  }
  if (machines !== undefined) return { machines };
  if (percent === undefined) return undefined;
  const number = /^[0-9]{1,3}(\.[0-9]{1,3})?$/.test(percent) ? Number(percent) : NaN;
  if (number <= 100) return { percent: number };
  throw new UsageError(`--percent is not a number from 0 to 100: ${quote(percent)}`);
}

function positive(values: Given["values"], option: string): number | undefined {
  const text = values.get(option);
  if (text === undefined) return undefined;
  if (/^[1-9][0-9]{0,6}$/.test(text)) return Number(text);
  throw new UsageError(`--${option} is not a number of machines: ${quote(text)}`);
}

function groupsOf(text: string): string[] {
  const names = text.split(",").map((name) => name.trim());
  const wrong = names.find((name) => !isMachineName(name));
  if (wrong === undefined) return names;
  throw new UsageError(`--group has a group that is no name: ${quote(wrong)}`, {
    hint: "Names of up to 128 letters, digits and any of _.:@- with commas between them",
  });
}
