import * as esbuild from "esbuild";
import { assertEquals, assertRejects } from "../../assert.ts";
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

/** Bundles what uses the signing, of these packages with changes. */
async function bundled(
  changes: Readonly<Record<string, string>> = {},
): Promise<esbuild.BuildResult<{ metafile: true }>> {
  using folder = new TempFolder();
  for (const [path, text] of Object.entries({ ...PACKAGES, ...changes })) {
    folder.write(`node_modules/${path}`, text);
  }
  const entry = folder.write("entry.js", 'import { sum } from "@smithy/signature-v4"; sum();');
  try {
    return await esbuild.build({
      absWorkingDir: folder.path,
      entryPoints: [entry],
      bundle: true,
      metafile: true,
      write: false,
      outdir: "out",
      logLevel: "silent",
      plugins: [straightImports()],
    });
  } finally {
    await esbuild.stop();
  }
}

Deno.test("straightImports() leads the signing past the files that export everything", async () => {
  const { metafile } = await bundled();
  const [signing] = Object.entries(metafile.inputs).filter(([path]) => path.includes("dist-es"));
  assertEquals(
    signing?.[1].imports.map(({ path }) => path.replace(/^node_modules\/@(smithy\/core\/)?/, ""))
      .sort(),
    // A file that its package does not declare to have no side effects must run.
    ["aws-sdk/core/index.js", "hash.js", "serde/hex.js", "serde/utf8.js"],
  );
});

Deno.test("straightImports() fails the build where the SDK is written in another form", async (t) => {
  const signing = "@smithy/signature-v4/dist-es/index.js";
  const serde = "@smithy/core/serde/index.js";
  const unknown = `${signing} imports from the SDK in a form that straightImports() does not know`;
  const none = "straightImports() has found no import of the SDK that leads through a file";
  const cases: Readonly<Record<string, readonly [Record<string, string>, string]>> = {
    "an import over several lines": [{
      [signing]: 'import {\n  toHex,\n} from "@smithy/core/serde"\nexport const sum = toHex;\n',
    }, unknown],
    "single quotes": [{
      [signing]: "import { toHex } from '@smithy/core/serde';\nexport const sum = toHex;\n",
    }, unknown],
    "all of a file": [{
      [signing]: 'import * as serde from "@smithy/core/serde";\nexport const sum = serde.toHex;\n',
    }, unknown],
    "one known form, and one that is not": [{
      [signing]: 'import { toHex } from "@smithy/core/serde";\n' +
        'import {toUtf8} from "@smithy/core/serde"\nexport const sum = toHex + toUtf8;\n',
    }, unknown],
    "files in another folder": [{
      "@smithy/signature-v4/package.json": '{"name":"@smithy/signature-v4","main":"./es/index.js"}',
      "@smithy/signature-v4/es/index.js": PACKAGES[signing],
    }, none],
    "what is passed on, in another form": [{
      [signing]: 'import { toHex } from "@smithy/core/serde";\nexport const sum = toHex;\n',
      [serde]: 'export * from "./hex";\n',
    }, none],
  };
  for (const [name, [changes, message]] of Object.entries(cases)) {
    await t.step(
      name,
      async () => void await assertRejects(() => bundled(changes), Error, message),
    );
  }
});
