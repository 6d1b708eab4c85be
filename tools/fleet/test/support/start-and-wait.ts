import { startFleet } from '../../src/index.ts';

// Started by a test, which kills it: prints the process of the namespaces and the folder, and boots hosts.
const fleet = await startFleet({ hosts: 2, boot: false });
process.stdout.write(`${fleet.namespaces.pid} ${fleet.namespaces.folder}\n`);
await Promise.all(fleet.hosts.map((host) => host.boot()));
process.stdout.write('running\n');
setInterval(() => undefined, 1_000);
