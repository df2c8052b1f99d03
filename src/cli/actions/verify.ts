/** What `ftl verify` does with its arguments. */
import {
  readTrustedSigners,
  verify as verifyHere,
  verifyMaster,
} from "../../commands/verify/verify.ts";
import { UsageError } from "../../errors.ts";
import type { ParsedArguments } from "../arguments.ts";
import type { Action } from "../command.ts";
import * as texts from "../text/verify.ts";

export const verify: Action = async (context, parsed, table) => {
  const { words, flags, values } = parsed;
  refuseMixture(parsed);
  const strict = flags.has("strict");
  const [trust, show] = [values.get("trust"), values.get("show")];
  if (flags.has("master")) {
    const found = await verifyMaster(context, words[0] ?? "", { trust, show });
    const lines = texts.objectLines(found, table);
    return { lines, json: texts.objectDocument(found), failures: found.failures };
  }
  if (words.length === 0 && trust !== undefined) {
    const found = await readTrustedSigners(trust);
    const lines = texts.signerLines(found, table);
    return { lines, json: texts.signersDocument(found), failures: [] };
  }
  const found = await verifyHere(context, words, { strict, trust });
  return {
    lines: texts.findingLines(found, table),
    json: texts.verifiedDocument(found, { strict }),
    failures: found.flatMap(({ failures }) => failures),
  };
};

function refuseMixture({ words, flags, values }: ParsedArguments): void {
  const strict = flags.has("strict");
  if (flags.has("master")) {
    if (words.length !== 1) {
      throw new UsageError("ftl verify --master needs one revision or package", {
        hint: "ftl verify --master REVISION|PACKAGE",
      });
    }
    if (strict) throw new UsageError("--strict is about files on this machine, not about S3");
  } else if (values.has("show")) {
    throw new UsageError("--show needs --master: what was signed is in S3", {
      hint: "ftl verify --master REVISION|PACKAGE --show DIR",
    });
  } else if (words.length === 0 && values.has("trust") && strict) {
    throw new UsageError("--strict needs a revision or a package beside --trust");
  }
}
