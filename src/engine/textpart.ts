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

/** Do the rules of a model's layers hold wherever its text config stands, or nearly so? */
export const isAnywhere = ({ rules }: Machine): boolean => rules.terms['given_whole'] === TEXT;

/**
 * Why the rules of a model's layers are not those of this one: those of a composite model were read with its text config in one
 * place, those of a model of text with the whole object for its text config.
 */
export function otherPart(machine: Machine, known: Known): { readonly unread: string } | undefined {
  const { text } = machine.rules.terms;
  const part = known.get(TEXT_PART);
  if (isAnywhere(machine)) {
    if (known.get(IS_WHOLE) === true) return undefined;
    const not = changedIn(machine);
    const isOne = not.length > 0 && (typeof part !== 'string' || not.some((name) => isIn(part, name)));
    return isOne
      ? { unread: `its layers are read of models whose text config is none of ${not.join(', ')}` }
      : undefined;
  }
  if (typeof text !== 'string') {
    const hasParts = known.get(IS_WHOLE) === false && machine.inputs.some((name) => OF_TEXT.test(name));
    return hasParts ? { unread: 'its layers are read of models whose text config is their whole config' } : undefined;
  }
  return part === text ? undefined : { unread: `its layers are read of models whose text config is their ${text}` };
}

/** Does a part, in a part after a dot, stand under this name? */
const isIn = (part: string, name: string): boolean => part === name || part.startsWith(`${name}.`);

const IS_WHOLE = 'hf.text_is_whole';

/** The parts of the whole that the model changes, under which its text config is not. */
function changedIn({ rules }: Machine): readonly string[] {
  const not = rules.terms['not_text'] as { readonly list?: readonly (readonly [unknown, unknown])[] } | undefined;
  return (not?.list ?? []).flatMap(([, name]) => (typeof name === 'string' ? [name] : []));
}
