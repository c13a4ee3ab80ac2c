import { describe, expect, it } from 'vitest';
import { isTaken, typeOfKinds, untakenText } from '../../src/engine/configtypes.ts';
import { type Node, parsePython } from '../../src/python/index.ts';
import { kindsOf, typeOf } from '../../src/release/kinds.ts';
import { floatFact } from '../../src/rules/index.ts';

/* What a field of a strict class takes, by its annotation: as huggingface_hub's `type_validator` judges a value of JSON. */

function typeIn(annotation: string) {
  const [statement] = parsePython(`x: ${annotation} = None`);
  const node = statement!.annotation as Node;
  return typeOf(node) ?? typeOfKinds(kindsOf(node));
}

const ONE = floatFact(1);

describe('a field takes', () => {
  it.each([
    ['float', [0.5, ONE], [1, true, '1', null]],
    ['int', [1, -1], [ONE, true, 0.5, '1']],
    ['bool', [true, false], [1, 0, 'true']],
    ['float | int', [1, ONE, 0.5], [true, null]],
    ['int | None', [1, null], [ONE]],
    ['Optional[str]', ['a', null], [1]],
    ['list[int] | tuple[int, ...]', [[], [1, 2]], [[1.5], [true], ['a'], [[1]], 1]],
    ['tuple[int, int]', [], [[1, 2]]],
    ['list[float | int | None] | None', [[1, ONE, null], null], [['a']]],
    ['list', [[1, 'a']], ['a', {}]],
    ['Sequence[str]', [['a'], 'ab'], [[1]]],
    ['dict[int, str] | dict[str, str]', [{}, { 0: 'a' }], [{ 0: 1 }, []]],
    ['dict[str, Any]', [{ a: [1] }], [[]]],
    ['Literal["mean", "cls"] | None', ['cls', null], ['max', 1]],
    ['"Later"', [1, 'a', null], []],
  ] as const)('%s', (annotation, taken, untaken) => {
    const type = typeIn(annotation);
    expect(taken.filter((value) => !isTaken(type, value))).toEqual([]);
    expect(untaken.filter((value) => isTaken(type, value))).toEqual([]);
  });
});

it('tells what is raised, of a field of one kind in its words', () => {
  expect(untakenText('scale', ['f'], 1)).toBe(
    "Validation error for field 'scale':\n    TypeError: Field 'scale' expected float, got int (value: 1)",
  );
  expect(untakenText('size', ['i', 'n'], ONE)).toBeNull();
});
