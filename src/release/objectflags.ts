/** What making the configuration object of a flag raises, by the JSON that the flag is given. */
import { entryFrame, kindInput, one } from '../python/index.ts';
import type { Added, ClassAtom, Reader, Value } from '../python/index.ts';
import type { Shipper } from '../rules/index.ts';
import { jsonDict } from './json.ts';
import { eventsTerm } from './terms.ts';

const ARGUMENTS = 'vllm.engine.arg_utils';

/**
 * Adds `parse.<dest>.events` over the inputs `args.<dest>.<key>` for each flag whose text becomes an object of a class, but
 * for those whose object is read with the configuration.
 */
export function shipObjects(R: Reader, ship: Shipper, added: readonly Added[], isReadElsewhere: IsDest): void {
  for (const { action } of added) {
    const dest = action.attrs.get('dest')?.[0]?.v;
    const cls = classOf(R, action.attrs.get('type'));
    if (dest?.k !== 'str' || cls === undefined || isReadElsewhere(dest.s)) continue;
    const frame = entryFrame(R, ARGUMENTS);
    R.call(frame, one(cls), { pos: [], kw: new Map(), rest: jsonDict(R, `args.${dest.s}`), json: 'flag' });
    if (frame.trace.length > 0) ship.add(`parse.${dest.s}.events`, eventsTerm(R, frame, ship, frame.trace));
  }
}

type IsDest = (dest: string) => boolean;

/** The class of the objects that a flag's converter makes of a text. */
function classOf(R: Reader, type: Value | undefined): ClassAtom | undefined {
  if (type?.[0]?.v.k !== 'func') return undefined;
  const made = R.call(entryFrame(R, ARGUMENTS), type, { pos: [kindInput(R, 'text', ['str'])], kw: new Map() });
  for (const { v } of made) {
    const of = v.k === 'instance' ? v.attrs.get('__of__')?.[0]?.v : undefined;
    if (of?.k === 'class') return of;
  }
  return undefined;
}
