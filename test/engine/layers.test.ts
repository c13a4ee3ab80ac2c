import { describe, expect, it } from 'vitest';
import { buildLayers } from '../../src/engine/index.ts';
import { createMachine, NO, YES } from '../../src/rules/index.ts';
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
