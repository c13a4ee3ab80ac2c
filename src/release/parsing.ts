/** How a configuration class reads a text that a person gave for one of its fields: the value, or the error. */
import { dataFields, entryFrame, kindInput, raiseValidation, validateField } from '../python/index.ts';
import type { ClassAtom, Reader } from '../python/index.ts';
import type { Shipper } from '../rules/index.ts';
import { eventsTerm, plainTerm, termOf } from './terms.ts';

/**
 * Adds what `cls(field=text)` does with a text, the input `text.<path>.<field>`: the terms `parse.<path>.<field>.events`
 * (what is logged and raised) and `parse.<path>.<field>.value` (the field's value afterwards; a member by its name).
 * Mirrors pydantic's call of the class's own validators. Does nothing when the class has no such field.
 */
export function shipFieldText(
  R: Reader,
  ship: Shipper,
  module: string,
  cls: ClassAtom,
  path: string,
  field: string,
): void {
  if (!dataFields(R, cls).some((f) => f.name === field)) return;
  const frame = entryFrame(R, module);
  const { value, complaints } = validateField(R, frame, cls, field, kindInput(R, `text.${path}.${field}`, ['str']));
  raiseValidation(R, frame, cls, complaints);
  ship.add(`parse.${path}.${field}.events`, eventsTerm(R, frame, ship, frame.trace));
  ship.add(`parse.${path}.${field}.value`, termOf(value, plainTerm()));
}
