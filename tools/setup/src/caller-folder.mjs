// @ts-check
import process from 'node:process';

// npm runs scripts in the folder of package.json. Relative paths of `npm run fairlead` are those of the folder in which the user called npm.
if (process.env.INIT_CWD !== undefined) process.chdir(process.env.INIT_CWD);
