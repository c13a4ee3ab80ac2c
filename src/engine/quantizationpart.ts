/** Where a checkpoint says how it is quantized: rules know it by one name, wherever it stands. */
import { MISSING } from '../rules/index.ts';
import type { Fact } from '../rules/index.ts';
import type { Known } from './known.ts';

/** The name by which rules know it, where the whole has it of its own. */
export const OWN_QUANTIZATION = 'hf.quantization_config';
/** Where it may stand instead, if the whole has none; rules that were read hold for both. */
const WITHIN = 'hf.text_config.quantization_config';
/** Where a config.json may say it in another way: what follows of that was not read. */
const ELSEWHERE = 'hf.compression_config';

export const QUANTIZATION_INPUTS = [OWN_QUANTIZATION, 'hf.text_config', WITHIN, ELSEWHERE];

/** What is known as rules of the quantization ask for it; undefined where it is not known which configuration counts. */
export function withQuantization(known: Known): Known | undefined {
  if (!isNothing(known.get(OWN_QUANTIZATION))) return known;
  if (isNothing(known.get('hf.text_config')) || isNothing(known.get(WITHIN)))
    return isNothing(known.get(ELSEWHERE)) ? known : undefined;
  const given = known.get(WITHIN);
  return typeof given === 'object' && !Array.isArray(given) ? namedAlike(known) : undefined;
}

/** The configuration in the text config by the name of the whole's own. */
function namedAlike(known: Known): Known {
  const nameOf = (name: string): string =>
    name === OWN_QUANTIZATION || name.startsWith(`${OWN_QUANTIZATION}.`)
      ? `${WITHIN}${name.slice(OWN_QUANTIZATION.length)}`
      : name;
  return {
    get: (name) => known.get(nameOf(name)),
    given: (name) => known.given(nameOf(name)),
    because: (name) => known.because(nameOf(name)),
  };
}

/** Is there nothing, for certain? */
export const isNothing = (fact: Fact | undefined): boolean => fact === null || fact === MISSING;
