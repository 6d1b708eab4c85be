import { expect, test } from 'vitest';
import { startInheritedLoad } from './support/inherited-load.ts';

test('a restart under load loses no request: connections wait in the inherited socket', async () => {
  const { wrong, gateway, begin, end, answers } = await startInheritedLoad();
  const first = gateway();
  await first.logged('listening');
  const clients = begin();
  await answers(200);
  first.signal('SIGTERM');
  expect(await first.ended).toBe(0);
  const second = gateway();
  await answers(200);
  end();
  await Promise.all(clients);
  expect(wrong).toEqual([]);
  second.signal('SIGTERM');
  expect(await second.ended).toBe(0);
});

test('a second gateway may accept from the socket while the first still answers', async () => {
  const { wrong, gateway, begin, end, answers } = await startInheritedLoad();
  const first = gateway();
  await first.logged('listening');
  const clients = begin();
  await answers(200);
  const second = gateway();
  await second.logged('listening');
  await answers(200);
  first.signal('SIGTERM');
  expect(await first.ended).toBe(0);
  await answers(200);
  end();
  await Promise.all(clients);
  expect(wrong).toEqual([]);
});

test('a gateway that takes over does not listen before its models are loaded, if it is to wait', async () => {
  const { gateway } = await startInheritedLoad();
  // Any load takes longer than a millisecond.
  const impatient = gateway({ FAIRLEAD_DEADLINE_MS: '1' });
  await impatient.logged('models loaded');
  const patient = gateway({ FAIRLEAD_DEADLINE_MS: '1', FAIRLEAD_LISTEN_WAIT_MS: '600000' });
  await patient.logged('listening');
  const order = (output: string): readonly string[] =>
    [...output.matchAll(/"msg":"(listening|models loaded)"/g)].map(([, message = '']) => message);
  expect(order(impatient.output())).toEqual(['listening', 'models loaded']);
  expect(order(patient.output())).toEqual(['models loaded', 'listening']);
});
