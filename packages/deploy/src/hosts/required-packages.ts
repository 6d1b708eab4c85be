/** Returns the names of the Debian packages that a release needs on its host. */
export function requiredPackages({
  hasPython,
  hasAutomaticUpdates,
  hasAcme,
}: {
  readonly hasPython: boolean;
  readonly hasAutomaticUpdates: boolean;
  /** Its certificate is of an ACME authority. */
  readonly hasAcme: boolean;
}): readonly string[] {
  return [
    'nginx',
    ...(hasAcme ? ['certbot'] : []),
    ...(hasPython ? ['python3-venv'] : []),
    ...(hasAutomaticUpdates ? ['unattended-upgrades'] : []),
  ];
}
