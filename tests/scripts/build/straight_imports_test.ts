import * as esbuild from "esbuild";
import { assertEquals } from "../../assert.ts";
import { TempFolder } from "../../temp.ts";
import { straightImports } from "../../../scripts/build/straight_imports.ts";

const PACKAGES = {
  "@smithy/core/package.json":
    '{"name":"@smithy/core","sideEffects":false,"exports":{"./serde":"./serde/index.js","./hash":"./hash.js"}}',
  "@smithy/core/serde/index.js": 'import { toUtf8 } from "./utf8";\n' +
    'export { toHex, fromHex } from "./hex";\nexport { toUtf8 };\n' +
    'export { hash } from "@smithy/core/hash";\nexport { large } from "./large";\n' +
    "export const own = 1;\n",
  "@smithy/core/serde/hex.js": "export const toHex = 2, fromHex = 3;\n",
  "@smithy/core/serde/utf8.js": "export const toUtf8 = 4;\n",
  "@smithy/core/serde/large.js": "export const large = 5;\n",
  "@smithy/core/hash.js": "export const hash = 6;\n",
  "@aws-sdk/core/package.json": '{"name":"@aws-sdk/core","main":"./index.js"}',
  "@aws-sdk/core/index.js": 'export { sign } from "./sign";\nglobalThis.isSetUp = true;\n',
  "@aws-sdk/core/sign.js": "export const sign = 7;\n",
  "@smithy/signature-v4/package.json":
    '{"name":"@smithy/signature-v4","main":"./dist-es/index.js"}',
  "@smithy/signature-v4/dist-es/index.js":
    'import { toHex, toUtf8, } from "@smithy/core/serde";\nimport { hash } from "@smithy/core/serde";\n' +
    'import { sign } from "@aws-sdk/core";\nexport const sum = toHex + toUtf8 + hash + sign;\n',
};

Deno.test("straightImports() leads the signing past the files that export everything", async () => {
  using folder = new TempFolder();
  folder.folder("node_modules");
  for (const [path, text] of Object.entries(PACKAGES)) {
    const at = `${folder.path}/node_modules/${path}`;
    Deno.mkdirSync(at.slice(0, at.lastIndexOf("/")), { recursive: true });
    Deno.writeTextFileSync(at, text);
  }
  const entry = folder.write("entry.js", 'import { sum } from "@smithy/signature-v4"; sum();');
  const { metafile } = await esbuild.build({
    absWorkingDir: folder.path,
    entryPoints: [entry],
    bundle: true,
    metafile: true,
    write: false,
    outdir: "out",
    plugins: [straightImports()],
  });
  await esbuild.stop();
  const [signing] = Object.entries(metafile.inputs).filter(([path]) => path.includes("dist-es"));
  assertEquals(
    signing?.[1].imports.map(({ path }) => path.replace(/^node_modules\/@(smithy\/core\/)?/, ""))
      .sort(),
    // A file that its package does not declare to have no side effects must run.
    ["aws-sdk/core/index.js", "hash.js", "serde/hex.js", "serde/utf8.js"],
  );
});
