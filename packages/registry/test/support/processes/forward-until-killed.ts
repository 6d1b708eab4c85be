import { fileCursor, forwardEvents } from '@fairlead/registry/webhooks';
import { folderStore } from '@fairlead/registry';

// Forwards the events of a registry until it is killed: folder, cursor, URL.

const [folder = '', cursor = '', url = ''] = process.argv.slice(2);

await forwardEvents({
  store: folderStore(folder),
  cursor: fileCursor(cursor),
  url,
  from: 'start',
  pollIntervalMs: 5,
  sender: {
    async deliver(to, id, body) {
      const headers = { 'webhook-id': id, 'webhook-timestamp': '1', 'webhook-signature': '' };
      const { status } = await fetch(to, { method: 'POST', body, headers });
      return status === 204 ? undefined : `answered ${status}`;
    },
    delayAfter: () => 1,
  },
  onNotice: ({ id }) => process.stdout.write(`${id}\n`),
});
