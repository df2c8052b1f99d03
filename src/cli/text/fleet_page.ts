/**
 * A fleet as one page of HTML, for people who look from a browser, on a phone or on paper. It needs
 * no script, loads nothing and links to nothing outside, and its policy forbids all of that
 * (https://www.w3.org/TR/CSP3/). States are told by a word as well as by a colour.
 */
import type { Fleet } from "../../plan/fleet.ts";
import { bar, type Tone } from "./fleet_page/bar.ts";
import { type Fact, facts } from "./fleet_page/facts.ts";
import { countOf, machineTables } from "./fleet_page/machines.ts";
import { Markup, markup, NOTHING } from "./fleet_page/markup.ts";
import { rolloutSection } from "./fleet_page/rollout.ts";
import { countsOf, STATE_LOOKS } from "./fleet_page/states.ts";
import { POLICY, STYLE } from "./fleet_page/style.ts";
import { fullTime, moment } from "./fleet_page/times.ts";
import { distrustWords, trustWords } from "./fleet_trust.ts";

/** One file of HTML in UTF-8. The same fleet gives the same bytes. */
export function fleetPage(fleet: Fleet): string {
  const { words, tone } = verdict(fleet);
  return markup`<!doctype html>
<html lang=en>
<head>
<meta charset=utf-8>
<meta http-equiv=Content-Security-Policy content="${POLICY}">
<meta name=viewport content="width=device-width, initial-scale=1">
<meta name=referrer content=no-referrer>
<meta name=robots content=noindex>
<title>${fleet.package}: ${words}</title>
<style>${new Markup(STYLE)}</style>
</head>
<body>
<header>
<h1>${fleet.package}</h1>
<p class="verdict ${tone}">${words}</p>
<p class=dim>As of ${
    fullTime(fleet.at)
  }. This page does not change by itself; ages are from then, and times are UTC.</p>
</header>
<main>
<div class=top>
${blessedSection(fleet)}${rolloutSection(fleet)}</div>
${numbersSection(fleet)}${machineTables(fleet)}</main>
<footer>
<p>Each machine reports for itself. One that has not reported for three times its own interval is gone, and is not counted; after a week it is left out.</p>
</footer>
</body>
</html>
`.source;
}

/** The page in one sentence. */
function verdict(fleet: Fleet): { words: string; tone: Tone } {
  const { living } = fleet;
  const [bad, wait, info] = [
    numberOf(fleet, "bad"),
    numberOf(fleet, "wait"),
    numberOf(fleet, "info"),
  ];
  const share = (count: number, are: string): string => {
    return `${count} of ${countOf(living)} ${count === 1 ? "is" : "are"} ${are}`;
  };
  const waiting = info === 0 ? "" : `, ${info} ${info === 1 ? "waits" : "wait"} for the rollout`;
  if (living === 0) return { words: "no machine reports", tone: "wait" };
  if (bad + wait > 0) {
    const words = share(bad + wait, "not in line") + waiting;
    return { words, tone: bad > 0 ? "bad" : "wait" };
  }
  if (info > 0) return { words: share(living - info, "in line") + waiting, tone: "info" };
  const all = living === 1 ? "the only machine is" : `all ${countOf(living)} are`;
  return { words: `${all} in line`, tone: "good" };
}

/** How many living machines are in states of a tone. */
function numberOf(fleet: Fleet, tone: Tone): number {
  return countsOf(fleet).filter(({ state }) => STATE_LOOKS[state].tone === tone)
    .reduce((sum, { count }) => sum + count, 0);
}

/** During a rollout the pointer says who took its last step. */
function blessedSection(fleet: Fleet): Markup {
  const { blessed, blessedBy, blessedAt, message, at, rollout } = fleet;
  const trust = trustWords(fleet);
  const tone: Tone = distrustWords(fleet) === undefined ? "good" : "wait";
  const [by, when] = rollout === undefined ? ["By", "When"] : ["Last step by", "Last step"];
  const known: Fact[] = blessed === undefined ? [["Revision", markup`nothing is blessed`]] : [
    ["Revision", markup`<code>${blessed}</code>`],
    [by, markup`${blessedBy ?? "unknown"}`],
    [when, moment(blessedAt, at)],
    ["Why", markup`${message ?? "-"}`],
    ...(trust === undefined
      ? []
      : [["Signatures", markup`<span class=${tone}><b>${trust}</b></span>`] as const]),
  ];
  return markup`<section>
<h2>Blessed</h2>
${facts(known)}</section>
`;
}

function numbersSection(fleet: Fleet): Markup {
  const parts = countsOf(fleet).map(({ state, count }) => {
    const { tone, meaning } = STATE_LOOKS[state];
    return { tone, count, words: state, more: meaning };
  });
  const gone = fleet.machines.filter(({ state }) => state === "gone").length;
  const missing = gone === 0
    ? NOTHING
    : markup`<p class=dim>Besides, ${countOf(gone)} ${gone === 1 ? "is" : "are"} gone.</p>\n`;
  return markup`<section>
<h2>${countOf(fleet.living)}</h2>
${parts.length === 0 ? NOTHING : bar(parts)}${missing}</section>
`;
}
