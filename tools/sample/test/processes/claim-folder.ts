import { claimStateFolder } from '../../src/single-instance.ts';

const server = await claimStateFolder(process.argv[2] ?? '');
server.ref();
process.stdout.write('claimed\n');
