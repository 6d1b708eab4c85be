import type { UnitSection } from './unit-directive.ts';

/**
 * Restrictions that work for Node and for Python under Gunicorn.
 *
 * Source: systemd.exec(5); checked with `systemd-analyze security`.
 */
export const hardening: UnitSection<'Service'> = {
  UMask: 0o077,
  NoNewPrivileges: true,
  CapabilityBoundingSet: [],
  AmbientCapabilities: [],
  ProtectSystem: 'strict',
  ProtectHome: 'yes',
  ProtectKernelTunables: true,
  ProtectKernelModules: true,
  ProtectKernelLogs: true,
  ProtectControlGroups: true,
  ProtectClock: true,
  ProtectHostname: true,
  ProtectProc: 'invisible',
  ProcSubset: 'pid',
  PrivateTmp: true,
  PrivateDevices: true,
  RestrictNamespaces: true,
  RestrictRealtime: true,
  RestrictSUIDSGID: true,
  LockPersonality: true,
  RemoveIPC: true,
  KeyringMode: 'private',
  SystemCallArchitectures: ['native'],
  SystemCallFilter: [['@system-service'], ['~@privileged', '@resources']],
  // Native libraries try to pin their threads to cores: an error is harmless, the default would kill the process.
  SystemCallErrorNumber: 'EPERM',
};
