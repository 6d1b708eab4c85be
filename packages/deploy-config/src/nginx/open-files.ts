/** Logs, listening sockets, the event queue, pipes between master and workers. */
const OWN_FILES = 64;

/** Files that a worker may have open: each connection is one, and a client's request or answer may have a temporary file. */
export function openFilesFor(workerConnections: number): number {
  return 2 * workerConnections + OWN_FILES;
}

/** The connections that a limit of open files allows. */
export function workerConnectionsFor(openFiles: number): number {
  return Math.max(1, Math.floor((openFiles - OWN_FILES) / 2));
}
