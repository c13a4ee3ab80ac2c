/** Objects whose members are made when they are asked for: of a large one a question needs few. */

/** An object of these names; each member is made once. `make` gives undefined for a name that is not there. */
export function lazyRecord<T>(
  names: () => readonly string[],
  make: (name: string) => T | undefined,
): Record<string, T> {
  const get = (made: Record<string, T>, name: string | symbol): T | undefined => {
    if (typeof name === 'symbol') return undefined;
    if (Object.hasOwn(made, name)) return made[name];
    const value = make(name);
    if (value !== undefined) made[name] = value;
    return value;
  };
  return new Proxy<Record<string, T>>(Object.create(null) as Record<string, T>, {
    get,
    has: (made, name) => get(made, name) !== undefined,
    ownKeys: () => [...names()],
    getOwnPropertyDescriptor(made, name) {
      const value = get(made, name);
      return value === undefined ? undefined : { value, enumerable: true, configurable: true, writable: true };
    },
  });
}

/** The names of an object's members; none of them is made. */
export const namesOf = (of: object): string[] => Reflect.ownKeys(of).filter((name) => typeof name === 'string');

/** The lines of lists whose items are made of lines. */
const linesOf = new WeakMap<object, readonly string[]>();
const itemsOf = new WeakMap<object, (n: number) => unknown>();

/** A list each of whose items is made of a line when it is asked for, and once. */
export function lazyList<T>(lines: readonly string[], make: (line: string) => T): readonly T[] {
  const made: T[] = [];
  const item = (n: number): T | undefined => {
    const line = lines[n];
    return line === undefined ? undefined : (made[n] ??= make(line));
  };
  const list = new Proxy(lines as readonly unknown[] as readonly T[], {
    get(of, key, receiver) {
      const n = typeof key === 'string' ? Number(key) : NaN;
      return Number.isInteger(n) ? item(n) : (Reflect.get(of, key, receiver) as unknown);
    },
  });
  linesOf.set(list, lines);
  itemsOf.set(list, item);
  return list;
}

/**
 * A list of which the same number of items stand in each line but the last, made when one of them is asked for. Throws what
 * `wrong` gives for a line that has another number of them.
 */
export function lazyRows<T>(
  lines: readonly string[],
  make: (line: string) => readonly T[],
  wrong: (line: string) => Error,
): readonly T[] {
  const made: (readonly T[])[] = [];
  const last = lines.length - 1;
  const width = make(lines[0]!).length;
  const rowAt = (row: number): readonly T[] => {
    const items = make(lines[row]!);
    if (items.length === width || (row === last && items.length < width)) return items;
    throw wrong(lines[row]!);
  };
  const length = last * width + rowAt(last).length;
  const item = (n: number): T | undefined => {
    if (!(n >= 0 && n < length)) return undefined;
    const row = Math.floor(n / width);
    return (made[row] ??= rowAt(row))[n - row * width];
  };
  const list = new Proxy<readonly T[]>([], {
    get(of, key, receiver) {
      if (key === 'length') return length;
      const n = typeof key === 'string' ? Number(key) : NaN;
      return Number.isInteger(n) ? item(n) : (Reflect.get(of, key, receiver) as unknown);
    },
    has: (of, key) => (typeof key === 'string' && item(Number(key)) !== undefined) || Reflect.has(of, key),
  });
  itemsOf.set(list, item);
  return list;
}

/** The lines that a list is made of; undefined where it is not. */
export const linesBehind = (list: readonly unknown[]): readonly string[] | undefined => linesOf.get(list);

/** How the items of a list are read: what `list[n]` is, at less cost. */
export const reader = <T>(list: readonly T[]): ((n: number) => T | undefined) =>
  (itemsOf.get(list) as ((n: number) => T | undefined) | undefined) ?? ((n) => list[n]);
