import { expect, test } from '@jest/globals';
import { Slots } from '../../../../../src/sandbox/iothub/device-jobs/job-runner.js';
import { settle } from '../../../../support/manual-clock.js';

test('slots let so many in, the others in their order, and everybody once they are open', async () => {
  const slots = new Slots(2);
  const entered: number[] = [];
  for (let index = 0; index < 6; index++) void slots.take().then(() => entered.push(index));
  await settle();
  expect(entered).toEqual([0, 1]);
  slots.give();
  await settle();
  expect(entered).toEqual([0, 1, 2]);
  slots.open();
  await settle();
  expect(entered).toEqual([0, 1, 2, 3, 4, 5]);
  await slots.take();
});
