/** Spools of an archive of many small files, and of one stored file, beside the aws-cli. */
import { type Case, type Contender, MEMORY, type Setting } from "./case.ts";
import { ChangingArchive } from "./changing_archive.ts";
import { type CorpusName, packageOf } from "./corpora.ts";
import { measure } from "./programs.ts";

const AWS = "aws s3 cp";
const WITH_BASE = "ftl spool, with a base";

/** Its package has a revision already. */
const BASED = "based";

export function spoolCases(setting: Setting, corpus: CorpusName): Case[] {
  return [spoolArchive(setting, corpus), spoolStored(setting)];
}

function spoolArchive(setting: Setting, corpus: CorpusName): Case {
  const { stage, corpora } = setting;
  let pkg = "";
  let archive: ChangingArchive | undefined;
  return {
    name: `spool-${corpus}`,
    title: `spool of a .tgz of many small files (${corpus})`,
    targets: [
      { measure: "time", of: "ftl spool", beside: AWS, atMost: 1.1 },
      { measure: "peak", of: "ftl spool", atMost: MEMORY },
      { measure: "peak", of: WITH_BASE, atMost: MEMORY },
    ],
    prepare: async () => {
      const path = await corpora.many(corpus);
      pkg = packageOf(path);
      const changing = archive = new ChangingArchive(stage, BASED, path);
      await changing.spoolNext();
      return [
        spooling(setting, "ftl spool", path),
        {
          name: WITH_BASE,
          run: async () => {
            await changing.makeNext();
            return measure(stage.ftl(["spool", changing.path, "--quiet"]));
          },
        },
        ...copying(setting, path),
      ];
    },
    clean: async () => {
      archive?.drop();
      for (const prefix of [`${pkg}.`, `${BASED}.`, ".ftl/"]) await stage.empty(prefix);
    },
  };
}

function spoolStored(setting: Setting): Case {
  const { stage, corpora } = setting;
  let pkg = "";
  return {
    name: "spool-stored",
    title: "spool of one stored file of 100 MB",
    targets: [
      { measure: "time", of: "ftl spool", beside: AWS, atMost: 1 },
      { measure: "peak", of: "ftl spool", atMost: MEMORY },
    ],
    prepare: async () => {
      const path = await corpora.stored();
      pkg = packageOf(path);
      return [spooling(setting, "ftl spool", path), ...copying(setting, path)];
    },
    clean: () => stage.empty(`${pkg}.`),
  };
}

/** The first revision of its package: it has no base. */
function spooling({ stage }: Setting, name: string, path: string): Contender {
  return {
    name,
    run: () => measure(stage.ftl(["spool", path, "--quiet"])),
    after: async () => {
      await stage.empty(`${packageOf(path)}.`);
      await stage.empty(`.ftl/delta/${packageOf(path)}/`);
    },
  };
}

function copying({ stage, tools: { aws } }: Setting, path: string): Contender[] {
  if (aws === undefined) return [];
  const command = [aws, "s3", "cp", "--quiet", path, stage.s3Url("aws-copy")];
  return [{
    name: AWS,
    run: () => measure({ command, env: stage.env }),
    after: () => stage.empty("aws-copy"),
  }];
}
