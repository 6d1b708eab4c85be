/** Packages of a bill of materials. */
export interface SbomSummary {
  readonly components: number;
  /** Numbers of packages by their licenses, the most frequent first. */
  readonly licenses: Readonly<Record<string, number>>;
}

interface Component {
  readonly licenses?: readonly {
    readonly expression?: string;
    readonly license?: { readonly id?: string; readonly name?: string };
  }[];
}

/** Counts the packages and licenses of a bill of materials: CycloneDX in JSON. */
export function summarizeSbom(sbom: Uint8Array): SbomSummary {
  const { components = [] } = JSON.parse(Buffer.from(sbom).toString()) as {
    readonly components?: readonly Component[];
  };
  const licenses = new Map<string, number>();
  for (const { licenses: [first] = [] } of components) {
    const name = first?.expression ?? first?.license?.id ?? first?.license?.name ?? 'unknown';
    licenses.set(name, (licenses.get(name) ?? 0) + 1);
  }
  const sorted = [...licenses].sort(
    ([nameA, a], [nameB, b]) => b - a || nameA.localeCompare(nameB, 'en'),
  );
  return { components: components.length, licenses: Object.fromEntries(sorted) };
}
