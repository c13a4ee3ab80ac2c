/** Which of a question's words nothing rests on: misspelt ones, and those that the release does not know. */
import { outsideFormat } from './askedshape.ts';
import type { BulkQuestion } from './asked.ts';
import type { ReleaseData } from './release.ts';
import type { RuleSet } from '../rules/index.ts';

/** The fields that a question hands to the release's own class of attention options, where that has them. */
const OPTIONS = [
  'flash_attn_version',
  'use_non_causal',
  'backend_per_kind',
  'use_trtllm_attention',
  'use_prefill_decode_attention',
  'disable_flashinfer_prefill',
  'use_cudnn_prefill',
  'disable_flashinfer_q_quantization',
] as const;

/**
 * The words of a question that are not used, as `call.<name>`, `config.<name>`, `install.<name>`, sorted: those that are not
 * of the bulk format, arguments that no platform's selection reads, options that the release's own class does not have.
 * `isPackage` tells the keys of an install.
 */
export function ignoredWords(
  q: BulkQuestion,
  { selection }: Pick<ReleaseData, 'selection'>,
  { terms }: RuleSet,
  isPackage: (name: string) => boolean,
): string[] {
  const out = new Set(outsideFormat(q));
  for (const name in q.install) if (!isPackage(name)) out.add(`install.${name}`);
  const reads = (input: string): boolean => Object.values(selection).some(({ inputs }) => inputs.includes(input));
  const readsOf = (start: string): boolean =>
    Object.values(selection).some(({ inputs }) => inputs.some((input) => input.startsWith(start)));
  if (q.kind === 'vit') {
    if (typeof q.requested === 'string' && !reads('vit.backend')) out.add('requested');
  } else {
    for (const [name, value] of Object.entries(q.call ?? {}))
      if (value !== null && value !== false && !reads(`call.${name}`)) out.add(`call.${name}`);
  }
  for (const name of OPTIONS) {
    const value = q.config?.[name] ?? undefined;
    const known = Object.hasOwn(terms, `default.attention_config.${name}`) || readsOf(`attention_config.${name}.`);
    if (value !== undefined && !known) out.add(`config.${name}`);
  }
  return [...out].toSorted();
}
