import { describe, expect, it } from 'vitest';
import { buildLayers } from '../../src/engine/index.ts';
import { createMachine, NO, UNKNOWN, YES } from '../../src/rules/index.ts';
import type { Cond, Facts, Term } from '../../src/rules/index.ts';

/*
 * How the building of a model is played, with rules made for it.
 */

const PLACES = ['layer.py:1', 'model.py:2'];

/** What building comes to where these things happen, in order, and facts say so. */
function built(rows: readonly (readonly [Cond, Readonly<Record<string, Term>>, number])[], facts: Facts['get']) {
  const machine = createMachine({
    variables: [{ choice: 'env.STRICT', of: [false, true] }],
    nodes: [[0, NO, 1, YES, 1]],
    places: PLACES,
    terms: { events: { list: rows.map(([g, record, place]) => [g, { record }, [place]] as const) } },
  });
  return buildLayers(machine, { get: facts });
}

const STRICT: Cond = 2;
const asked = (g: Cond) => [g, { later: 'RuntimeError', text: 'not in this mode' }, 0] as const;
const raised = [YES, { raise: 'ValueError', text: 'no such shape' }, 1] as const;

describe('what a layer raises when it is asked once all layers are built', () => {
  it('ends the start where building itself raises nothing', () => {
    expect(built([asked(STRICT)], () => true).error).toEqual({
      type: 'RuntimeError',
      text: 'not in this mode',
      place: 'layer.py:1',
      later: true,
    });
    expect(built([asked(STRICT)], () => false).error).toBeUndefined();
  });

  it('comes after everything that building raises', () => {
    expect(built([asked(YES), raised], () => true).error?.type).toBe('ValueError');
  });

  it('is open where it depends on what is unknown', () => {
    const { error, open } = built([asked(STRICT)], () => undefined);
    expect(error).toBeUndefined();
    expect(open).toMatchObject([{ type: 'RuntimeError', needs: ['env.STRICT'] }]);
  });
});

describe('a loop of which it is unknown how many turns it makes', () => {
  const input = (name: string): Term => ({ expr: { op: 'input', name } });
  const loop = {
    loop: '@0',
    count: input('turns'),
    states: {
      record: {
        'state.1': {
          record: {
            first: 'auto',
            next: {
              pick: [
                [STRICT, 'strict'],
                [3, input('state.1')],
              ],
            },
          },
        },
      },
    },
    events: { list: [] },
  } as unknown as Readonly<Record<string, Term>>;
  const said = (facts: Facts['get']): unknown => {
    const machine = createMachine({
      variables: [{ choice: 'env.STRICT', of: [false, true] }],
      nodes: [
        [0, NO, 1, YES, 1],
        [0, YES, 1, NO, 1],
      ],
      places: PLACES,
      terms: {
        events: {
          list: [
            [YES, { record: loop }, [0]],
            [YES, { record: { raise: 'ValueError', text: input('state.1') } }, [1]],
          ],
        },
      },
    } as unknown as Parameters<typeof createMachine>[0]);
    return buildLayers(machine, { get: facts }).error?.text;
  };

  it('leaves what every turn leaves as it was', () => {
    expect(said(() => false)).toBe('auto');
  });

  it('leaves what is unknown where a turn may change it', () => {
    expect(said((name) => name === 'env.STRICT' || undefined)).toBe(UNKNOWN);
    expect(said(() => undefined)).toBe(UNKNOWN);
  });

  it('leaves what as many turns as there are make of it where that is known', () => {
    expect(said((name) => (name === 'turns' ? 2 : true))).toBe('strict');
    expect(said((name) => (name === 'turns' ? 0 : true))).toBe('auto');
  });
});
