/** The backend that a call of the selector gives while a model is built: what is known of it before it is chosen. */
import { findInClass, kindInput, nameIn, native, one, opaque, placeOf } from '../python/index.ts';
import type { Atom, ClassAtom, FuncAtom, InstanceAtom, Reader, Value } from '../python/index.ts';
import { NO, YES } from '../rules/index.ts';
import type { Cond } from '../rules/index.ts';
import { ask, callNamed } from './asking.ts';
import { typed } from './records.ts';
import { listedClass, registryMembers } from './registered.ts';
import { IMPLEMENTATION, implementationClass } from './selectedimpl.ts';

/**
 * The backend class that a call of the selector gives: what it says of itself are facts `selected.<call>.<method>`, by the
 * annotations of the classes' common base; the flags of its implementation are facts `selected.<call>.impl.<name>`. Of the class of its
 * builder it is known what all builders are; everything else is not read here.
 */
export function chosen(R: Reader, selector: string, id: number, fn: string): Atom {
  const base = fn === 'get_attn_backend' ? baseClass(R, selector, fn) : undefined;
  const cls = R.builtin('object')![0]!.v as ClassAtom;
  const path = `selected.${id}`;
  const lazy = (name: string): Value | undefined => {
    if (name === '__name__') return kindInput(R, `${path}.${name}`, ['str']);
    if (name.startsWith('__') && name !== '__call__') return undefined;
    const found = base && findInClass(R, base, name)?.value[0]?.v;
    const method = found && 'fn' in found && Array.isArray(found.fn) ? (found.fn as Value)[0]?.v : found;
    const returns = method?.k === 'func' ? method.node.returns : undefined;
    const simple =
      returns &&
      ['Name', 'Constant'].includes(returns.nodeType) &&
      ['bool', 'str', 'int'].includes(returns.id as string);
    if (method?.k === 'func' && simple)
      return one(native(name, () => typed(R, returns, method.owner ?? base!, `${path}.${name}`)));
    const implementation = base && name === IMPLEMENTATION ? implementationClass(R, base, path) : undefined;
    if (implementation) return one(native(name, () => one(implementation)));
    if (base && name === BUILDER) return one(native(name, () => one(builderOf(R, selector))));
    return one(opaque(`${name} of the selected backend`, R.frame ? placeOf(R.frame) : ''));
  };
  calls.set(lazy, String(id));
  return { id: nextId(), k: 'instance', cls, attrs: new Map(), version: 0, lazy, lazyFirst: true };
}

const BUILDER = 'get_builder_cls';

/** The class of the builder: it is derived from a class where the builders of all backends are that the registry names. */
function builderOf(R: Reader, selector: string): Atom {
  const place = R.frame ? placeOf(R.frame) : '';
  return { ...opaque(`${BUILDER} of the selected backend`, place), derives: (of) => allDerive(R, selector, of) };
}

/** YES where the builder of every backend is derived from a class, else NO: then nothing is said. */
function allDerive(R: Reader, selector: string, of: ClassAtom): Cond {
  const backends = registryMembers(R).flatMap((member) => listedClass(R, selector, member));
  const is = ({ cls }: (typeof backends)[number]): boolean => {
    const { value } = ask(R, selector, (f) => callNamed(R, f, cls, BUILDER));
    return value.length > 0 && value.every(({ v }) => v.k === 'class' && v.mro.includes(of));
  };
  return backends.length > 0 && backends.every(is) ? YES : NO;
}

/** The calls that gave backends, by what says the facts of these. */
const calls = new WeakMap<object, string>();

/** The call whose backend another one is made of. */
export const wrappedCall = ({ lazy, derived }: InstanceAtom): string | undefined =>
  lazy && derived ? calls.get(lazy) : undefined;

const nextId = (): number => opaque('', '').id;

/** The common base of the classes that a function of the selector gives, as its annotation names it. */
export function baseClass(R: Reader, selector: string, fn: string): ClassAtom | undefined {
  const f = nameIn(R, selector, fn)?.[0]?.v as FuncAtom | undefined;
  const returns = f?.node.returns as { slice?: { id?: string } } | undefined;
  const name = returns?.slice?.id;
  const v = name ? nameIn(R, selector, name)?.[0]?.v : undefined;
  return v?.k === 'class' ? v : undefined;
}
