/**
 * `deno task picture`: runs `deno task demo` and draws its output as `docs/demo.svg`. So the picture in the
 * README shows what the program really does.
 */

/** Sections of the demo that tell the story, and which of their commands do. */
const SECTIONS: readonly (readonly [title: RegExp, commands: RegExp])[] = [
  [/developer spools/, /^dev\$ ftl spool/],
  [/It is good/, /^dev\$ ftl jump|^web-2/],
  [/next revision is broken/, /^dev\$ ftl jump/],
  [/health script says so/, /went back to/],
  [/developer ends it/, /^dev\$ ftl jump-back/],
];

const LINE_HEIGHT = 20;
const CHAR_WIDTH = 8.4;
const MARGIN = 24;
const WIDEST = 96;

const { stdout, success } = await new Deno.Command(Deno.execPath(), {
  args: ["run", "--quiet", "--allow-all", new URL("demo.ts", import.meta.url).pathname],
  env: { NO_COLOR: "1" },
  stderr: "inherit",
}).output();
if (!success) Deno.exit(1);

const lines = chooseLines(new TextDecoder().decode(stdout));
Deno.writeTextFileSync(new URL("../docs/demo.svg", import.meta.url), draw(lines));

function chooseLines(output: string): string[] {
  return output.split(/^== /m).slice(1)
    .flatMap((section) => {
      const [title = "", ...rest] = section.trimEnd().split("\n");
      const [, commands] = SECTIONS.find(([pattern]) => pattern.test(title)) ?? [];
      if (commands === undefined) return [];
      const chosen = rest.join("\n").split(/^(?=[\w-]*\$ )/m).filter((text) => commands.test(text));
      return [`# ${title}`, ...chosen.flatMap((text) => text.trim().split("\n")), ""];
    })
    .map((line) => line.length > WIDEST ? `${line.slice(0, WIDEST - 3)}...` : line);
}

function draw(text: readonly string[]): string {
  const width = Math.round(WIDEST * CHAR_WIDTH + 2 * MARGIN);
  const height = text.length * LINE_HEIGHT + 2 * MARGIN;
  const rows = text.map((line, i) => {
    const y = MARGIN + (i + 1) * LINE_HEIGHT - 5;
    return `  <text x="${MARGIN}" y="${y}" class="${classOf(line)}">${escape(line)}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" role="img" aria-label="A terminal: the main job of FTL">
  <style>
    text { font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; white-space: pre; fill: #d6deeb; }
    .title { fill: #7fdbca; font-weight: bold; }
    .command { fill: #ffffff; font-weight: bold; }
    .note { fill: #8b9bb4; }
  </style>
  <rect width="100%" height="100%" rx="10" fill="#0b1021"/>
${rows.join("\n")}
</svg>
`;
}

function classOf(line: string): string {
  if (line.startsWith("# ")) return "title";
  if (/^[\w-]*\$ /.test(line)) return "command";
  return line.startsWith("  # ") ? "note" : "result";
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
    .replaceAll("\t", "    ");
}
