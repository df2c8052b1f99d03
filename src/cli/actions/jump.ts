/** What `ftl jump` does with its arguments. */
import {
  jump as jumpHere,
  jumpMaster,
  type JumpOptions,
  type MasterOptions,
  stageMaster,
} from "../../commands/jump.ts";
import { UsageError } from "../../errors.ts";
import type { ParsedArguments } from "../arguments.ts";
import { requireRevisionName } from "../../revision/names.ts";
import { jumpDocument, stageDocument } from "../text/documents.ts";
import { stageRequest } from "../stage_options.ts";
import { messageOption, refuseMessage, refuseWait, waitOption } from "../values.ts";
import type { Action } from "../command.ts";

export const jump: Action = async (context, { words: [name = ""], flags, values }) => {
  const revision = requireRevisionName(name);
  const master = flags.has("master");
  const request = stageRequest({ flags, values });
  if (request !== undefined) {
    const options = { ...masterOptions({ flags, values }), request };
    if (!master) throw new UsageError("A rollout is for all machines: it needs --master");
    const staged = await stageMaster(context, revision, options);
    return { lines: [], json: stageDocument(staged), failures: staged.failures };
  }
  const jumped = master
    ? await jumpMaster(context, revision, masterOptions({ flags, values }))
    : await jumpHere(context, revision, localOptions({ flags, values }));
  return { lines: [], json: jumpDocument(jumped, { master }), failures: jumped.failures };
};

type Given = Pick<ParsedArguments, "flags" | "values">;

function masterOptions({ flags, values }: Given): MasterOptions {
  if (flags.has("stay")) {
    throw new UsageError("--stay is for a jump on this machine: it does not go with --master");
  }
  return { ...messageOption(values), ...waitOption(values), again: flags.has("again") };
}

function localOptions({ flags, values }: Given): JumpOptions {
  refuseMessage(values);
  refuseWait(values);
  if (flags.has("again")) {
    throw new UsageError("--again needs --master: a local jump can be repeated as it is");
  }
  return { stay: flags.has("stay") };
}
