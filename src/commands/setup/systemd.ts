/** A service that syncs once, and the timer that starts it. */
import { environmentLine, unitWord } from "./quoting.ts";
import { ENV_FILE, EXECUTABLE, type SetupFile, type SetupValues } from "./values.ts";

/** What `ftl setup systemd` can print alone: each is the ending of a file of `systemdFiles`. */
export const SYSTEMD_PARTS = ["env", "service", "timer"] as const;

const UNITS = "/etc/systemd/system";
export const TIMER = "ftl-sync.timer";

/** The variables, the service and the timer. */
export function systemdFiles(values: SetupValues): [env: SetupFile, ...units: SetupFile[]] {
  return [
    environmentFile(values),
    { path: `${UNITS}/ftl-sync.service`, mode: "0644", text: service(values) },
    { path: `${UNITS}/${TIMER}`, mode: "0644", text: timer() },
  ];
}

/** `/etc/ftl.env`, which a shell can read too: `set -a; . /etc/ftl.env`. */
function environmentFile({ bucket, root, region, endpoint }: SetupValues): SetupFile {
  const text = [
    "# What ftl is told on this machine. Credentials are best those of the instance's role; whoever",
    "# puts keys here makes the file readable by root alone.",
    environmentLine("FTL_BUCKET", bucket),
    environmentLine("FTL_ROOT", root),
    environmentLine("AWS_REGION", region),
    ...(endpoint === undefined ? [] : [environmentLine("AWS_ENDPOINT_URL_S3", endpoint)]),
    "",
  ].join("\n");
  return { path: ENV_FILE, mode: "0644", text };
}

/**
 * Hardened as far as FTL's purpose allows. Package scripts run within: they restart services by
 * `systemctl` (over its socket, which all of this leaves open), and may use `sudo`, compilers, JITs.
 */
function service({ root }: SetupValues): string {
  return `[Unit]
Description=Bring this machine's packages in line with S3
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
EnvironmentFile=${ENV_FILE}
# The journal (journalctl -t ftl) has what changed and what went wrong; a sync with nothing to do says nothing.
ExecStart=${EXECUTABLE} sync --quiet
SyslogIdentifier=ftl

# A daemon that a package script leaves behind stays. On stop, ftl ends its scripts itself.
KillMode=process

# Only the packages can be written to, and a /tmp of its own. Where package scripts write elsewhere, or a
# package's folder is a link to another disk, add those paths: systemctl edit ftl-sync.service
ProtectSystem=strict
ReadWritePaths=${unitWord(`-${root}`)}
PrivateTmp=yes
# The shared AWS files of a user can be read.
ProtectHome=read-only

ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectClock=yes
RestrictRealtime=yes
LockPersonality=yes
UMask=0022

# Left out, because they break what package scripts do or what ftl is made of:
# NoNewPrivileges            sudo in a script. With User= set, the lines from ProtectKernelTunables to
#                            LockPersonality imply it: take them out where scripts need sudo
# MemoryDenyWriteExecute     ftl itself, Node and Java: they compile while they run
# RestrictNamespaces, SystemCallFilter   container tools and sandboxes in scripts
`;
}

function timer(): string {
  return `[Unit]
Description=Sync every minute

[Timer]
OnCalendar=minutely
# The splay: a fleet does not ask in the same second.
RandomizedDelaySec=30
AccuracySec=1s

[Install]
WantedBy=timers.target
`;
}
