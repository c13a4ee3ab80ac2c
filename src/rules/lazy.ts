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
