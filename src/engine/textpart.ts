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

const TEXT = 'hf_text_config';
/** An attribute of the text config. */
const OF_TEXT = /^hf_text_config\./;

/**
 * Why the rules of a model's layers are not those of this one: those of a composite model were read with its text config in one
 * place, those of a model of text with the whole object for its text config.
 */
export function otherPart({ rules, inputs }: Machine, known: Known): { readonly unread: string } | undefined {
  const { text } = rules.terms;
  if (typeof text !== 'string') {
    // of one that another model looks up it was read whether it asks the whole for nothing else
    const isTextAlone = rules.terms['given_whole'] === TEXT;
    const hasParts =
      !isTextAlone && known.get('hf.text_is_whole') === false && inputs.some((name) => OF_TEXT.test(name));
    return hasParts ? { unread: 'its layers are read of models whose text config is their whole config' } : undefined;
  }
  if (known.get(TEXT_PART) === text) return undefined;
  return { unread: `its layers are read of models whose text config is their ${text}` };
}
