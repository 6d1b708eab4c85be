import { connect, createServer } from 'node:net';

// Started by exposePort in the network of a fleet: forwards a port to a Unix socket until standard input ends.
const [socket = '', host, port] = process.argv.slice(2);
const server = createServer((connection) => {
  const target = connect(socket);
  connection.pipe(target).pipe(connection);
  connection.on('error', () => target.destroy());
  target.on('error', () => connection.destroy());
});
server.listen(Number(port), host, () => process.stdout.write('ready\n'));
process.stdin.resume().on('end', () => process.exit());
