/** Parts of a configuration: objects that classes make of what stands inside a config.json, worked out with the question. */
import {
  builtinClass,
  dataFields,
  dict,
  findInClass,
  nameIn,
  native,
  newInstance,
  one,
  opaque,
  str,
} from '../python/index.ts';
import type { Args, ClassAtom, InstanceAtom, Reader, Value } from '../python/index.ts';
import { YES } from '../rules/index.ts';
import type { Term } from '../rules/index.ts';
import { configTerm, ownAttribute, partAtom, textAtom } from './configterms.ts';

/** The class from which all configuration classes derive, and its module. */
export const BASE = 'PreTrainedConfig';
export const BASE_MODULE = 'transformers.configuration_utils';

/** Names of what is kept for itself, of parts and dtypes; how a checkpoint is quantized stays what the config.json says. */
const NO_VALUE = /^_|(?<!^quantization)_config$|dtype$/;

/** Is an attribute of a part a value as it stands in a config.json: no method, no part of its own, no dtype? */
function isPlain(R: Reader, name: string): boolean {
  const base = nameIn(R, BASE_MODULE, BASE)?.[0]?.v;
  return base?.k === 'class' && !NO_VALUE.test(name) && findInClass(R, base, name)?.value[0]?.v.k !== 'func';
}

/**
 * A part of a configuration: the object that a class makes of a dictionary inside the config.json, or of what it is given; the class
 * may be the one that the table has for a type.
 */
export function configPart(R: Reader, of: Value | ClassAtom, args: Args): Value {
  const made = builtinClass('a part of the configuration', R.builtin('object')![0]!.v as ClassAtom, 'transformers');
  // what its class declares it has in any case
  const fields = new Set('k' in of ? dataFields(R, of).map(({ name }) => name) : []);
  const { rest, kw } = args;
  if (args.pos.length > 0 || (kw.size > 0 && rest?.lazy))
    return one(opaque('a part of the configuration with values of its own', ''));
  const part: InstanceAtom = {
    ...newInstance(made),
    lazy: (name) => {
      if (name.startsWith('__')) return undefined;
      if (name === TEXT_OF) return one(native(name, (asked) => textOfPart(R, part, asked)));
      return isPlain(R, name)
        ? ownAttribute(R, part, name, fields.has(name))
        : one(opaque(`${name} of a part of the configuration`, ''));
    },
    lazyOpen: true,
  };
  return one(
    partAtom(part, {
      given: givenTo(R, args),
      without: [...(rest?.lazy?.never ?? [])],
      type: 'k' in of ? undefined : of,
      cls: 'k' in of ? one(str(classKey(of))) : undefined,
    }),
  );
}

/** The method that gives the part of an object which is its text config. */
const TEXT_OF = 'get_text_config';

/** What that method of a part gives: another part, or the same. */
function textOfPart(R: Reader, part: InstanceAtom, { pos, kw, rest }: Args): Value {
  if (pos.length > 0 || kw.size > 0 || rest)
    return one(opaque(`${TEXT_OF} of a part of the configuration, of some kind`, ''));
  const made = builtinClass('the text config of a part', R.builtin('object')![0]!.v as ClassAtom, 'transformers');
  const text: InstanceAtom = {
    ...newInstance(made),
    lazy: (name) => (name.startsWith('__') ? undefined : one(opaque(`${name} of the text config of a part`, ''))),
    lazyOpen: true,
  };
  return one(textAtom(text, part));
}

/** The name under which a class is kept: of one outside the package of the base, with its module. */
export const classKey = ({ modname, name }: ClassAtom): string =>
  modname.split('.')[0] === PACKAGE ? name : `${modname}:${name}`;

const [PACKAGE] = BASE_MODULE.split('.');

/** The dictionary that a part is made of: as it stands in the config.json, with what was changed in it, or put together. */
function givenTo(R: Reader, { kw, rest }: Args): Term | undefined {
  if (rest?.lazy && rest.entries.length === 0) return { fact: rest.lazy.path };
  if (rest?.lazy) return configTerm(R, one(rest));
  if (kw.size === 0 && !rest) return undefined;
  const named = [...kw].map(([name, v]) => ({ key: str(name), g: YES, v }));
  return configTerm(R, one(dict([...named, ...(rest?.entries ?? [])])));
}
