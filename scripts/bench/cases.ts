/** The cases of the benchmark, in the order in which they run. */
import type { Case, Setting } from "./case.ts";
import type { CorpusName } from "./corpora.ts";
import { deltaCases } from "./delta.ts";
import { rollbackCase } from "./rollback.ts";
import { scaleCases } from "./scale.ts";
import { singleCases } from "./single.ts";
import { spoolCases } from "./spool.ts";
import { startCase } from "./start.ts";
import { wholeCases } from "./whole.ts";

/** @param corpora the cases that need one corpus take the first */
export function allCases(setting: Setting, corpora: readonly CorpusName[]): Case[] {
  const [first = "npm"] = corpora;
  return [
    startCase(setting),
    rollbackCase(setting.stage),
    ...wholeCases(setting, corpora),
    ...spoolCases(setting, first),
    ...deltaCases(setting, first),
    ...singleCases(setting),
    ...scaleCases(setting.stage),
  ];
}

/** Those whose names begin with one of the words. Without words, all but those that must be named. */
export function choose(cases: readonly Case[], words: readonly string[]): Case[] {
  if (words.length === 0) return cases.filter(({ isExtra }) => isExtra !== true);
  return cases.filter(({ name }) => words.some((word) => name.startsWith(word)));
}
