import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { root, sourceFiles } from './rooms.ts';

/*
 * No backend, GPU, model or vLLM version is named under src/, neither in code nor in a comment nor in a help text:
 * they are facts, facts live in data/, and so do the examples that a face shows.
 */

const data = path.join(root, 'data');
const files = sourceFiles();

const jsonFiles = (folder: string): string[] =>
  existsSync(path.join(data, folder))
    ? readdirSync(path.join(data, folder), { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith('.json'))
        .map((file) => path.join(data, folder, file))
    : [];
const read = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));

/** Every text under one of these keys, however deep. */
function textsUnder(value: unknown, keys: readonly string[], inside = false): string[] {
  if (typeof value === 'string') return inside ? [value] : [];
  if (Array.isArray(value)) return value.flatMap((item) => textsUnder(item, keys, inside));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => textsUnder(item, keys, inside || keys.includes(key)));
}

const escape = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);

/** Where one of these names stands as a whole word. */
function found(names: Iterable<string>): string[] {
  // Longest first, so that a hit is reported by its full name.
  const all = [...new Set(names)].filter((name) => /[A-Za-z]/.test(name)).toSorted((a, b) => b.length - a.length);
  if (all.length === 0) return [];
  return matches(new RegExp(String.raw`(?<![\w-])(?:${all.map(escape).join('|')})(?![\w-])`, 'g'));
}

function matches(pattern: RegExp): string[] {
  return files.flatMap(({ file, text }) =>
    text
      .split('\n')
      .flatMap((line, index) => [...line.matchAll(pattern)].map((match) => `${file}:${index + 1} ${match[0]}`)),
  );
}

describe('src names no fact of data/', () => {
  const releases = jsonFiles('releases').filter((file) => !file.endsWith('.models.json'));
  const gpus = path.join(data, 'gpus.json');
  const models = jsonFiles('models');

  it('no version of vLLM', () => {
    expect(matches(/\b0\.\d+\.\d+\b/g)).toEqual([]);
  });

  it('no backend', () => {
    // the oldest release has no registry of them
    expect(new Set(releases.flatMap(backends)).size).toBeGreaterThan(50);
    expect(found(releases.flatMap(backends))).toEqual([]);
  });

  it('no GPU', () => {
    const names = textsUnder(read(gpus), ['name', 'names', 'nvml', 'aliases']);
    expect(names).not.toEqual([]);
    expect(found(names)).toEqual([]);
  });

  it('no model and no architecture', () => {
    const names = models.map((file) => path.relative(path.join(data, 'models'), file).replace(/\.json$/, ''));
    const architectures = models.flatMap((file) => textsUnder(read(file), ['architectures']));
    expect(architectures).not.toEqual([]);
    expect(found([...names, ...names.map((name) => path.basename(name)), ...architectures])).toEqual([]);
  });
});

/** The backends a release names: the members of its registries of backends. */
function backends(file: string): string[] {
  const { backends: list } = read(file) as { backends?: readonly unknown[] | Record<string, unknown> };
  if (list === undefined) return [];
  return Array.isArray(list)
    ? [...list.filter((item) => typeof item === 'string'), ...textsUnder(list, ['name'])]
    : Object.keys(list);
}
