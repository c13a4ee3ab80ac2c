import { MessageChannel } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { nothingTaken, othersBehind, takeOf, tellThrough } from '../../src/cli/shares.ts';

test('a class is taken once, and what others read of it comes, whether it was asked for before or after', async () => {
  const taken = nothingTaken();
  const { port1, port2 } = new MessageChannel();
  const others = othersBehind(taken, [port2]);
  const take = takeOf(taken);
  expect([take(3), others.take(3), others.take(2), take(2)]).toEqual([true, false, true, false]);
  const before = others.read(3);
  tellThrough(port1)(3, { makers: ['a'] });
  tellThrough(port1)(4, { unread: ['layers: why'] });
  expect(await before).toEqual({ makers: ['a'] });
  expect(await others.read(4)).toEqual({ unread: ['layers: why'] });
  others.close();
});
