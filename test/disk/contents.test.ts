import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { keptContents } from '../../src/disk/contents.ts';
import { keepOwnContents, laidOutText, readLaidOut } from '../../src/disk/laidout.ts';

const root = mkdtempSync(path.join(tmpdir(), 'contents-'));
afterAll(() => {
  rmSync(root, { recursive: true });
});

const fail = (cause: unknown): Error => cause as Error;

/** An object with a part that is long enough to be left in its file, a list of lines in it. */
const large = (word: string) => ({
  release: word,
  rules: {
    conditions: Array.from({ length: 3000 }, (_, n) => `${word} ${n}`),
    variables: Array.from({ length: 3000 }, (_, n) => ['=', n, [word]]),
    terms: Object.fromEntries(Array.from({ length: 900 }, (_, n) => [`term "${n}"`, { text: [word.repeat(9), n] }])),
  },
});

/** A folder of data with these files, and what is kept of them. */
function dataWith(name: string, files: Readonly<Record<string, string>>) {
  const data = path.join(root, name, 'data');
  for (const folder of ['releases', 'plugins', 'transformers']) mkdirSync(path.join(data, folder), { recursive: true });
  for (const [file, text] of Object.entries(files)) writeFileSync(path.join(data, 'releases', file), text);
  const folder = path.join(root, name, 'contents');
  const kept = keptContents(data, folder);
  keepOwnContents(kept);
  return { kept, folder, at: (file: string) => path.join(data, 'releases', file) };
}

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe('what stands where in a large file', () => {
  it('is kept, and what is read by it is what stands there', () => {
    const { kept, at } = dataWith('same', { '1.0.json': laidOutText(large('one')) });
    expect(kept.of(at('1.0.json'))).toBeDefined();
    expect(plain(readLaidOut(at('1.0.json'), fail, kept))).toEqual(large('one'));
  });

  it('is not gone by where the file is another one since, though of the same size', () => {
    const { kept, at } = dataWith('changed', { '1.0.json': laidOutText(large('one')) });
    const { mtimeMs } = statSync(at('1.0.json'));
    writeFileSync(at('1.0.json'), laidOutText({ ...large('two'), release: 'two' }));
    utimesSync(at('1.0.json'), new Date(), new Date(mtimeMs + 10));
    expect(kept.of(at('1.0.json'))).toBeUndefined();
    expect(plain(readLaidOut(at('1.0.json'), fail, kept))).toEqual(large('two'));
    keepOwnContents(kept);
    expect(plain(readLaidOut(at('1.0.json'), fail, kept))).toEqual(large('two'));
  });

  it('is not kept of a file that is laid out otherwise, holds what is not ASCII or is damaged', () => {
    const { kept, at } = dataWith('odd', {
      'flat.json': JSON.stringify(large('one')),
      'letters.json': '{\n "a": "é",\n "b": 1\n}\n',
      'damaged.json': '{\n "a\\x": 1,\n "b": 1\n}\n',
    });
    for (const file of ['flat.json', 'letters.json', 'damaged.json']) expect(kept.of(at(file))).toBeUndefined();
    expect(readLaidOut(at('letters.json'), fail, kept)['a']).toBe('é');
  });

  it('is left aside where it is damaged', () => {
    const { kept, folder, at } = dataWith('torn', { '1.0.json': laidOutText(large('one')) });
    const [own] = readdirSync(folder);
    writeFileSync(path.join(folder, own!), readFileSync(path.join(folder, own!), 'utf8').slice(0, -20));
    expect(kept.of(at('1.0.json'))).toBeUndefined();
    expect(plain(readLaidOut(at('1.0.json'), fail, kept))).toEqual(large('one'));
  });
});
