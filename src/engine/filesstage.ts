/** What a config.json that is there says of files, as a stage. */
import { MISSING } from '../rules/index.ts';
import { jsonFacts } from './configobject.ts';
import { configOf, isUnset } from './question.ts';
import type { GivenFact, Question } from './question.ts';
import { SILENT } from './stage.ts';
import type { Stage } from './stage.ts';

/** The model where the question says it is, and where the hub's package has its files. */
const MODEL_IS_FILE = /^isfile\.\{(?:snapshot\.)?args\.model\}$/;

/** The name of a file that is no config.json: of one that holds a model itself. */
const OTHER_FILE = /\.(?!json$)[a-z]{3,}$/i;

/** What follows from a config.json being there: what stands in it, and that the model's name is that of no file. */
export function filesStage({ model }: Question): Stage {
  return {
    name: 'files',
    about: model,
    inputs: ['args.hf_config_path', 'args.model_tag', 'args.model'],
    run(known) {
      if (model === undefined || !isUnset(known.get('args.hf_config_path'))) return SILENT;
      // the name that stands alone counts before the flag's
      const names = ['args.model_tag', 'args.model'].map((name) => known.get(name));
      const isFile = OTHER_FILE.test(names.find((name) => typeof name === 'string') ?? '');
      const inside = jsonFacts('file.config', configOf(model));
      return {
        ...SILENT,
        fact(name) {
          if (MODEL_IS_FILE.test(name))
            return isFile
              ? { from: 'unknown', where: 'the name is one of a file' }
              : { value: false, from: 'derived', where: 'config.json' };
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
