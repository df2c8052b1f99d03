/** The systemd service that syncs once, and the timer that starts it. */
import { environmentLine, unitWord } from "./quoting.ts";
import {
  ENV_FILE,
  NICE,
  REPORT_COMMENT,
  type SetupFile,
  type SetupValues,
  timedSync,
  trustLines,
} from "./values.ts";

/** The parts that `ftl setup systemd` can print alone. Each is the ending of a file of `systemdFiles`. */
export const SYSTEMD_PARTS = ["env", "service", "timer"] as const;

const UNITS = "/etc/systemd/system";
export const TIMER = "ftl-sync.timer";

/** The variables, the service and the timer. Packages for Debian and Red Hat have the executable in another place. */
export function systemdFiles(
  values: SetupValues,
  { executable }: { readonly executable?: string } = {},
): [env: SetupFile, ...units: SetupFile[]] {
  return [
    environmentFile(values),
    { path: `${UNITS}/ftl-sync.service`, mode: "0644", text: service(values, executable) },
    { path: `${UNITS}/${TIMER}`, mode: "0644", text: timer() },
  ];
}

/** `/etc/ftl.env`. A shell can read it too: `set -a; . /etc/ftl.env`. */
function environmentFile(values: SetupValues): SetupFile {
  const { bucket, root, region, endpoint, report } = values;
  const text = [
    "# The settings of ftl on this machine. The instance's role is the best source of credentials. If you put",
    "# keys here, make this file readable by root only.",
    environmentLine("FTL_BUCKET", bucket),
    environmentLine("FTL_ROOT", root),
    environmentLine("AWS_REGION", region),
    ...(endpoint === undefined ? [] : [environmentLine("AWS_ENDPOINT_URL_S3", endpoint)]),
    REPORT_COMMENT,
    environmentLine("FTL_REPORT", String(report)),
    ...trustLines(values, environmentLine),
    "",
  ].join("\n");
  return { path: ENV_FILE, mode: "0644", text };
}

/**
 * The service is hardened as far as FTL's purpose allows. Package scripts run inside it. They restart services
 * with `systemctl`, over its socket, which these settings leave open. They may also use `sudo`, compilers and
 * JITs.
 */
function service({ root }: SetupValues, executable?: string): string {
  return `[Unit]
Description=Bring this machine's packages in line with S3
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
EnvironmentFile=${ENV_FILE}
# The journal (journalctl -t ftl) shows what changed and what went wrong. A sync with nothing to do prints nothing.
# Each sync sees what is blessed. It looks for new candidates every 600 seconds, as a listing of S3 costs more.
ExecStart=${timedSync(executable)}
SyslogIdentifier=ftl

# What serves comes first, on the CPU and, as no class is given, on the disk. Package scripts inherit it. A service that
# one starts by systemctl does not; for a daemon that one starts itself: renice -n 0 -p $$ > /dev/null
Nice=${NICE}

# A daemon that a package script started keeps running. On stop, ftl ends its scripts itself.
KillMode=process

# Only the packages and a private /tmp can be written to. If package scripts write elsewhere, or if a package's
# folder is a link to another disk, add those paths: systemctl edit ftl-sync.service
ProtectSystem=strict
ReadWritePaths=${unitWord(`-${root}`)}
PrivateTmp=yes
# A user's shared AWS files can be read.
ProtectHome=read-only

ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectClock=yes
RestrictRealtime=yes
LockPersonality=yes
UMask=0022

# Left out, because package scripts or ftl itself need what these forbid:
# NoNewPrivileges            sudo in a script. With User= set, the lines from ProtectKernelTunables to
#                            LockPersonality imply it: remove them if scripts need sudo
# CPUWeight, IOWeight        they change how all services share, and a daemon that a script started keeps them
# MemoryDenyWriteExecute     ftl itself, Node and Java: they compile while they run
# RestrictNamespaces, SystemCallFilter   container tools and sandboxes in scripts
`;
}

function timer(): string {
  return `[Unit]
Description=Sync every minute

[Timer]
OnCalendar=minutely
# The splay: the machines of a fleet do not ask in the same second.
RandomizedDelaySec=30
AccuracySec=1s

[Install]
WantedBy=timers.target
`;
}
