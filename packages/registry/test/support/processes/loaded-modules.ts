import { registerHooks } from 'node:module';

// Opens a folder as a registry, and says which modules of the AWS SDK were loaded for that.
const loaded: string[] = [];
registerHooks({
  load(url, context, next) {
    if (/@aws-sdk|@smithy/.test(url)) loaded.push(url);
    return next(url, context);
  },
});
const { openStore } = await import('@fairlead/registry');
await openStore(process.argv[2] ?? '');
process.stdout.write(JSON.stringify(loaded));
