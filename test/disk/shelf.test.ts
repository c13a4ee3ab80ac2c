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

const NAMES = ['1.2.0.json', '1.2.1.json', '1.2.1.models.json', '1.3.0.json'];

/** A package whose large files lie in boxes; with its files in their folders as well, where they are given. */
async function packageWith(name: string, beside: Readonly<Record<string, string>> = {}, deepest = 1 << 20) {
  const [data, boxes] = [path.join(root, name, 'data'), path.join(root, name, 'shelf')];
  mkdirSync(boxes, { recursive: true });
  const files = new Map(Object.entries(FILES).map(([file, text]) => [file, Buffer.from(text)]));
  for (const [file, bytes] of await boxesOf(files, { quality: 1, deepest }))
    writeFileSync(path.join(boxes, file), bytes);
  for (const [file, text] of Object.entries(beside)) {
    mkdirSync(path.dirname(path.join(data, file)), { recursive: true });
    writeFileSync(path.join(data, file), text);
  }
  return { shelf: openShelf(data, boxes), at: (file: string) => path.join(data, file), boxes };
}

describe('the large files of a package', () => {
  it('are read from their boxes as they were', async () => {
    const { shelf, at } = await packageWith('installed');
    for (const [file, text] of Object.entries(FILES)) {
      expect(shelf.isThere(at(file))).toBe(true);
      expect(shelf.bytesOf(at(file)).toString()).toBe(text);
    }
    expect(shelf.namesIn(at('releases')).toSorted()).toEqual(NAMES);
    expect(shelf.namesIn(at('models'))).toEqual([]);
  });

  it('lie in one box where they are of one kind, the newest first, as far as little lies before them', async () => {
    const placesIn = async (name: string, deepest?: number) => {
      const { boxes } = await packageWith(name, {}, deepest);
      const index = JSON.parse(readFileSync(path.join(boxes, 'index.json'), 'utf8')) as Record<
        string,
        [box: string, end: number]
      >;
      return ['1.3.0', '1.2.1', '1.2.0', '1.2.1.models'].map((file) => index[`releases/${file}.json`]!);
    };
    const places = await placesIn('boxed');
    expect(new Set(places.slice(0, 3).map(([box]) => box)).size).toBe(1);
    expect(places[0]![1]).toBeLessThan(places[1]![1]);
    expect(places[1]![1]).toBeLessThan(places[2]![1]);
    expect(new Set(places.map(([box]) => box)).size).toBe(2);
    expect(new Set((await placesIn('apart', 100)).map(([box]) => box)).size).toBe(3);
  });

  it('are taken apart no further than the file that is read', async () => {
    const { shelf, at, boxes } = await packageWith('cut');
    const index = JSON.parse(readFileSync(path.join(boxes, 'index.json'), 'utf8')) as Record<string, [string, number]>;
    const [box, end] = index['releases/1.3.0.json']!;
    writeFileSync(path.join(boxes, box), readFileSync(path.join(boxes, box)).subarray(0, end));
    expect(shelf.bytesOf(at('releases/1.3.0.json')).toString()).toBe(FILES['releases/1.3.0.json']);
  });

  it('are those of their folder alone where that is there', async () => {
    const { shelf, at } = await packageWith('copy', { 'releases/1.2.0.json': 'mine' });
    expect(shelf.namesIn(at('releases'))).toEqual(['1.2.0.json']);
    expect(shelf.bytesOf(at('releases/1.2.0.json')).toString()).toBe('mine');
    expect(shelf.isThere(at('releases/1.3.0.json'))).toBe(false);
    expect(() => shelf.bytesOf(at('releases/1.3.0.json'))).toThrow(/ENOENT/);
  });
});
