/** Attributes, classes and instances: what `x.name` means, how a class statement makes a class, how calling it makes an object. */
import { type ClassAtom, type Value, type InstanceAtom, fresh } from './values.ts';
import { type Reader, reading } from './reader.ts';
import { settle } from './modules.ts';

export const namedFields = (cls: ClassAtom): string[] => {
  for (const c of cls.mro) {
    const fields = c.attrs.get('_fields')?.[0]?.v;
    if (fields?.k === 'tuple') return fields.items.map((i) => (i[0]!.v as { s: string }).s);
  }
  return [];
};

/** Where in the resolution order a class attribute stands, and its raw value. */
export function findInClass(R: Reader, cls: ClassAtom, name: string): { value: Value; owner: ClassAtom } | undefined {
  for (const c of cls.mro) {
    const value = ownClassAttr(R, c, name);
    if (value) return { value, owner: c };
  }
  return undefined;
}

/** An attribute that the class body itself (not a base) defines; of a dataclass field, its default. */
export function ownClassAttr(R: Reader, c: ClassAtom, name: string): Value | undefined {
  const value = rawClassAttr(R, c, name);
  const v = c.dataclass && value?.length === 1 ? value[0]!.v : undefined;
  if (v?.k !== 'instance' || !isField(v.cls)) return value;
  const given = v.attrs.get('default');
  const none = given?.[0]?.v;
  return none?.k === 'outside' && /^(dataclasses\.MISSING|PydanticUndefined)$/.test(none.name) ? undefined : given;
}

/** What `field()` and pydantic's `Field()` make. */
export const isField = (cls: ClassAtom): boolean =>
  (cls.name === 'Field' && cls.modname === 'dataclasses') ||
  (cls.name === 'FieldInfo' && cls.modname === 'pydantic.fields');

/** The same, with the objects that describe fields as they are. */
export function rawClassAttr(R: Reader, c: ClassAtom, name: string): Value | undefined {
  const set = c.attrs.get(name);
  if (set) {
    reading(R, c);
    return set;
  }
  if (!c.scope) return undefined;
  settle(R, c.scope, name);
  return c.scope.vars.get(name);
}

export const newInstance = (cls: ClassAtom): InstanceAtom => ({
  id: fresh(),
  k: 'instance',
  cls,
  attrs: new Map(),
  version: 0,
});

/** Is an attribute of an object one that its class works out when it is asked for? */
export const isWorkedOut = (R: Reader, of: InstanceAtom, name: string): boolean =>
  findInClass(R, of.cls, of.rename?.(name) ?? name)?.value.some(
    ({ v }) => v.k === 'property' || v.k === 'cachedproperty',
  ) ?? false;
