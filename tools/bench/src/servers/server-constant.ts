import { createServer } from 'node:http';

const [port = ''] = process.argv.slice(2);
const answer = '{"outputs":[{"name":"y","data":[0,0,0,0,0,0,0,0,0,0]}]}';

createServer((req, res) => {
  req.resume();
  req.on('end', () => res.end(answer));
}).listen(Number(port), '127.0.0.1');
process.on('SIGTERM', () => process.exit(0));
