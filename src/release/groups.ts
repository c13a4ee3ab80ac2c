/** The process groups of a worker: how large each is are facts of the configuration, and this worker is the first in each. */
import { oldInstance, bool, int, kindInput, nameIn, one, opaque } from '../python/index.ts';
import type { InstanceAtom, Reader, Value, World } from '../python/index.ts';

/** The worker's groups, the field of the parallel configuration that says how large each is; '' where none does, null where it is one here. */
const GROUPS: Readonly<Record<string, string | null>> = {
  _TP: 'tensor_parallel_size',
  _DCP: 'decode_context_parallel_size',
  _PCP: 'prefill_context_parallel_size',
  _DP: 'data_parallel_size',
  _EP: '',
  _EPLB: '',
  // every stage builds a part of the layers; read as one stage that builds them all
  _PP: null,
};

const MODULE = 'vllm.distributed.parallel_state';
const PARALLEL = 'vllm/distributed/parallel_state.py:1';

const groups = new WeakMap<Reader, Map<string, InstanceAtom>>();

const flag = (b: boolean): Value => one(bool(b));

/** A process group of the worker: its size is a fact of the configuration, its rank is the first. */
function group(R: Reader, name: string): InstanceAtom | undefined {
  let table = groups.get(R);
  if (!table) groups.set(R, (table = new Map()));
  let made = table.get(name);
  if (made) return made;
  const cls = nameIn(R, MODULE, 'GroupCoordinator')?.[0]?.v;
  if (cls?.k !== 'class') return undefined;
  const field = GROUPS[name];
  const size = field
    ? kindInput(R, `parallel_config.${field}`, ['int'])
    : field === null
      ? one(int(1))
      : one(opaque(`the size of ${name}`, PARALLEL));
  made = {
    ...oldInstance(cls),
    lazy: (n) => (n.startsWith('__') ? undefined : one(opaque(`${n} of a process group`, PARALLEL))),
    lazyFirst: true,
  };
  const attrs: Readonly<Record<string, Value>> = {
    world_size: size,
    rank_in_group: one(int(0)),
    rank: one(int(0)),
    local_rank: one(int(0)),
    is_first_rank: flag(true),
    ...(field === null ? { is_last_rank: flag(true) } : {}),
  };
  for (const [k, v] of Object.entries(attrs)) made.attrs.set(k, v);
  table.set(name, made);
  return made;
}

/** The group that a name of the tree stands for, where it is one of the worker's. */
export function groupOf(R: Reader, name: string): Value | undefined {
  const at = name.lastIndexOf('.');
  const last = name.slice(at + 1);
  if (name.slice(0, at) !== MODULE || !(last in GROUPS)) return undefined;
  const made = group(R, last);
  return made && one(made);
}

/** A world with the groups of a worker. */
export const withGroups = (world: World): World => ({
  ...world,
  replaced: (name, R) => groupOf(R, name) ?? world.replaced(name, R),
});
