/**
 * The only style of the page. Colours have a contrast of at least 4.5 to 1 on every ground they stand
 * on; a browser test measures that. Lengths of bars are attributes of SVG, so the page needs no
 * `style` attribute, which its policy would not allow.
 */
import { createHash } from "node:crypto";

export const STYLE = `
:root{color-scheme:light;--page:#fff;--soft:#f5f7f9;--line:#d5dbe1;--text:#1d232a;--dim:#57616c;
--good:#1a7434;--info:#0a5fc2;--wait:#7a5a00;--bad:#c21f2b}
@media screen and (prefers-color-scheme:dark){:root{color-scheme:dark;--page:#10151b;--soft:#191f27;--line:#333c47;
--text:#e4e9ee;--dim:#9aa5b1;--good:#4cc26a;--info:#6cb0ff;--wait:#dba836;--bad:#ff827a}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:78rem;padding:1.5rem 1.25rem 3rem;background:var(--page);color:var(--text);
font:15px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,"Liberation Sans",sans-serif;
font-variant-numeric:tabular-nums;overflow-wrap:anywhere;-webkit-text-size-adjust:100%}
h1{margin:0;font-size:1.6rem;line-height:1.2}
h2{margin:2.25rem 0 .6rem;font-size:1.05rem}
p{margin:.3rem 0}
code,th[scope=row],.id{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;font-size:.87em;word-break:break-all}
th small,.id small{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Liberation Sans",sans-serif;font-size:1em}
time{white-space:nowrap}
time,small,dt,footer,.dim{color:var(--dim)}
small{display:block;font-size:.87em;word-break:normal}
code,small,dd{unicode-bidi:isolate}
.verdict{margin:.5rem 0 .2rem;font-size:1.15rem;font-weight:600}
.good>b,.verdict.good{color:var(--good)}
.info>b,.verdict.info{color:var(--info)}
.wait>b,.verdict.wait{color:var(--wait)}
.bad>b,.verdict.bad{color:var(--bad)}
.good>b::before,.info>b::before,.wait>b::before,.bad>b::before,.rest>b::before{content:"";display:inline-block;
width:.62em;height:.62em;margin-right:.45em;border-radius:50%;background:currentColor}
.info>b::before,.wait>b::before{border-radius:2px}
.rest>b::before{background:none;border:1.5px solid var(--dim)}
.top{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(26rem,100%),1fr));gap:0 2.5rem}
.facts{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1.1rem;margin:0}
.facts dd{margin:0}
.bar{display:block;width:100%;height:16px;margin:.9rem 0 .7rem;border:1px solid var(--dim);border-radius:4px;background:var(--soft)}
.bar .good{fill:var(--good)}.bar .info{fill:var(--info)}.bar .wait{fill:var(--wait)}.bar .bad{fill:var(--bad)}
.bar .rest{fill:var(--soft)}
.bar rect{stroke:var(--page);stroke-width:1}
.parts{display:flex;flex-wrap:wrap;gap:.5rem 2rem;margin:0;padding:0;list-style:none}
.parts li{max-width:22rem}
.scroll{overflow-x:auto;border:1px solid var(--line);border-radius:6px}
:focus-visible{outline:2px solid var(--info);outline-offset:2px}
table{width:100%;min-width:60rem;table-layout:fixed;border-collapse:collapse}
caption{padding:.6rem .7rem;text-align:left}
caption h2{display:inline-block;position:sticky;left:.7rem;margin:0}
th,td{padding:.35rem .7rem;border-top:1px solid var(--line);text-align:left;vertical-align:top}
thead th{width:12.5%;background:var(--soft);font-size:.87em;white-space:nowrap}
thead th:first-child{width:18.5%}
thead th:nth-child(2){width:26%}
thead th:nth-child(4){width:15%}
thead th:nth-child(6){width:8.5%}
td>time{display:block;font-size:.87em}
thead th:last-child{width:7%}
th[scope=row]{font-weight:400}
.scroll{margin-top:1.75rem}
footer{margin-top:2.5rem;font-size:.9em;max-width:46rem}
@media (max-width:45rem){body{padding:1rem .75rem 2rem}
.facts{column-gap:.8rem}table{width:54rem;min-width:0}thead th{width:auto}
thead th:first-child{width:9rem}thead th:nth-child(2){width:12rem}thead th:nth-child(4){width:9.5rem}
th[scope=row],thead th:first-child{position:sticky;left:0;background:var(--page)}
thead th:first-child{background:var(--soft)}caption h2{max-width:calc(100vw - 3rem)}}
@media (min-width:64rem){.scroll{overflow:visible}table{min-width:0}
thead th{position:sticky;top:0}}
@media print{body{max-width:none;padding:0;font-size:9pt}.scroll{overflow:visible;border:0}table{width:100%;min-width:0}
thead{display:table-header-group}tr,li{break-inside:avoid}h2{break-after:avoid}
.bar,.parts b::before,td b::before{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
`;

/** The policy allows this style and nothing else: no script, no picture, no request. */
export const POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash("sha256").update(STYLE).digest("base64")}'`,
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");
