import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { listReleases, readRelease, releaseText } from '../../src/disk/index.ts';
import { unpackRules } from '../../src/rules/index.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'releases-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});
const written = (name: string, text: string): string => {
  const file = path.join(folder, name);
  writeFileSync(file, text);
  return file;
};

describe('the file of a release', () => {
  const { file } = listReleases().find(({ own }) => own)!;
  const text = releaseText(JSON.parse(readFileSync(file, 'utf8')) as ReturnType<typeof readRelease>);

  it('is written as it was read, part by part or whole', () => {
    expect(releaseText(readRelease(file)) === text).toBe(true);
    expect(releaseText(readRelease(written('again.json', text))) === text).toBe(true);
    const dense = written('dense.json', JSON.stringify(JSON.parse(text)));
    expect(releaseText(readRelease(dense)) === text).toBe(true);
  });

  it('says what is wrong with a part when the part is asked for', () => {
    const broken = written(
      'broken.json',
      text.replace(/^ "backends": \[\n/m, (line) => `${line}[`),
    );
    const read = readRelease(broken);
    expect(read.release).toBe(JSON.parse(text).release);
    expect(() => read.backends).toThrow('cannot be read');
  });

  it('says of a line of conditions that it has another number of them than the others', () => {
    const short = written(
      'short.json',
      text.replaceAll(/("conditions": \[\n"[^\n]*\n)"[^"]*",/g, (_, first: string) => first),
    );
    const rules = Object.values(readRelease(short).selection).find(({ conditions }) => conditions.length > 32)!;
    expect(() => rules.conditions[17]).toThrow('cannot be read');
  });

  it('is refused where it is none', () => {
    expect(() => readRelease(written('list.json', '[]'))).toThrow('no release');
    expect(() => readRelease(written('half.json', text.slice(0, 200)))).toThrow('cannot be read');
    for (const part of ['release', 'selection', 'backends', 'requirements'])
      expect(() => readRelease(written('renamed.json', text.replace(`"${part}":`, '"other":')))).toThrow(
        `It has no ${part}`,
      );
  });

  it('is refused where a member is of another shape, and so are rules', () => {
    const whole = JSON.parse(text) as Record<string, object>;
    const shaped = (name: string, part: object): string => written(name, JSON.stringify({ ...whole, ...part }));
    expect(() => readRelease(shaped('none.json', { requirements: null }))).toThrow('Its requirements is no object');
    expect(() => readRelease(shaped('inner.json', { requirements: { one: null } }))).toThrow('holds what is none');
    expect(() => readRelease(shaped('listed.json', { selection: [] }))).toThrow('Its selection is no object');
    const read = readRelease(shaped('number.json', { selection: { one: 5 } }));
    expect(() => unpackRules(read.selection['one']!)).toThrow('The rules are damaged');
  });

  it('says that a rule set in it is not whole when it is taken apart', () => {
    const read = readRelease(written('renamed.json', text.replaceAll('"conditions":', '"conditios":')));
    expect(() => unpackRules(Object.values(read.selection)[0]!)).toThrow('The rules are damaged');
  });
});
