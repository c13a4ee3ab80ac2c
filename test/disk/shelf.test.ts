import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { boxesOf, openShelf } from '../../src/disk/shelf.ts';

const root = mkdtempSync(path.join(tmpdir(), 'shelf-'));
afterAll(() => {
  rmSync(root, { recursive: true });
});

const FILES: Readonly<Record<string, string>> = {
  'releases/1.2.0.json': '{"release": "1.2.0"}\n'.repeat(50),
  'releases/1.2.1.json': '{"release": "1.2.1"}\n'.repeat(50),
  'releases/1.2.1.models.json': '{"models": true}\n',
  'releases/1.3.0.json': 'é is two bytes\n',
  'plugins/1.2.0+some-plug-in-1.0.json': '{}\n',
};

/** A package whose large files lie in boxes; with its files in their folders as well, where they are given. */
function packageWith(name: string, beside: Readonly<Record<string, string>> = {}) {
  const [data, boxes] = [path.join(root, name, 'data'), path.join(root, name, 'shelf')];
  mkdirSync(boxes, { recursive: true });
  const files = new Map(Object.entries(FILES).map(([file, text]) => [file, Buffer.from(text)]));
  for (const [file, bytes] of boxesOf(files, 1)) writeFileSync(path.join(boxes, file), bytes);
  for (const [file, text] of Object.entries(beside)) {
    mkdirSync(path.dirname(path.join(data, file)), { recursive: true });
    writeFileSync(path.join(data, file), text);
  }
  return { shelf: openShelf(data, boxes), at: (file: string) => path.join(data, file), boxes };
}

describe('the large files of a package', () => {
  it('are read from their boxes as they were', () => {
    const { shelf, at } = packageWith('installed');
    for (const [file, text] of Object.entries(FILES)) {
      expect(shelf.isThere(at(file))).toBe(true);
      expect(shelf.bytesOf(at(file)).toString()).toBe(text);
    }
    expect(shelf.namesIn(at('releases'))).toEqual(['1.2.0.json', '1.2.1.json', '1.2.1.models.json', '1.3.0.json']);
    expect(shelf.namesIn(at('models'))).toEqual([]);
  });

  it('lie in one box where the last number of a release alone differs', () => {
    const { boxes } = packageWith('boxed');
    const index = JSON.parse(readFileSync(path.join(boxes, 'index.json'), 'utf8')) as Record<string, [string]>;
    const boxOf = (name: string): string => index[`releases/${name}`]![0];
    expect(boxOf('1.2.0.json')).toBe(boxOf('1.2.1.json'));
    expect(new Set([boxOf('1.2.0.json'), boxOf('1.2.1.models.json'), boxOf('1.3.0.json')]).size).toBe(3);
  });

  it('are those of their folder alone where that is there', () => {
    const { shelf, at } = packageWith('copy', { 'releases/1.2.0.json': 'mine' });
    expect(shelf.namesIn(at('releases'))).toEqual(['1.2.0.json']);
    expect(shelf.bytesOf(at('releases/1.2.0.json')).toString()).toBe('mine');
    expect(shelf.isThere(at('releases/1.3.0.json'))).toBe(false);
    expect(() => shelf.bytesOf(at('releases/1.3.0.json'))).toThrow(/ENOENT/);
  });
});
