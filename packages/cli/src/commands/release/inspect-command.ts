import type { Command } from '@commander-js/extra-typings';
import type { ReleaseDocuments } from '@fairlead/deploy';
import { addExamples } from '../../add-examples.ts';
import type { CommandContext } from '../../command-context.ts';
import { formatParts } from '../../deploy/format-release.ts';
import { signatureState, type SignatureState } from '../../deploy/signature-state.ts';
import { readTrustedKeys } from '../../deploy/trusted-keys.ts';
import { summarizeSbom, type SbomSummary } from '../../deploy/summarize-sbom.ts';
import { jsonOption } from '../../options/shared-options.ts';
import { count, formatBytes } from '../../output/format-values.ts';
import { fields, table } from '../../output/table.ts';

/** Defines `fairlead release inspect`. */
export function defineInspectCommand(command: Command, context: CommandContext): void {
  command
    .argument('<file>', 'Release')
    .option('--files', 'List every file')
    .option(
      '--trusted-keys <file>',
      'Public keys (PEM): fail unless one of them signed the release',
    )
    .addOption(jsonOption)
    .action(async (file, options) => {
      const trustedKeys =
        options.trustedKeys === undefined ? undefined : await readTrustedKeys(options.trustedKeys);
      const { verifyRelease } = await import('@fairlead/deploy');
      const documents = await verifyRelease(file, { trustedKeys });
      const sbom = summarizeSbom(documents.sbom);
      const signature = signatureState(documents, trustedKeys !== undefined);
      const { digest, manifest } = documents;
      context.output.present(options, { digest, signature, sbom, manifest }, () => [
        ...formatManifest(documents, signature, sbom),
        ...(options.files ? ['', ...formatFiles(documents)] : []),
      ]);
    });
  addExamples(command, [
    ['what is in a release', 'fairlead release inspect releases/fairlead.tar'],
    [
      'fail unless the key of the team has signed it',
      'fairlead release inspect releases/fairlead.tar --trusted-keys release.public.pem',
    ],
    [
      'packages with their licenses',
      "fairlead release inspect releases/fairlead.tar --json | jq '.sbom.licenses'",
    ],
  ]);
}

function formatManifest(
  { digest, manifest }: ReleaseDocuments,
  signature: SignatureState,
  sbom: SbomSummary,
): readonly string[] {
  const { name, platform, node, hostFiles, gate } = manifest;
  const states: Readonly<Record<SignatureState, string>> = {
    none: 'none',
    unchecked: 'signed (check it with --trusted-keys)',
    trusted: 'signed by a trusted key',
  };
  const licenses = Object.entries(sbom.licenses).map(
    ([license, packages]) => `${license} ${packages}`,
  );
  return [
    ...fields([
      ['release', digest],
      ['deployment', name],
      ['platform', platform],
      ['Node', node],
      ['signature', states[signature]],
      ['content', 'intact: every file is as the manifest lists it'],
      ['packages', `${count(sbom.components, 'package')}: ${licenses.join(', ')}`],
      ['files of the host', count(hostFiles.length, 'link')],
      ['gate', gate.checks.map(({ path }) => path).join(', ')],
    ]),
    '',
    ...formatParts(manifest),
  ];
}

function formatFiles({ manifest }: ReleaseDocuments): readonly string[] {
  const files = manifest.parts.flatMap((part) => part.files);
  return table(
    ['mode', { title: 'size', align: 'right' }, 'file'],
    files.map((file) => [
      file.mode,
      formatBytes(file.bytes),
      'target' in file ? `${file.path} → ${file.target}` : file.path,
    ]),
  );
}
