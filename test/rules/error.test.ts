import { describe, expect, it } from 'vitest';
import { WhichattnError } from '../../src/rules/error.ts';

describe('WhichattnError', () => {
  it('says what, where, why, what was meant and what to do, in this order', () => {
    const error = new WhichattnError({
      code: 'unknown-flag',
      what: 'Unknown flag --blok-size',
      where: 'command line, word 4',
      why: 'This release has no such flag.',
      todo: 'Correct the flag.',
      suggestions: ['--block-size', '--dtype'],
    });
    expect(error.message.split('\n')).toEqual([
      'Unknown flag --blok-size (command line, word 4)',
      'This release has no such flag.',
      'Did you mean --block-size or --dtype?',
      'Correct the flag.',
    ]);
  });

  it('is an Error with a stable code and its cause', () => {
    const cause = new Error('behind');
    const error = new WhichattnError({ code: 'bad-json', what: 'Not JSON', cause });
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({
      name: 'WhichattnError',
      code: 'bad-json',
      message: 'Not JSON',
      suggestions: [],
      cause,
    });
    expect('cause' in new WhichattnError({ code: 'bad-json', what: 'Not JSON' })).toBe(false);
  });

  it('turns into JSON without absent parts', () => {
    const json = (parts: ConstructorParameters<typeof WhichattnError>[0]): unknown =>
      JSON.parse(JSON.stringify(new WhichattnError(parts)));
    expect(json({ code: 'a', what: 'b' })).toEqual({ code: 'a', what: 'b' });
    const whole = { code: 'a', what: 'b', why: 'c', todo: 'd', where: 'e', suggestions: ['f'] };
    expect(json(whole)).toEqual(whole);
  });
});
