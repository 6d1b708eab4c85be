import { ensureImage } from '../../src/index.ts';

// Started by a test, which kills it: builds an image in a folder with a script.
const [folder = '', script = ''] = process.argv.slice(2);
await ensureImage({ folder, script });
