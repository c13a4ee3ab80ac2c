/** One configuration object under two names: that of a model whose text config is the whole. */
import { attributeAt } from './configfacts.ts';
import type { ConfigObject } from './configobject.ts';
import type { Known } from './known.ts';
import { factValue, isSameFact } from './question.ts';
import type { GivenFact, GivenModel, Question } from './question.ts';
import { SILENT } from './stage.ts';
import type { Stage } from './stage.ts';

const WHOLE = 'hf.text_is_whole';
const PREFIXES = ['hf.', 'hf_text_config.'] as const;
/** What a file beside the config may change. */
const QUANTIZATION = /^hf(?:_text_config)?\.quantization_config\b/;

type ObjectOf = (model: GivenModel, known: Known) => ConfigObject | undefined;

/**
 * Where the text config is the whole object, what was changed in it is changed under both its names: what one of them says anew
 * counts for the other.
 */
export function sameObjectStage({ model }: Question, objectOf: ObjectOf): Stage {
  return {
    name: 'same object',
    about: model,
    inputs: [],
    run(known) {
      const object = model && known.get(WHOLE) === true ? objectOf(model, known) : undefined;
      if (object === undefined) return SILENT;
      return { ...SILENT, fact: (name) => sayingAnew(known, object, name) };
    },
  };
}

/** What the one name of an object says of an attribute that the other does not say anew. */
function sayingAnew(known: Known, object: ConfigObject, name: string): GivenFact | undefined {
  const own = PREFIXES.find((prefix) => name.startsWith(prefix));
  // a file beside the config.json says it once, and not of the text config
  if (own === undefined || name === WHOLE || QUANTIZATION.test(name)) return undefined;
  const key = name.slice(own.length);
  const twin = known.given(`${PREFIXES.find((prefix) => prefix !== own)!}${key}`);
  const here = known.get(name);
  const there = factValue(twin);
  if (here === undefined || there === undefined || isSameFact(here, there)) return undefined;
  const first = attributeAt(object, key).value;
  if (isSameFact(here, first)) return twin;
  return isSameFact(there, first) ? undefined : { from: 'unknown', where: `${name} is changed twice` };
}
