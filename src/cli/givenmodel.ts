/** A model's files, as a question holds them. */
import type { ModelConfig } from '../disk/index.ts';
import type { GivenModel } from '../engine/index.ts';

/** A model's files as a question holds them. */
export function givenModel({ config, floats, quant, from, where, id, leftOut }: ModelConfig): GivenModel {
  return {
    config: config as GivenModel['config'],
    ...(floats === undefined ? {} : { floats }),
    ...(quant === undefined ? {} : { quant: quant as GivenModel['config'] }),
    ...(leftOut === undefined ? {} : { leftOut }),
    from: from === 'catalogue' ? 'catalogue' : 'config',
    where: id === undefined ? where : `the list of models: ${id}`,
  };
}
