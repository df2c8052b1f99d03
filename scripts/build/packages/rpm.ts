/**
 * Makes a package for Amazon Linux, Red Hat and their kin with rpmbuild(8). It builds for the other architecture as
 * well: nothing is compiled.
 *
 * https://rpm-software-management.github.io/rpm/manual/spec.html
 */
import { dirname } from "node:path";
import { run } from "../process.ts";
import {
  DESCRIPTION,
  DISABLE,
  ENV_FILE,
  type PackagedFile,
  packagedFiles,
  type Packaging,
  RELOAD,
  stage,
  SUMMARY,
} from "./files.ts";

const PLACES = { zsh: "/usr/share/zsh/site-functions", license: "/usr/share/licenses/ftl/LICENSE" };

export function nameOfRpm({ version, architecture }: Packaging): string {
  return `ftl-${rpmVersion(version)}-1.${architecture}.rpm`;
}

/** Makes it in the folder `out`, by way of an empty folder `work`. Returns its path. */
export async function makeRpm(
  packaging: Packaging,
  { out, work }: { readonly out: string; readonly work: string },
): Promise<string> {
  const { architecture, time } = packaging;
  const files = packagedFiles(packaging, PLACES);
  stage(files, `${work}/staged`, time);
  Deno.writeTextFileSync(`${work}/ftl.spec`, spec(packaging, files));
  const macros = {
    _topdir: `${work}/rpmbuild`,
    _rpmdir: out,
    _rpmfilename: nameOfRpm(packaging),
    // The same bytes wherever and whenever it is built.
    _buildhost: "localhost",
    use_source_date_epoch_as_buildtime: "1",
    clamp_mtime_to_source_date_epoch: "1",
    // It is an executable as it should be, with its payload: nothing may be stripped or compressed.
    __os_install_post: "%{nil}",
    debug_package: "%{nil}",
    _build_id_links: "none",
    // All that FTL runs on have an rpm that reads it. xz takes four times as long for a fifteenth less.
    _binary_payload: "w9.zstdio",
  };
  const defined = Object.entries(macros).flatMap(([name, value]) => [
    "--define",
    `${name} ${value}`,
  ]);
  await run(
    ["rpmbuild", "-bb", "--quiet", "--target", `${architecture}-linux`, ...defined].concat(
      `${work}/ftl.spec`,
    ),
    { env: { SOURCE_DATE_EPOCH: String(time) } },
  );
  return `${out}/${nameOfRpm(packaging)}`;
}

/** A version has no dash, which is before the release. */
function rpmVersion(version: string): string {
  return version.replace("-", "~");
}

function spec(packaging: Packaging, files: readonly PackagedFile[]): string {
  return `Name: ftl
Version: ${rpmVersion(packaging.version)}
Release: 1
Summary: ${SUMMARY}
License: ISC
Group: System Environment/Base
Packager: the FTL authors
# As the libraries call themselves everywhere: the names of packages differ.
AutoReqProv: no
Requires: libc.so.6(GLIBC_2.27)(64bit)
Requires: libgcc_s.so.1()(64bit)
Recommends: ca-certificates

%description
${DESCRIPTION.join("\n")}

%install
mkdir -p %{buildroot}
cp -a %{_topdir}/../staged/. %{buildroot}/

%post
${RELOAD}

%preun
if [ "$1" -eq 0 ]; then
${DISABLE}
fi

%postun
${RELOAD}

%files
%dir %attr(0755, root, root) ${dirname(PLACES.license)}
${files.map(entry).join("\n")}
`;
}

function entry({ path, mode }: PackagedFile): string {
  const kind = path === ENV_FILE ? "%config(noreplace) " : "";
  return `%attr(0${mode.toString(8)}, root, root) ${kind}${path}`;
}
