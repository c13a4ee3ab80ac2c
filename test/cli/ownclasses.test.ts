import { expect, it } from 'vitest';
import { ownTypes } from '#cli';
import { ownClassesBeside } from '#disk';

it('keeps the classes that a release has of its own beside its file', () => {
  expect(ownClassesBeside('/x/data/releases/1.2.3.json', '4.5.6')).toBe('/x/data/transformers/4.5.6+1.2.3.json');
  expect(ownClassesBeside('/x/1.2.3.json', '4.5.6')).toBe('/x/1.2.3.transformers-4.5.6.json');
});

it('takes a class for one of the release where it is named and none of transformers', () => {
  const types = { bare: [1], own: [1, 'vllm.configs.own:OwnConfig'], theirs: [1, 'transformers:BertConfig'] } as const;
  expect(ownTypes(types)).toEqual({ own: 'vllm.configs.own:OwnConfig' });
});
