/** The flags of a question, which several commands take. */
import type { Flag } from './command.ts';

/** A variable of the environment. */
export const ENV_FLAG: Flag = {
  name: 'env',
  value: 'NAME=VALUE',
  says: 'A variable of the environment; may be given again.',
  again: true,
};

/** What one layer asks the selection with. */
export const LAYER_FLAG: Flag = {
  name: 'layer',
  value: 'NAME=VALUE',
  says: 'One layer instead of a server: head_size=64, dtype=float16, requested=BACKEND; may be given again.',
  again: true,
};

/** A fact that a question is given. */
export const SET_FLAG: Flag = {
  name: 'set',
  value: 'FACT=VALUE',
  says: 'A fact, or what is installed, as aiter=false; may be given again.',
  again: true,
};

export const VLLM_FLAG: Flag = {
  name: 'vllm',
  value: 'VERSION',
  says: 'The release of vLLM, or the file of one that was learned.',
  offers: 'releases',
};
export const TRANSFORMERS_FLAG: Flag = {
  name: 'transformers',
  value: 'VERSION',
  says: 'The release of transformers whose classes read the config.json: else the newest that vLLM allows.',
  offers: 'transformers',
};
export const INSTALL_FLAG: Flag = {
  name: 'install',
  value: 'image|wheel',
  says: 'What is installed: the official image (else), or the wheel alone.',
  offers: ['image', 'wheel'],
};
/** The platforms that a release may know. */
export const PLATFORMS: readonly string[] = ['cuda', 'rocm', 'xpu', 'cpu', 'tpu'];
export const PLATFORM_FLAG: Flag = {
  name: 'platform',
  value: 'NAME',
  says: 'The platform, as cpu: else that of the GPU, else cuda.',
  offers: PLATFORMS,
};
export const PLUGIN_FLAG: Flag = {
  name: 'plugin',
  value: 'NAME',
  says: 'A plug-in that was learned, by its name, or by name and version as NAME-1.2.3.',
  offers: 'plugins',
};
export const FACTS_FLAG: Flag = {
  name: 'facts',
  value: 'stock|none',
  says: 'none: what the question does not say of packages and devices is unknown.',
  offers: ['stock', 'none'],
};
