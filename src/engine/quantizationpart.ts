/** Where a checkpoint says how it is quantized: rules know it by one name, wherever it stands. */
import { MISSING } from '../rules/index.ts';
import type { Fact } from '../rules/index.ts';
import type { Known } from './known.ts';

/** The name by which rules know it, where the whole has it of its own. */
export const OWN_QUANTIZATION = 'hf.quantization_config';
/** Where it may stand instead, if the whole has none; rules that were read hold for both. */
const IN_TEXT = 'hf.text_config.quantization_config';
/** The fact that it stands there. */
const WITHIN = 'quantization.within';
/** Where a config.json may say it in another way: what follows of that was not read. */
const ELSEWHERE = 'hf.compression_config';

export const QUANTIZATION_INPUTS = [OWN_QUANTIZATION, 'hf.text_config', IN_TEXT, ELSEWHERE];

/** What is known as rules of the quantization ask for it; undefined where it is not known which configuration counts. */
export function withQuantization(known: Known): Known | undefined {
  if (!isNothing(known.get(OWN_QUANTIZATION))) return placed(known, false);
  if (isNothing(known.get('hf.text_config')) || isNothing(known.get(IN_TEXT)))
    return isNothing(known.get(ELSEWHERE)) ? placed(known, false) : undefined;
  const given = known.get(IN_TEXT);
  return typeof given === 'object' && !Array.isArray(given) ? placed(known, true) : undefined;
}

/** The same with whether the configuration stands in the text config: then it goes by the name of the whole's own. */
function placed(known: Known, within: boolean): Known {
  const nameOf = (name: string): string =>
    within && (name === OWN_QUANTIZATION || name.startsWith(`${OWN_QUANTIZATION}.`))
      ? `${IN_TEXT}${name.slice(OWN_QUANTIZATION.length)}`
      : name;
  return {
    get: (name) => (name === WITHIN ? within : known.get(nameOf(name))),
    given: (name) => (name === WITHIN ? { value: within, from: 'derived' } : known.given(nameOf(name))),
    because: (name) => known.because(nameOf(name)),
  };
}

/** Is there nothing, for certain? */
export const isNothing = (fact: Fact | undefined): boolean => fact === null || fact === MISSING;
