/** What the layers of a vision tower ask for their backend: not the selection, but the platform itself. */
import { choiceInput, findInClass, gap, nameIn, seen } from '../python/index.ts';
import type { Frame, Reader, Value } from '../python/index.ts';

/** What the layers of a vision tower ask, and the functions between them and the platform that answers. */
const VISION = 'get_vit_attn_backend';
const BEFORE_VISION = [VISION, `_${VISION}`].map((name) => `vllm.model_executor.models.vision.${name}`);
const BACKENDS = 'AttentionBackendEnum';
const REGISTRY_OF_BACKENDS = 'vllm.v1.attention.backends.registry';

/** Who asks, and the number of the call, `@id`. */
type Who = (caller: Frame) => ReadonlyMap<string, Value>;

/** Keeps every call that a layer of a vision tower makes of the platform; what it gives is the name of a backend, a fact. */
export function observeVision(R: Reader, selector: string, who: Who): void {
  const platform = nameIn(R, 'vllm.platforms', 'current_platform')?.find((a) => a.v.k === 'instance')?.v;
  const found = platform?.k === 'instance' ? findInClass(R, platform.cls, VISION)?.value[0]?.v : undefined;
  const fn = found?.k === 'classmethod' ? found.fn[0]!.v : found;
  const names = nameIn(R, selector, BACKENDS)?.[0]?.v ?? nameIn(R, REGISTRY_OF_BACKENDS, BACKENDS)?.[0]?.v;
  if (fn?.k !== 'func' || names?.k !== 'class' || !names.enumMembers) {
    R.observers.set(BEFORE_VISION[0]!, (_args, caller) => gap(R, caller, 'what the layers of a vision tower ask'));
    return;
  }
  const members = names.enumMembers.map((atom) => ({ label: atom.member!, atom }));
  // each call of these is one of its own
  for (const name of BEFORE_VISION) R.observers.set(name, () => undefined);
  R.observers.set(`${fn.module.name}.${fn.qualname}`, (args, caller) => {
    const own = [...args].filter(([name]) => name !== 'cls' && name !== 'self');
    const asks = who(caller);
    seen(R, caller, VISION, new Map([...own, ...asks]));
    const id = asks.get('@id')![0]!.v;
    return choiceInput(R, `selected.${id.k === 'str' ? id.s : ''}.backend`, members);
  });
}
