/** Where in a model's configuration object its text config stands: the rules of a composite model's layers rest on that. */
import type { Machine } from '../rules/index.ts';
import type { ConfigObject } from './configobject.ts';
import type { Known } from './known.ts';
import type { GivenFact } from './question.ts';

/** The attribute of the configuration object that is the text config, where that is a part of it. */
export const TEXT_PART = 'hf.text_part';

/** The name of the attribute that is the text config. */
export function partFact(object: ConfigObject, where: string): GivenFact {
  const value = object.textPart();
  return value === undefined ? { from: 'unknown', where } : { value, from: 'derived', where };
}

/** Why the rules of a composite model's layers are not those of this one: they were read with its text config in one place. */
export function otherPart({ rules }: Machine, known: Known): { readonly unread: string } | undefined {
  const { text } = rules.terms;
  if (typeof text !== 'string' || known.get(TEXT_PART) === text) return undefined;
  return { unread: `its layers are read of models whose text config is their ${text}` };
}
