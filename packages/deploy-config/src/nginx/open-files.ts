/** Files besides connections: logs, listening sockets, the event queue, pipes between master and workers. */
const OWN_FILES = 64;

/** Returns the maximum open files of a worker: each connection is one, and a request or response may have a temporary file. */
export function openFilesFor(workerConnections: number): number {
  return 2 * workerConnections + OWN_FILES;
}

/** Returns the connections that a limit of open files allows. */
export function workerConnectionsFor(openFiles: number): number {
  return Math.max(1, Math.floor((openFiles - OWN_FILES) / 2));
}
