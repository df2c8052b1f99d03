/**
 * The packages, installed, upgraded and removed by dpkg and rpm themselves. Where the build has left packages beside
 * the executable that is tested, they are those that are upgraded to.
 */
import { basename, dirname } from "node:path";
import manifest from "../../../deno.json" with { type: "json" };
import { makeDeb, nameOfDeb } from "../../../scripts/build/packages/deb.ts";
import type { Packaging } from "../../../scripts/build/packages/files.ts";
import { makeRpm, nameOfRpm } from "../../../scripts/build/packages/rpm.ts";
import { assert, assertEquals, assertMatch } from "../../assert.ts";
import { testWith } from "../../required_program.ts";
import { TempFolder } from "../../temp.ts";
import { OWN_ROOT, OwnRoot } from "./own_root.ts";

const LICENSE = Deno.readTextFileSync(new URL("../../../LICENSE", import.meta.url));
const OLDER = "0.0.9-rc.1";

/** What a person does with either kind of package, in the words of its program. */
interface Family {
  readonly make: (packaging: Packaging, places: { out: string; work: string }) => Promise<string>;
  readonly name: (packaging: Packaging) => string;
  readonly install: (file: string) => string;
  readonly remove: string;
  readonly needs: readonly string[];
}

// As Debian's rpm knows of no package that dpkg has installed, and wants to be told that it is no mistake.
const RPM = "rpm --dbpath /var/tmp/rpm --force-debian";

const FAMILIES: Readonly<Record<"deb" | "rpm", Family>> = {
  deb: {
    make: makeDeb,
    name: nameOfDeb,
    install: (file) => `dpkg --no-triggers --install ${file}`,
    remove: "dpkg --no-triggers --remove ftl",
    needs: ["dpkg-deb"],
  },
  rpm: {
    make: makeRpm,
    name: nameOfRpm,
    install: (file) => `${RPM} --nodeps --upgrade ${file}`,
    remove: `${RPM} --nodeps --erase ftl`,
    needs: ["rpmbuild"],
  },
};

function packaging(folder: TempFolder, version: string): Packaging {
  const executable = folder.write(`ftl-${version}`, `#!/bin/sh\necho ftl ${version}\n`, 0o755);
  return {
    version,
    architecture: Deno.build.arch,
    executable,
    time: 1_764_200_000,
    license: LICENSE,
  };
}

async function make(folder: TempFolder, { make }: Family, packaging: Packaging): Promise<string> {
  const work = folder.folder(`work-${crypto.randomUUID()}`);
  return basename(await make(packaging, { out: folder.folder("out"), work }));
}

/** The package of the build, or else one of this version around a script. */
async function newer(folder: TempFolder, family: Family): Promise<string> {
  const own = packaging(folder, manifest.version);
  const built = Deno.env.get("FTL_TEST_EXECUTABLE");
  const name = family.name(own);
  if (built === undefined || !isThere(`${dirname(built)}/${name}`)) {
    return await make(folder, family, own);
  }
  Deno.copyFileSync(`${dirname(built)}/${name}`, `${folder.folder("out")}/${name}`);
  return name;
}

function isThere(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

for (const [kind, family] of Object.entries(FAMILIES)) {
  testWith(
    [OWN_ROOT, "systemctl", "systemd-analyze", ...family.needs],
    `a .${kind} starts nothing by itself, and keeps settings and revisions when it is upgraded and removed`,
    async () => {
      using folder = new TempFolder();
      const [old, next] = [
        await make(folder, family, packaging(folder, OLDER)),
        await newer(folder, family),
      ];
      await using root = await OwnRoot.start(folder.folder("out"));
      const named = "find /etc /usr -name '*ftl*' | sort";
      const others = await root.ok(named);

      await root.ok(family.install(`/mnt/${old}`));
      assertEquals(await root.ok("ftl --version"), `ftl ${OLDER}`);
      assertEquals(await root.ok("stat -c '%a %U %G' /etc/ftl.env"), "640 root root");
      assertMatch(await root.ok("cat /etc/ftl.env"), /^FTL_BUCKET=.*<bucket>/m);
      assertEquals((await root.run("systemctl is-enabled ftl-sync.timer")).said, "disabled");
      assertMatch(
        await root.ok("cat /usr/lib/systemd/system/ftl-sync.service"),
        /^ExecStart=\/usr\/bin\/ftl sync --quiet/m,
      );
      const units =
        "/usr/lib/systemd/system/ftl-sync.service /usr/lib/systemd/system/ftl-sync.timer";
      assertEquals(await root.ok(`systemd-analyze verify ${units}`), "");

      await root.ok("echo FTL_BUCKET=my-deploys > /etc/ftl.env");
      await root.ok("mkdir -p /srv/ftl/my_site && echo index > /srv/ftl/my_site/index.html");
      await root.ok("systemctl enable ftl-sync.timer");
      await root.ok(family.install(`/mnt/${next}`));
      assertMatch(await root.ok("ftl --version"), new RegExp(`^ftl ${manifest.version}( |$)`));
      assertEquals(await root.ok("cat /etc/ftl.env"), "FTL_BUCKET=my-deploys");
      assertEquals(await root.ok("stat -c '%a %U %G' /etc/ftl.env"), "640 root root");
      assertEquals(await root.ok("systemctl is-enabled ftl-sync.timer"), "enabled");

      await root.ok(family.remove);
      const left = (await root.ok(named)).split("\n").filter((path) =>
        !others.split("\n").includes(path)
      );
      // rpm keeps what was changed under another name.
      assertEquals(left, [kind === "deb" ? "/etc/ftl.env" : "/etc/ftl.env.rpmsave"]);
      assertEquals(await root.ok("cat /srv/ftl/my_site/index.html"), "index");
      if (kind === "deb") {
        await root.ok("dpkg --purge ftl");
        assertEquals((await root.run("test -e /etc/ftl.env")).code, 1);
        assertEquals(await root.ok("cat /srv/ftl/my_site/index.html"), "index");
      }
    },
  );

  testWith(
    family.needs,
    `the same files give the same .${kind}, whenever and wherever it is made`,
    async () => {
      using folder = new TempFolder();
      const given = packaging(folder, OLDER);
      const path = `${folder.path}/out/${await make(folder, family, given)}`;
      const first = Deno.readFileSync(path);
      Deno.utimeSync(given.executable, 1, 1);
      await make(folder, family, given);
      assert(first.length > 10_000);
      assertEquals(Deno.readFileSync(path), first);
    },
  );
}
