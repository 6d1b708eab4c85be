// @ts-check
import process from 'node:process';
import { isMainThread } from 'node:worker_threads';

// npm runs scripts in the folder of package.json. Relative paths of `npm run fairlead` are those of the folder in which the user called npm.
// Worker threads load this module too, and have the folder of their process.
if (isMainThread && process.env.INIT_CWD !== undefined) process.chdir(process.env.INIT_CWD);
