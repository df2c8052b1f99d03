/**
 * `deno task sizes`: measures files and functions, and fails for one that is too long and does not say why.
 *
 * A file has up to 250 lines and a function up to 50. The first comment of a longer one says why, with the
 * words "long because", "longer because" or "one long". The reason of a function may also stand in the first
 * comment of its file. All functions with a block as their body count, except the bodies of tests: there the
 * functions inside count.
 *
 * It prints the figures of docs/architecture.md.
 */
import ts from "typescript";

const LONGEST_FILE = 250;
const LONGEST_FUNCTION = 50;
const FOLDERS = ["src/", "scripts/", "tests/"];
const root = new URL("..", import.meta.url);

interface Size {
  /** The path, and for a function its line and name. */
  readonly where: string;
  readonly lines: number;
  readonly isExplained: boolean;
}

interface Measured {
  readonly file: Size;
  readonly functions: readonly Size[];
}

function measure(path: string): Measured {
  const text = Deno.readTextFileSync(new URL(path, root));
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const head = commentBefore(source.statements[0] ?? source.endOfFileToken);
  const functions: Size[] = [];
  const visit = (node: ts.Node): void => {
    if (isFunctionWithBlock(node) && !isBodyOfTest(node)) {
      const first = lineOf(source, node.getStart());
      const lines = lineOf(source, node.end) - first + 1;
      const name = nameOf(node);
      const isExplained = tellsWhy(commentBefore(declarationOf(node))) || tellsWhy(head);
      functions.push({ where: `${path}:${first} ${name ?? ""}`.trim(), lines, isExplained });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  const lines = text.split("\n").length - 1;
  return { file: { where: path, lines, isExplained: tellsWhy(head) }, functions };
}

function isFunctionWithBlock(node: ts.Node): node is ts.FunctionLikeDeclaration {
  const body = (node as Partial<ts.FunctionLikeDeclaration>).body;
  return ts.isFunctionLike(node) && body !== undefined && ts.isBlock(body);
}

/** Whether a function is what a test runs, as in `Deno.test("...", () => {...})` or `t.step(...)`. */
function isBodyOfTest(node: ts.Node): boolean {
  // A method of an object, or the value of one of its properties.
  const holder = ts.isPropertyAssignment(node.parent) ? node.parent.parent : node.parent;
  const call = ts.isObjectLiteralExpression(holder) ? holder.parent : holder;
  if (!ts.isCallExpression(call)) return false;
  return /^(Deno\.test|\w+\.step|test\w*)$/.test(call.expression.getText());
}

function nameOf(node: ts.FunctionLikeDeclaration): string | undefined {
  const named = node.name ?? (ts.isVariableDeclaration(node.parent) ? node.parent.name : undefined);
  return named?.getText();
}

/** The statement or the member of a class that a function belongs to: the comment stands before that. */
function declarationOf(node: ts.Node): ts.Node {
  return ts.findAncestor(node, (one) => ts.isStatement(one) || ts.isClassElement(one)) ?? node;
}

function commentBefore(node: ts.Node): string {
  const text = node.getSourceFile().text;
  const ranges = ts.getLeadingCommentRanges(text, node.getFullStart()) ?? [];
  return ranges.map(({ pos, end }) => text.slice(pos, end)).join("\n");
}

function tellsWhy(comment: string): boolean {
  return /\blong(er)? because\b|\bone long\b/.test(comment.replace(/\s+\*?\s*/g, " "));
}

function lineOf(source: ts.SourceFile, position: number): number {
  return source.getLineAndCharacterOfPosition(position).line + 1;
}

function* sourceFiles(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(new URL(folder, root))) {
    if (isDirectory) yield* sourceFiles(`${folder}${name}/`);
    else if (name.endsWith(".ts")) yield `${folder}${name}`;
  }
}

/** Median, nine tenths, and the longest. */
function figures(sizes: readonly Size[]): string {
  const lines = sizes.map((size) => size.lines).sort((a, b) => a - b);
  const at = (part: number): number => lines[Math.floor(part * (lines.length - 1))] ?? 0;
  return `${at(0.5)}, ${at(0.9)}, ${at(1)}`;
}

const measured = ["mod.ts", ...FOLDERS.flatMap((folder) => [...sourceFiles(folder)])].map(measure);
const program = measured.filter(({ file }) => /^(src\/|mod\.ts$)/.test(file.where));
const [files, functions] = [program.map(({ file }) => file), program.flatMap((m) => m.functions)];
const report = [
  `src and mod.ts: ${files.length} files of ${figures(files)} lines, ` +
  `${functions.length} functions of ${figures(functions)} lines (median, p90, max)`,
];
const tooLong = [
  ...measured.map(({ file }) => file).filter(({ lines }) => lines > LONGEST_FILE),
  ...measured.flatMap((m) => m.functions).filter(({ lines }) => lines > LONGEST_FUNCTION),
].filter(({ isExplained }) => !isExplained);
report.push(...tooLong.map(({ where, lines }) => `${where}: ${lines} lines, without a reason`));
Deno.stdout.writeSync(new TextEncoder().encode(`${report.join("\n")}\n`));
if (tooLong.length > 0) Deno.exit(1);
