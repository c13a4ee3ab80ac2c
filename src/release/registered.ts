/** The backends that a release's registry names, and the classes that these names stand for. */
import { nameIn } from '../python/index.ts';
import type { ClassAtom, InstanceAtom, Reader } from '../python/index.ts';
import { ask, callNamed, firstModule } from './asking.ts';
import { REGISTRY } from './pluginstart.ts';

/** The class of a backend, and how the registry calls it. */
export interface Registered {
  readonly name: string;
  readonly cls: ClassAtom;
}

/** The members of the registry of backends; none where the tree has no registry. */
export function registryMembers(R: Reader): readonly InstanceAtom[] {
  const module = firstModule(R, REGISTRY);
  const cls = module ? nameIn(R, module, 'AttentionBackendEnum')?.[0]?.v : undefined;
  return cls?.k === 'class' ? (cls.enumMembers ?? []) : [];
}

/** The class that a member stands for, asked for in a module; none where the tree does not hold it. */
export function listedClass(R: Reader, module: string, member: InstanceAtom): readonly Registered[] {
  const { value } = ask(R, module, (f) => callNamed(R, f, member, 'get_class'));
  const cls = value.find((a) => a.v.k === 'class')?.v;
  return cls?.k === 'class' ? [{ name: member.member!, cls }] : [];
}
