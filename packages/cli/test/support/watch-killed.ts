const { DriftWatch } = await import('@fairlead/drift');
const { folderStore, ModelRegistry } = await import('@fairlead/registry');
const { decodeBaseline, openWindowStore } = await import('@fairlead/windows');

// Judges the model `loans` in a process that the test kills after a verdict with a change was stored, and before the change is recorded.
const [folder = ''] = process.argv.slice(2);
const store = folderStore(folder);
const registry = new ModelRegistry({ store });
const watch = new DriftWatch({
  windows: await openWindowStore({ objects: store }),
  verdicts: store,
  baselineOf: async () => {
    const { manifest } = await registry.openVersion('loans', 1);
    return decodeBaseline(manifest.baseline);
  },
  recordChange: () => {
    console.log('change');
    return new Promise(() => {
      setInterval(() => undefined, 1000);
    });
  },
});
await watch.check({ model: 'loans', version: '1' });

export {};
