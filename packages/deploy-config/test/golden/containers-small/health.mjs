// health.mjs <socket> <path>
import { request } from 'node:http';

const [socketPath, path] = process.argv.slice(2);
process.exitCode = 1;
request({ socketPath, path, timeout: 3000 }, (answer) => {
  process.exitCode = answer.statusCode === 200 ? 0 : 1;
  answer.resume();
})
  .on('timeout', () => process.exit(1))
  .on('error', (error) => console.error(error.message))
  .end();
