/**
 * The world in which it is read what layers of weights refuse when they are made: which functions are read for that, and which of
 * those that they call are not.
 */
import { native, nativeOf, NONE_VALUE, note, one, opaque } from '../python/index.ts';
import type { Atom, FuncAtom, World } from '../python/index.ts';
import { groupOf } from './groups.ts';
import { createModelWorld } from './modelworld.ts';
import { dtypeInput } from './outside.ts';
import type { Tree } from './tree.ts';
import { holdingModule, parameterClass, staticAttribute } from './weightmodules.ts';

/** Modules whose constructors and functions make weights, or prepare rotary embedding. */
const MAKERS = /^vllm\.model_executor\.layers\.(linear|vocab_parallel_embedding|fused_moe|rotary_embedding)(\.|$)/;
/** Modules that choose which kernel computes a layer, and functions that do. */
const KERNELS = /^vllm\.(model_executor\.kernels|utils\.deep_gemm)(\.|$)/;
const CHOOSE = /^select_\w+_backend$/;
/** Which experts are left out, by a key of a config.json that hardly any has: it is read as if there were none. */
const SUBSTITUTED = /^vllm\.model_executor\.layers\.fused_moe\.expert_substitution$/;
/** How tokens find their experts: the same whether or not a layer is quantized, and read where it is not. */
const ROUTERS = /^vllm\.model_executor\.layers\.fused_moe\.(router|expert_map_manager)(\.|$)/;
/** Constructors that only choose between forms of the same computation. */
const FORMS = /^CustomOp\.(__init__|dispatch_forward|maybe_compile|enabled|default_on)$/;

/** The name of the maker that a function is, called on `self` where it is a constructor; undefined where it is none. */
export function makerOf(fn: FuncAtom, self: Atom | undefined): string | undefined {
  if (!MAKERS.test(fn.module.name)) return undefined;
  const own = self?.k === 'instance' && MAKERS.test(self.cls.modname) ? self.cls : fn.owner;
  const [module, name] = fn.name === '__init__' ? [own?.modname, own?.qualname] : [fn.module.name, fn.qualname];
  if (module === undefined || name === undefined || !/^\w+$/.test(name)) return undefined;
  return `${module.replaceAll('.', '/')}:${name}`;
}

/** The world in which makers are read: that of a model's configuration, with a worker whose process groups are set up. */
export function createMakingWorld(tree: Tree, platform: string, isPlain: boolean): World {
  const base = createModelWorld(tree, platform);
  return {
    ...base,
    outside(name, R) {
      if (name === 'torch.get_default_dtype')
        return one(native('get_default_dtype', () => dtypeInput(R, 'model_config.dtype')));
      if (PARAMETER.test(name)) return one(parameterClass(R));
      if (MODULE.test(name)) return one(holdingModule(R));
      if (name === 'inspect.getattr_static') return one(nativeOf(R, name, staticAttribute));
      return base.outside(name, R);
    },
    replaced: (name, R) => groupOf(R, name) ?? base.replaced(name, R),
    notEntered(fn, R) {
      if (FORMS.test(fn.qualname)) return NONE_VALUE;
      const left = (why: string): void => note(R, 'elsewhere', `${fn.module.name}.${fn.qualname}: ${why}`, '');
      if (SUBSTITUTED.test(fn.module.name)) {
        left('no experts are left out');
        return NONE_VALUE;
      }
      const isKernel = KERNELS.test(fn.module.name) || CHOOSE.test(fn.name);
      if (!isKernel && (isPlain || !ROUTERS.test(fn.module.name))) return undefined;
      left(isKernel ? 'which kernel computes a layer is not looked at' : 'read of layers that are not quantized');
      if (fn.name === '__init__') return NONE_VALUE;
      return one(opaque(`${fn.qualname} is not read`, `${fn.module.path}:${fn.node.lineno ?? 0}`));
    },
  };
}

const MODULE = /^torch\.nn\.(modules\.module\.)?Module$/;
const PARAMETER = /^torch\.nn\.(parameter\.)?Parameter$/;
