import { expect, it } from 'vitest';
import { createKnown } from '../../src/engine/index.ts';
import { environmentStage } from '../../src/engine/environmentstage.ts';
import type { Question, ReleaseData } from '../../src/engine/index.ts';

const places = [
  { kind: 'elsewhere', what: 'pkg.envs.PARTS: the parts, which are read as one', place: '', count: 1 },
  { kind: 'modelled', what: 'pkg.envs.LOG: told', place: '', count: 1 },
];
const release = { unread: { models: places } } as unknown as ReleaseData;

const open = (facts: Question['facts']): readonly string[] =>
  environmentStage(release, { facts } as Question)
    .run(createKnown([]))
    .open.flatMap(({ needs }) => needs);

it('leaves open whether a line starts that sets a variable which was read as if it were not set', () => {
  expect(open({ 'env.PARTS': { value: '9', from: 'env' } })).toEqual(['what PARTS changes']);
});

it('says nothing of a variable that is not set, or of any other', () => {
  expect(open({ 'env.PARTS': { missing: true, from: 'default' }, 'env.LOG': { value: '1', from: 'env' } })).toEqual([]);
});
