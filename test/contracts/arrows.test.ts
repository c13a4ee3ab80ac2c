import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { importsOf, root, rooms, sourceFiles, src, type Room } from './rooms.ts';

const files = sourceFiles();

interface Tsconfig {
  readonly extends?: string;
  readonly compilerOptions?: { readonly types?: readonly string[]; readonly lib?: readonly string[] };
  readonly references?: readonly { readonly path: string }[];
}
const tsconfig = (folder: string): Tsconfig =>
  JSON.parse(readFileSync(path.join(root, folder, 'tsconfig.json'), 'utf8')) as Tsconfig;

/** What is wrong with one import of one file of a room; undefined if nothing is. */
function wrong(file: string, name: string, room: Room, spec: string): string | undefined {
  if (spec.startsWith('node:')) return room.node ? undefined : `${file}: ${name} is pure, yet imports ${spec}`;
  if (!spec.startsWith('.')) {
    const parts = spec.split('/');
    const bare = spec.startsWith('@') ? parts.slice(0, 2).join('/') : parts[0];
    return room.packages.includes(bare ?? '') ? undefined : `${file}: ${name} may not import the package ${spec}`;
  }
  if (!spec.endsWith('.ts')) return `${file}: write the .ts of ${spec}`;
  const target = path.posix.join(path.posix.dirname(file), spec);
  const [top, other] = target.split('/');
  if (top !== 'src') return `${file}: ${spec} lies outside src`;
  if (other === name) return undefined;
  if (other === undefined || !room.rooms.includes(other)) return `${file}: no arrow from ${name} to ${other}`;
  return target === `src/${other}/index.ts` ? undefined : `${file}: enter ${other} by its index.ts, not ${spec}`;
}

describe('the arrows between rooms', () => {
  it('knows every folder under src, and no other', () => {
    expect(readdirSync(src).toSorted()).toEqual(Object.keys(rooms).toSorted());
  });

  it('has no cycle', () => {
    const reach = (name: string): string[] => (rooms[name]?.rooms ?? []).flatMap((next) => [next, ...reach(next)]);
    for (const name of Object.keys(rooms)) expect(reach(name)).not.toContain(name);
  });

  it.each(Object.entries(rooms))('%s: its tsconfig refers to the rooms it may import', (name, room) => {
    const { references, compilerOptions, extends: base } = tsconfig(`src/${name}`);
    expect(base).toBe('../../tsconfig.base.json');
    expect(references?.map((reference) => path.basename(reference.path)).toSorted()).toEqual(room.rooms.toSorted());
    expect(compilerOptions?.types).toEqual(room.node ? ['node'] : []);
    expect(compilerOptions?.lib).toBeUndefined();
  });

  it('gives no room the types of a browser', () => {
    const base = JSON.parse(readFileSync(path.join(root, 'tsconfig.base.json'), 'utf8')) as Tsconfig;
    expect(base.compilerOptions).toMatchObject({ lib: ['es2023'], types: [] });
  });

  it('builds every room', () => {
    const built = tsconfig('.').references?.map((reference) => reference.path);
    expect(built).toEqual(expect.arrayContaining(Object.keys(rooms).map((name) => `src/${name}`)));
  });

  it.each(Object.entries(rooms))('%s: its files import what it may', (name, room) => {
    const own = files.filter((file) => file.room === name);
    expect(own).not.toEqual([]);
    expect(
      own.flatMap(({ file, text }) =>
        importsOf(text)
          .map((spec) => wrong(file, name, room, spec))
          .filter(Boolean),
      ),
    ).toEqual([]);
  });
});

describe('what keeps the rooms small', () => {
  it.each(Object.keys(rooms))('%s: index.ts opens with what it answers and what it must not know', (name) => {
    const text = readFileSync(path.join(src, name, 'index.ts'), 'utf8');
    expect(text).toMatch(/^\/\*\*\n \* Answers [^]*?\.\n \* Must not [^]*?\.\n \*\/\n/);
  });

  it('has no other barrel: re-exports stand in index.ts alone', () => {
    const barrels = files.filter(
      ({ file, text }) =>
        !file.endsWith('/index.ts') && /^export\s+(?:type\s+)?(?:\*(?:\s+as\s+\w+)?|\{[^}]*\})\s*from\b/m.test(text),
    );
    expect(barrels.map(({ file }) => file)).toEqual([]);
    expect(files.filter(({ file }) => file.endsWith('/index.ts')).map(({ file }) => file.split('/').length)).toEqual(
      Object.keys(rooms).map(() => 3),
    );
  });

  it('has no utils, helpers or common', () => {
    expect(files.map(({ file }) => file).filter((file) => /\b(utils?|helpers?|common|misc)\b/.test(file))).toEqual([]);
  });

  it('says why wherever it sets a rule of the linter aside', () => {
    // A file over 300 lines or a function over 40 is such a place.
    const silent = files.flatMap(({ file, text }) =>
      [...text.matchAll(/\b(?:oxlint|eslint)-disable(?!.* -- \S).*|@ts-(?:ignore|nocheck|expect-error)\s*$/gm)].map(
        (match) => `${file}: ${match[0]}`,
      ),
    );
    expect(silent).toEqual([]);
  });

  it('has no class but errors and owners of a resource, which say so', () => {
    const bare = files.flatMap(({ file, text }) =>
      [...text.matchAll(/^(?:export )?(?:abstract )?class (\w+)( extends (?:Error|WhichattnError)\b)?/gm)]
        .filter((match) => match[2] === undefined && !/\bOwns\b[^]{0,400}$/.test(text.slice(0, match.index)))
        .map((match) => `${file}: ${match[1]}`),
    );
    expect(bare).toEqual([]);
  });
});

describe('the package', () => {
  const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
    devDependencies: Record<string, string>;
    scripts: Record<string, string>;
  };

  it('pins every dependency exactly', () => {
    const loose = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies }).filter(
      ([, version]) => !/^\d+\.\d+\.\d+$/.test(version),
    );
    expect(loose).toEqual([]);
  });

  it('names no registry in its lock file', () => {
    expect(readFileSync(path.join(root, 'package-lock.json'), 'utf8')).not.toMatch(/"resolved"/);
  });

  it('has every optional dependency in its lock file, so that npm ci works on every platform', () => {
    const { packages } = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, { optionalDependencies?: Record<string, string> }>;
    };
    const wanted = Object.values(packages).flatMap((entry) => Object.keys(entry.optionalDependencies ?? {}));
    expect(wanted).not.toEqual([]);
    expect(wanted.filter((name) => packages[`node_modules/${name}`] === undefined)).toEqual([]);
  });

  it('gives each runtime dependency to a room', () => {
    const used = new Set(Object.values(rooms).flatMap((room) => room.packages));
    expect(Object.keys(manifest.dependencies).toSorted()).toEqual([...used].toSorted());
  });

  it('has the files its scripts name', () => {
    const named = Object.values(manifest.scripts).flatMap((line) => line.match(/\bdist\/scripts\/[\w-]+\.js/g) ?? []);
    const absent = named.filter(
      (file) => !existsSync(path.join(root, file.replace('dist/', '').replace(/\.js$/, '.ts'))),
    );
    expect(absent).toEqual([]);
  });
});
