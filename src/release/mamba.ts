/** Reads which backend layers get that keep a state instead of keys and values, where a release has a function for them. */
import { choiceInput, entryFrame, nameIn, one, str, under, union } from '../python/index.ts';
import type { Atom, ClassAtom, Frame, FuncAtom, Node, Reader, Value } from '../python/index.ts';
import type { Shipper } from '../rules/index.ts';
import { record, typed } from './records.ts';
import { eventsTerm, plainTerm, termOf } from './terms.ts';

const SELECTOR = 'get_mamba_attn_backend';
/** The table of the kinds by their names, where a kind is no member of an enumeration. */
const TABLE = 'MAMBA_TYPE_TO_BACKEND_MAP';
const SPEC = ['vllm.v1.kv_cache_interface', 'MambaSpec'] as const;

/** A class that layers with a state may get, and the cache that such layers have. */
export interface StateBackend {
  readonly cls: ClassAtom;
  readonly spec: Value;
}

/**
 * Adds the terms of `ask.<function>`: `events`, `class` and `name` of what it gives, and `by`, the fact of the layer that it
 * is asked with. Gives the classes that may come out. Adds nothing for a release that has no such function.
 */
export function shipStateBackends(R: Reader, ship: Shipper, module: string): readonly StateBackend[] {
  const fn = nameIn(R, module, SELECTOR)?.[0]?.v;
  if (fn?.k !== 'func') return [];
  const [parameter] = (fn.node.args as Node).args as readonly Node[];
  const by = `call.${parameter!.arg as string}`;
  const frame = entryFrame(R, module);
  const kind = kindOfLayer(R, fn, parameter!, by);
  const chosen = R.call(frame, one(fn), { pos: [kind], kw: new Map() });
  const plain = plainTerm();
  ship.add(`ask.${SELECTOR}.by`, by);
  ship.add(`ask.${SELECTOR}.events`, eventsTerm(R, frame, ship, frame.trace));
  ship.add(`ask.${SELECTOR}.class`, termOf(chosen, plain));
  ship.add(`ask.${SELECTOR}.name`, termOf(called(R, entryFrame(R, module), chosen, 'get_name'), plain));
  const made = nameIn(R, ...SPEC)?.[0]?.v;
  const spec = made?.k === 'class' ? one(record(R, made, 'kv_cache_spec')) : [];
  return chosen.flatMap(({ v }) => (v.k === 'class' ? [{ cls: v, spec }] : []));
}

/** The kind of a layer: a member of an enumeration, or one of the names in the table. */
function kindOfLayer(R: Reader, fn: FuncAtom, parameter: Node, by: string): Value {
  const table = nameIn(R, fn.module.name, TABLE)?.[0]?.v;
  const names = table?.k === 'dict' ? table.entries.flatMap(({ key }) => (key.k === 'str' ? [key.s] : [])) : [];
  if (names.length > 0)
    return choiceInput(
      R,
      by,
      names.map((name) => ({ label: name, atom: str(name) })),
    );
  return typed(R, parameter.annotation as Node, { module: fn.module } as unknown as ClassAtom, by);
}

function called(R: Reader, frame: Frame, value: Value, name: string): Value {
  const said = (v: Atom): Value => {
    const method = R.attrOf(frame, v, name);
    return method ? R.call(frame, method, { pos: [], kw: new Map() }) : [];
  };
  return union(
    R.d,
    value.flatMap(({ g, v }) => (under(R, frame, g, () => said(v)) ?? []).map((a) => ({ g: R.d.and(g, a.g), v: a.v }))),
  );
}
