import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { flagsIn } from '../../src/cli/configfile.ts';
import { type ConfigFileRules, expandFile, namedFile } from '../../src/engine/index.ts';

/** A release that takes flags from files as most do. */
const RULES: ConfigFileRules = {
  words: {
    true: ['--{key}'],
    false: [],
    known: ['--no-{key}'],
    text: ['--{key}', '{text}'],
    number: ['--{key}', '{text}'],
    none: ['--{key}', '{text}'],
    list: ['--{key}', '{items}'],
    empty: [],
    dict: ['--{key}', '{json}'],
  },
  lines: { model: ['{model}', '{file}', '{before}', '{after}'], file: ['{file}', '{before}', '{after}'] },
  errors: {
    model: { type: 'ValueError', text: 'No model' },
    extension: { type: 'ValueError', text: 'not {extension}' },
  },
  extensions: ['yaml', 'yml'],
};

const words = (text: string, argv: readonly string[], direct = false): unknown =>
  expandFile(RULES, argv, flagsIn(text, 'f.yaml'), { direct, options: ['--no-a'] });

describe('a file of flags', () => {
  it('stands behind the model and before the flags of the line, which count more', () => {
    expect(words('a: 1\n', ['m', '--b', '--config', 'f.yaml', '-c'])).toEqual({ argv: ['m', '--a', '1', '--b', '-c'] });
    expect(words('a: 1\n', ['--b', '--config', 'f.yaml', '--model', 'm'])).toEqual({ argv: ['m', '--a', '1', '--b'] });
  });

  it('may name the model, and one of the line counts more', () => {
    expect(words('model: own\n', ['--config', 'f.yaml'])).toEqual({ argv: ['--model', 'own'] });
    expect(words('model: own\na: x\n', ['m', '--config', 'f.yaml'])).toEqual({ argv: ['m', '--a', 'x'] });
    expect(words('a: x\n', ['--config', 'f.yaml'])).toMatchObject({ refusal: { text: 'No model' } });
  });

  it('takes what is off as not said, unless the parser that reads it knows the flag', () => {
    expect(words('a: off\n', ['m', '--config', 'f.yaml'])).toEqual({ argv: ['m'] });
    expect(words('a: off\n', ['m', '--config', 'f.yaml'], true)).toEqual({ argv: ['m', '--no-a'] });
  });

  it('holds numbers, lists and objects as PyYAML reads and Python prints them', () => {
    const text = 'a: 010\nb: 1e3\nc: 1.0\nd: ~\ne: [x, 2, no]\nf: {k: {l: 0x1F}, m: é}\ng: "yes"\nh: 1:30\n';
    expect(words(text, ['m', '--config', 'f.yaml'])).toEqual({
      argv: ['m', '--a', '8', '--b', '1e3', '--c', '1.0', '--d', 'None', '--e', 'x', '2', 'False'].concat([
        '--f',
        String.raw`{"k": {"l": 31}, "m": "\u00e9"}`,
        '--g',
        'yes',
        '--h',
        '90',
      ]),
    });
  });

  it('has to end as the release wants it', () => {
    expect(namedFile(RULES, ['m', '--config', 'f.json'])).toMatchObject({ refusal: { text: 'not json' } });
    expect(namedFile(RULES, ['m', '--config=f.json'])).toBeUndefined();
  });

  it('is one clear error where it stands for more than any line has', () => {
    const bomb = `a: &a [x]\n${[...'bcdefghij'].map((c, i) => `${c}: &${c} [${`*${'abcdefghi'[i]},`.repeat(9)}]`).join('\n')}`;
    for (const text of [bomb, 'a: &a [*a]', `a: ${'['.repeat(5000)}${']'.repeat(5000)}`, '', '- a', '1: 2', 'a: ['])
      expect(() => flagsIn(text, 'f.yaml'), text.slice(0, 20)).toThrow(
        expect.objectContaining({ code: 'bad-config-file' }) as Error,
      );
  });

  it('never fails but with an error of ours', () => {
    const letters = fc.string({ unit: fc.constantFrom(...'ab:-[]{}&*!|>#"\' \n1.') });
    const codes = fc.sample(letters, { numRuns: 300, seed: 1 }).map((text) => {
      try {
        return flagsIn(text, 'f.yaml') instanceof Map ? 'flags' : 'something else';
      } catch (error) {
        return (error as { code?: string }).code ?? 'another error';
      }
    });
    expect([...new Set(codes)].toSorted()).toEqual(['bad-config-file', 'flags']);
  });
});
