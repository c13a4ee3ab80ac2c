/**
 * The checkpoint's quantization object as layers see it while a model is built: of which class it is, what it holds, and
 * which method it has for a layer of attention are facts with names. The rules of quantization say what they are.
 */
import {
  builtinClass,
  entryFrame,
  flagCond,
  kindInput,
  nameIn,
  native,
  oldInstance,
  one,
  opaque,
} from '../python/index.ts';
import type { Args, Atom, ClassAtom, InstanceAtom, Node, OutsideAtom, Reader, Value } from '../python/index.ts';
import { YES } from '../rules/index.ts';
import type { Cond } from '../rules/index.ts';
import { JSON_KINDS, jsonValue } from './json.ts';
import { typed } from './records.ts';

const BASE = 'vllm.model_executor.layers.quantization.base_config';

/** The method of the object that gives the method of a layer. */
const METHOD = 'get_quant_method';

/** The object, or none; a method of its base class answers by its annotation. `builds` tells layers of attention. */
// oxlint-disable-next-line max-lines-per-function -- one object, with every way in which it answers
export function quantConfig(R: Reader, builds: (module: string) => boolean = () => false): Value {
  // oxlint-disable-next-line max-lines-per-function -- one table of attributes
  return kindInput(R, 'quant_config', ['none', 'dict'], () => {
    const base = nameIn(R, BASE, 'QuantizationConfig')?.[0]?.v;
    const cls = base?.k === 'class' ? base : builtinClass('QuantizationConfig', undefined, 'vllm');
    // what the base class's constructor makes is there whatever the class is
    const init = (cls.scope?.body.find((s) => s.nodeType === 'FunctionDef' && s.name === '__init__')?.body ??
      []) as Node[];
    const own = (name: string): Value | undefined => {
      const s = init.find((x) => assigned(x).some((target) => target.attr === name));
      if (!s) return undefined;
      // what it holds at first, where that is written there
      const first = s.value && cls.module ? R.evaluate(entryFrame(R, cls.module.name), s.value as Node) : undefined;
      if (first?.[0]?.v.k === 'dict' || first?.[0]?.v.k === 'list') return first;
      const path = `quant_config.${name}`;
      if (!s.annotation)
        return jsonValue(
          R,
          path,
          JSON_KINDS.filter((kind) => kind !== 'missing'),
        );
      return typed(R, s.annotation as Node, cls, path);
    };
    const made: InstanceAtom = {
      ...oldInstance(cls),
      lazyFirst: true,
      isA: isA(R, 'quant_config'),
      lazy(name) {
        if (name.startsWith('__')) return undefined;
        const found = cls.mro
          .map((c) => c.scope?.body.find((s) => s.nodeType === 'FunctionDef' && s.name === name))
          .find(Boolean);
        if (!found) return own(name) ?? jsonValue(R, `quant_config.${name}`);
        if (name === METHOD) return one(native(name, (args) => methodOf(R, args, builds)));
        return one(
          native(name, () =>
            found.returns
              ? typed(R, found.returns, cls, `quant_config.${name}`)
              : one(opaque(`quant_config.${name}()`, 'quant_config')),
          ),
        );
      },
    };
    return made;
  });
}

/** The class of a layer as a part of a fact's name. */
export const layerKey = (cls: ClassAtom): string => `${cls.modname.replaceAll('.', '/')}:${cls.name}`;

/** What a statement assigns to. */
const assigned = (s: Node): readonly Node[] =>
  s.nodeType === 'AnnAssign' ? [s.target as Node] : s.nodeType === 'Assign' ? (s.targets as Node[]) : [];

/** The condition that a thing is of a class, by its name, as a fact. */
const isA =
  (R: Reader, path: string) =>
  (of: ClassAtom | OutsideAtom): Cond =>
    flagCond(R, `${path}.is.${of.name}`);

/** The method of a layer: that of a layer of attention is a fact by the layer's class, any other is not read. */
function methodOf(R: Reader, args: Args, builds: (module: string) => boolean = () => false): Value {
  const layers = args.pos[0] ?? args.kw.get('layer') ?? [];
  const base = nameIn(R, BASE, 'QuantizeMethodBase')?.[0]?.v;
  return layers.flatMap(({ g, v }) => {
    const cls = v.k === 'instance' && builds(v.cls.modname) ? v.cls : undefined;
    if (!cls || base?.k !== 'class') return [{ g, v: opaque(`${METHOD} is not read`, BASE) }];
    const path = `quant_config.method.${layerKey(cls)}`;
    const made = (): Atom => ({
      ...oldInstance(base),
      lazyFirst: true,
      isA: isA(R, path),
      // what it makes are weights
      lazy: (name) => {
        if (name.startsWith('__')) return undefined;
        // it holds the object that it was made by
        if (name === 'quant_config')
          return quantConfig(R, builds)
            .filter((a) => a.v.k === 'instance')
            .map((a) => ({ g: YES, v: a.v }));
        return one(opaque(`${name} of ${path}`, BASE));
      },
    });
    return kindInput(R, path, ['none', 'dict'], made).map((a) => ({ g: R.d.and(g, a.g), v: a.v }));
  });
}
