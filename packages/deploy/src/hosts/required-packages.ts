/** Returns the names of the Debian packages that a release needs on its host. */
export function requiredPackages({
  hasPython,
  hasAutomaticUpdates,
}: {
  readonly hasPython: boolean;
  readonly hasAutomaticUpdates: boolean;
}): readonly string[] {
  return [
    'nginx',
    ...(hasPython ? ['python3-venv'] : []),
    ...(hasAutomaticUpdates ? ['unattended-upgrades'] : []),
  ];
}
