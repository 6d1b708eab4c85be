import { captureFolder, LabelStore } from '@fairlead/capture';
import { eventually, temporaryFolder } from '@fairlead/test-support';
import { expect, onTestFinished, test, vi } from 'vitest';
import { startRetention } from '../../src/recording/retention.ts';

test('labels expire also while captured requests cannot be listed', async () => {
  const root = temporaryFolder();
  const folder = captureFolder(root);
  const now = Date.now();
  const old = new LabelStore({ objects: folder, now: () => now - 3 * 86_400_000 });
  await old.add('churn', [{ requestId: 'a1', label: 'stays' }]);
  const labels = new LabelStore({ objects: folder });
  await labels.add('churn', [{ requestId: 'a2', label: 'stays' }]);
  const objects = captureFolder(root);
  vi.spyOn(objects, 'list').mockRejectedValue(new Error('access denied'));
  const onError = vi.fn();
  const retention = startRetention(2, { objects, labels, onError });
  onTestFinished(() => {
    retention.stop();
  });
  await eventually(async () => {
    const rest = await labels.read('churn');
    expect(rest.labels.map(({ request_id: id }) => id)).toEqual(['a2']);
  });
  expect(onError.mock.calls).toMatchObject([[{ message: 'access denied' }]]);
});
