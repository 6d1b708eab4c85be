import { createHash } from 'node:crypto';

import * as z from 'zod';

import { certificatePlanSchema, type CertificatePlan } from '../state/certificate-plan.ts';
import { backupPlanSchema, type BackupPlan } from '../state/backup-plan.ts';
import { partSchema, sha256, type ReleasePart } from '../parts/release-part.ts';
import type { Platform } from '../platform.ts';
import { pythonRuntime, type PythonRuntime } from '../python/python-runtime.ts';
import { secretReferenceSchema, type SecretReference } from '../secrets/secret-reference.ts';

/** File of the operating system's folders: a link into the release is placed there. */
export interface HostFile {
  /** Absolute path on the host; its content is the release's file of the same path below `files`. */
  readonly path: string;
  /** Permission bits in octal digits. */
  readonly mode: string;
  /** Account and group, such as `root:root`. */
  readonly owner: string;
  /** Program that reads it; `host` for the operating system. */
  readonly role: 'nginx' | 'gunicorn' | 'systemd' | 'host';
}

/** Request that must be answered as expected before a release counts as good: a golden example, for instance. */
export interface GateCheck {
  /** Path with a leading slash. */
  readonly path: string;
  /** Body of a POST request, sent as JSON; without one, the request is a GET. */
  readonly body?: unknown;
  /** Members that the JSON answer must have; numbers may differ by 1e-5 of their size. @defaultValue status 200 is enough */
  readonly expected?: unknown;
}

/** Requests through Nginx that decide whether a release stays. */
export interface Gate {
  /** Nginx on the host. */
  readonly origin: {
    readonly scheme: 'http' | 'https';
    readonly address: string;
    readonly port: number;
    /** Host name of the requests. */
    readonly name: string;
  };
  readonly checks: readonly GateCheck[];
  /** Time until all checks must have passed, in milliseconds. */
  readonly timeoutMs: number;
  /** File on the host whose content is sent as `Authorization: Bearer …`. */
  readonly keyFile?: string | undefined;
}

/** Everything that a release contains; its digest is the name of the release. */
export interface ReleaseManifest {
  readonly format: 'fairlead-release/1';
  /** Name of the deployment. */
  readonly name: string;
  readonly platform: Platform;
  /** Version of Node. */
  readonly node: string;
  /** Python service of the release; absent without one. */
  readonly python?: PythonRuntime | undefined;
  readonly parts: readonly ReleasePart[];
  readonly hostFiles: readonly HostFile[];
  /** References to secrets, which each host reads itself; none if it is absent. */
  readonly secrets?: readonly SecretReference[] | undefined;
  /** State that the host backs up and restores; absent without a backup. */
  readonly backup?: BackupPlan | undefined;
  /** Certificate of the host; absent without TLS. */
  readonly certificate?: CertificatePlan | undefined;
  readonly gate: Gate;
  /** SHA-256 of the bill of materials, in hexadecimal digits. */
  readonly sbomSha256: string;
}

const hostFile = z.strictObject({
  path: z.string().startsWith('/').max(1024),
  mode: z.string().regex(/^[0-7]{3}$/),
  owner: z.string().regex(/^[a-z_][a-z0-9_-]{0,30}:[a-z_][a-z0-9_-]{0,30}$/),
  role: z.enum(['nginx', 'gunicorn', 'systemd', 'host']),
});

const gate = z.strictObject({
  origin: z.strictObject({
    scheme: z.enum(['http', 'https']),
    address: z.union([z.ipv4(), z.ipv6()]),
    port: z.int().min(1).max(65_535),
    name: z.string().min(1).max(253),
  }),
  checks: z.array(
    z.strictObject({
      path: z.string().regex(/^\/[!-~]*$/),
      body: z.unknown().optional(),
      expected: z.unknown().optional(),
    }),
  ),
  timeoutMs: z.int().min(1_000).max(3_600_000),
  keyFile: z.string().startsWith('/').optional(),
});

/** Schema of the manifest of a release. */
export const manifestSchema: z.ZodType<ReleaseManifest> = z.strictObject({
  format: z.literal('fairlead-release/1'),
  name: z.string().regex(/^[a-z][a-z0-9-]{0,30}$/),
  platform: z.enum(['linux-x64', 'linux-arm64']),
  node: z.string().regex(/^\d+\.\d+\.\d+$/),
  python: pythonRuntime.optional(),
  parts: z.array(partSchema).nonempty(),
  hostFiles: z.array(hostFile),
  secrets: z.array(secretReferenceSchema).optional(),
  backup: backupPlanSchema.optional(),
  certificate: certificatePlanSchema.optional(),
  gate,
  sbomSha256: sha256,
});

/** Serializes a manifest: the same manifest is the same bytes. */
export function serializeManifest(manifest: ReleaseManifest): string {
  return `${JSON.stringify(manifest, undefined, 1)}\n`;
}

/** Returns the digest of a release: SHA-256 of its serialized manifest, in hexadecimal digits. */
export function digestOf(serialized: string | Uint8Array): string {
  return createHash('sha256').update(serialized).digest('hex');
}
