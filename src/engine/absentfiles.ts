/** Files that may lie beside a config.json, as rules see them where they do not. */
import { sortsOf } from '../rules/index.ts';
import type { Stage } from './stage.ts';

/** What rules see of files beside a config.json that are not there. */
export function absentFiles(stages: readonly Stage[]): Record<string, null | false> {
  const out: Record<string, null | false> = {};
  for (const { rules, inputs } of stages) {
    // a stage of several rule sets says by name alone what it asks for: whether a file is there
    if (!rules) for (const name of inputs) if (THERE.test(name)) out[name] = false;
    // a file that the question names can be anywhere
    for (const meaning of rules ? sortsOf(rules, (input) => input.startsWith('file.') && !NAMED.test(input)) : []) {
      if ('choice' in meaning && meaning.of.includes(false)) out[meaning.choice] = false;
      if (!('kinds' in meaning)) continue;
      if (meaning.of.includes('none') && !meaning.of.includes('missing')) out[meaning.kinds] = null;
      else if (meaning.of.every((kind) => kind === 'false' || kind === 'true')) out[meaning.kinds] = false;
    }
  }
  return out;
}

/** Whether there is a file of that name. */
const THERE = /^file\.[\w-]+\.json$/;

/** The whole name of a file is a fact of the question. */
const NAMED = /^file\.\{[^}]*\}$/;
