/**
 * Supported directives with the kind of their value, which determines the escaping.
 *
 * Source: systemd.unit(5), systemd.service(5), systemd.socket(5), systemd.timer(5), systemd.exec(5), systemd.kill(5) and
 * systemd.resource-control(5) of systemd 252.
 *
 * @internal
 */
export const unitDirectiveKinds = {
  Unit: {
    Description: 'line',
    Documentation: 'words',
    Requires: 'words',
    Wants: 'words',
    After: 'words',
    Before: 'words',
    PartOf: 'words',
    Conflicts: 'words',
    ConditionPathExists: 'line',
    StartLimitIntervalSec: 'duration',
    StartLimitBurst: 'integer',
  },
  Service: {
    Type: 'line',
    NotifyAccess: 'line',
    User: 'line',
    Group: 'line',
    SupplementaryGroups: 'words',
    WorkingDirectory: 'line',
    Environment: 'environment',
    EnvironmentFile: 'line',
    ExecStartPre: 'command',
    ExecStart: 'command',
    ExecReload: 'command',
    ExecStop: 'command',
    Restart: 'line',
    RestartSec: 'duration',
    TimeoutStartSec: 'duration',
    TimeoutStopSec: 'duration',
    KillMode: 'line',
    KillSignal: 'line',
    StandardInput: 'line',
    StandardOutput: 'line',
    StandardError: 'line',
    SyslogIdentifier: 'line',
    StateDirectory: 'words',
    StateDirectoryMode: 'mode',
    RuntimeDirectory: 'words',
    RuntimeDirectoryMode: 'mode',
    CPUQuota: 'line',
    CPUWeight: 'integer',
    MemoryHigh: 'integer',
    MemoryMax: 'integer',
    MemorySwapMax: 'integer',
    TasksMax: 'integer',
    LimitNOFILE: 'integer',
    LimitCORE: 'integer',
    OOMPolicy: 'line',
    OOMScoreAdjust: 'integer',
    Nice: 'integer',
    UMask: 'mode',
    NoNewPrivileges: 'boolean',
    CapabilityBoundingSet: 'words',
    AmbientCapabilities: 'words',
    ProtectSystem: 'line',
    ProtectHome: 'line',
    ProtectKernelTunables: 'boolean',
    ProtectKernelModules: 'boolean',
    ProtectKernelLogs: 'boolean',
    ProtectControlGroups: 'boolean',
    ProtectClock: 'boolean',
    ProtectHostname: 'boolean',
    ProtectProc: 'line',
    ProcSubset: 'line',
    PrivateTmp: 'boolean',
    PrivateDevices: 'boolean',
    PrivateNetwork: 'boolean',
    PrivateUsers: 'boolean',
    ReadWritePaths: 'words',
    ReadOnlyPaths: 'words',
    InaccessiblePaths: 'words',
    RestrictAddressFamilies: 'words',
    RestrictNamespaces: 'boolean',
    RestrictRealtime: 'boolean',
    RestrictSUIDSGID: 'boolean',
    LockPersonality: 'boolean',
    MemoryDenyWriteExecute: 'boolean',
    RemoveIPC: 'boolean',
    KeyringMode: 'line',
    SystemCallArchitectures: 'words',
    SystemCallFilter: 'wordLists',
    SystemCallErrorNumber: 'line',
    IPAddressAllow: 'words',
    IPAddressDeny: 'words',
  },
  Socket: {
    ListenStream: 'lines',
    SocketUser: 'line',
    SocketGroup: 'line',
    SocketMode: 'mode',
    DirectoryMode: 'mode',
    Backlog: 'integer',
    NoDelay: 'boolean',
    Accept: 'boolean',
    Service: 'line',
    RemoveOnStop: 'boolean',
  },
  Timer: {
    OnCalendar: 'line',
    OnBootSec: 'duration',
    OnUnitInactiveSec: 'duration',
    RandomizedDelaySec: 'duration',
    Persistent: 'boolean',
  },
  Install: {
    WantedBy: 'words',
    RequiredBy: 'words',
    Also: 'words',
    Alias: 'words',
  },
} as const;

/** The type of the values of each kind of directive. */
export interface UnitValueByKind {
  /** `yes` or `no`. */
  boolean: boolean;
  /** A whole number; sizes are in bytes. */
  integer: number;
  /** Milliseconds. */
  duration: number;
  /** Permission bits, such as `0o077`. */
  mode: number;
  /** Rest of the line, literally. */
  line: string;
  /** One assignment for each text, literally. */
  lines: readonly string[];
  /** List; an empty one resets earlier values. */
  words: readonly string[];
  /** One assignment for each list. */
  wordLists: readonly (readonly string[])[];
  /** Program and arguments; an empty list resets earlier values. */
  command: readonly string[];
  /** Variables by name. */
  environment: Readonly<Record<string, string>>;
}

/** Kind of a value, which determines its format and type. */
export type UnitValueKind = keyof UnitValueByKind;

/** Every known directive by section, with its kind. */
export type UnitDirectiveKinds = typeof unitDirectiveKinds;

/** The settings of one section of a unit, such as `Service`. */
export type UnitSection<S extends keyof UnitDirectiveKinds> = {
  readonly [D in keyof UnitDirectiveKinds[S]]?: UnitDirectiveKinds[S][D] extends UnitValueKind
    ? UnitValueByKind[UnitDirectiveKinds[S][D]]
    : never;
};

/** A unit file: sections in the order in which they are written. */
export type Unit = { readonly [S in keyof UnitDirectiveKinds]?: UnitSection<S> };
