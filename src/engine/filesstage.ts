/** What a config.json that is there says of files, as a stage. */
import { MISSING } from '../rules/index.ts';
import { jsonFacts } from './configobject.ts';
import { configOf, isUnset } from './question.ts';
import type { GivenFact, Question } from './question.ts';
import { SILENT } from './stage.ts';
import type { Stage } from './stage.ts';

/** The model where the question says it is, and where the hub's package has its files. */
const MODEL_IS_FILE = /^isfile\.\{(?:snapshot\.)?args\.model\}$/;

/** What follows from a config.json being there: what stands in it, and that the model's name is that of no file. */
export function filesStage({ model }: Question): Stage {
  return {
    name: 'files',
    about: model,
    inputs: ['args.hf_config_path'],
    run(known) {
      if (model === undefined || !isUnset(known.get('args.hf_config_path'))) return SILENT;
      const inside = jsonFacts('file.config', configOf(model));
      return {
        ...SILENT,
        fact(name) {
          if (MODEL_IS_FILE.test(name)) return { value: false, from: 'derived', where: 'config.json' };
          const fact = inside.get(name);
          if (fact === undefined) return undefined;
          return fact === MISSING
            ? { missing: true, from: model.from, where: 'config.json' }
            : { value: fact as NonNullable<GivenFact['value']>, from: model.from, where: 'config.json' };
        },
      };
    },
  };
}
