/** Spools of an archive of many small files, and of one stored file, beside the aws-cli. */
import { type Case, type Contender, MEMORY, type Setting } from "./case.ts";
import { ChangingArchive } from "./changing_archive.ts";
import { type CorpusName, packageOf } from "./corpora.ts";
import { LEAST, least } from "./least.ts";
import { measure, pipeline } from "./programs.ts";

const AWS = "aws s3 cp";
const WITH_BASE = "ftl spool, with a base";

/** Its package has a revision already. */
const BASED = "based";

/** A package of one file, which nobody looks into. */
const UNCHECKED = "unchecked";

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
      { measure: "time", of: "ftl spool", beside: AWS, atMost: 1.1, least: LEAST },
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
        checkingLeast(setting, path),
      ];
    },
    clean: async () => {
      archive?.drop();
      for (const prefix of [`${pkg}.`, `${UNCHECKED}.`, `${BASED}.`, ".ftl/"]) {
        await stage.empty(prefix);
      }
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

/** The upload of the same bytes as a file that is no archive, and beside it the least look into the archive. */
function checkingLeast({ stage }: Setting, path: string): Contender {
  const copy = `${stage.folder}/${UNCHECKED}.bin`;
  const upload = stage.ftl(["spool", copy, "--quiet"]);
  const both = `${upload.command.join(" ")} & ${least("check", [path]).join(" ")} && wait $!`;
  return {
    name: LEAST,
    run: () => {
      Deno.copyFileSync(path, copy);
      return measure({ ...upload, command: pipeline(both), isPipeline: true });
    },
    after: async () => {
      stage.drop(copy);
      await stage.empty(`${UNCHECKED}.`);
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
