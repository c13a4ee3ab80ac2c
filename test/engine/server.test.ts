import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { findGpu, gpuFacts } from '../../src/catalog/index.ts';
import { serverQuestion, serverRulesOf } from '../../src/cli/index.ts';
import { listReleases, readGpus, readModel, readRelease } from '../../src/disk/index.ts';
import { answerServer, decideServer, DECISION_SCHEMA } from '../../src/engine/index.ts';
import type { GivenModel, Question, ServerAnswer, ServerRules } from '../../src/engine/index.ts';

/*
 * Questions about whole servers, with the rules of real releases and models of our list.
 */

const schema = z.fromJSONSchema(DECISION_SCHEMA);
const releases = listReleases()
  // of some releases the selection alone is learned
  .filter(({ own, file }) => own && readRelease(file).config['cuda'] !== undefined)
  .map(({ release }) => release);
const models = ['facebook/opt-125m', 'deepseek-ai/DeepSeek-V3', 'openai/gpt-oss-20b'];
const gpus = ['T4', 'H100', 'B200'];
/** Words that are added to a line: some change one stage, some the model itself, some are refused. */
const CHANGES = [
  ['--kv-cache-dtype', 'fp8'],
  ['--attention-backend', 'FLASHINFER'],
  ['--dtype', 'float16', '--max-model-len', '1024'],
  ['--block-size', '7'],
  ['--hf-overrides', '{"x":1}'],
  ['--enforce-eager', '--tensor-parallel-size', '8'],
];
const gpus1 = (gpu: string) => gpuFacts(findGpu(readGpus(), gpu), 8, `--gpu ${gpu}`);

interface Asked {
  readonly gpu?: string;
  readonly install?: string;
  readonly flags?: readonly string[];
}

/** A question about a model of our list. */
function asked(rules: ServerRules, release: string, name: string, { gpu, install, flags = [] }: Asked = {}): Question {
  const { config, quant } = readModel(name);
  const model = { config, ...(quant === undefined ? {} : { quant }), from: 'catalogue', where: name } as GivenModel;
  const argv = [name, ...flags];
  return serverQuestion(rules, {
    release: readRelease(release),
    platform: 'cuda',
    argv,
    line: rules.read(argv, {}),
    env: {},
    model,
    gpu: gpu === undefined ? {} : gpus1(gpu),
    install,
  });
}

/** What each group gets, for the groups for which it is certain. */
const certain = ({ groups }: ServerAnswer): string[] =>
  groups.flatMap(({ certain: sure, backend, layers, layer }) =>
    sure && backend !== null ? [`${layers} ${layer} ${backend}`] : [],
  );

/** What is said with less known and does not hold with more known. */
function contradictions(less: ServerAnswer, more: ServerAnswer): string[] {
  const outcome =
    less.outcome !== 'unknown' && less.outcome !== more.outcome ? [`${less.outcome}, ${more.outcome}`] : [];
  // one that is refused ends before all layers are built
  const groups = more.error ? [] : certain(less).filter((one) => !certain(more).includes(one));
  return [...outcome, ...groups];
}

describe.each(releases)('servers of %s', (release) => {
  const rules = serverRulesOf(release, readRelease(release), 'cuda');

  it.each(models)('%s: the same question has the same answer, also when it was kept as JSON', (name) => {
    const question = asked(rules, release, name, { gpu: 'H100', install: 'image' });
    const decision = decideServer(rules, question, { changes: 4 });
    const text = JSON.stringify(decision);
    const kept = JSON.parse(JSON.stringify(question)) as Question;
    expect(kept).toEqual(question);
    expect(JSON.stringify(decideServer(rules, kept, { changes: 4 }))).toBe(text);
    expect(schema.safeParse(JSON.parse(text)).error).toBeUndefined();
  });

  it.each(models)('%s: what is certain without a GPU or packages holds with each', (name) => {
    const open = answerServer(rules, asked(rules, release, name));
    const contradicted = gpus.flatMap((gpu) => {
      const half = answerServer(rules, asked(rules, release, name, { gpu }));
      return ['image', 'wheel'].flatMap((install) => {
        const whole = answerServer(rules, asked(rules, release, name, { gpu, install }));
        return [open, half].flatMap((less) => contradictions(less, whole)).map((what) => `${gpu} ${install}: ${what}`);
      });
    });
    expect(contradicted).toEqual([]);
  });

  it.each(models)('%s: everything before the chosen backend has a reason', (name) => {
    for (const gpu of gpus) {
      const decision = decideServer(rules, asked(rules, release, name, { gpu, install: 'image' }), {
        without: ['changes', 'variants'],
      });
      for (const { decision: made } of decision.groups) {
        const at = made?.candidates.findIndex(({ status }) => status === 'chosen') ?? -1;
        expect(made?.candidates.slice(0, Math.max(at, 0)).filter(({ reasons }) => reasons.length === 0) ?? []).toEqual(
          [],
        );
      }
    }
  });

  it.each(models)('%s: a line with more words has the answer that it has by itself', (name) => {
    const base = asked(rules, release, name, { gpu: 'H100', install: 'image' });
    const answer = answerServer(rules, base);
    for (const flags of CHANGES) {
      const more = asked(rules, release, name, { gpu: 'H100', install: 'image', flags });
      const changed = new Set(Object.keys(more.facts).filter((fact) => fact.startsWith('args.')));
      const like = answerServer(rules, { ...more, model: base.model! }, { like: { answer, changed } });
      const anew = answerServer(rules, more);
      const comesTo = ({ outcome, error, open, groups }: ServerAnswer): unknown => [
        outcome,
        error?.text,
        open.map(({ text, places }) => [text, places]),
        groups.map(({ backend, layers, call }) => [backend, layers, call.args]),
      ];
      expect(comesTo(like)).toEqual(comesTo(anew));
      const question = { ...more, model: base.model! };
      const brief = answerServer(rules, question, { like: { answer, changed }, isBrief: true });
      const inBrief = ({ outcome, error, open, groups }: ServerAnswer): unknown => [
        outcome === 'refused',
        error?.text,
        open.length > 0,
        groups.map(({ backend, layers, call }) => [backend, layers, call.args]),
      ];
      expect(inBrief(brief)).toEqual(inBrief(anew));
    }
  });

  it('tells once that hardly anything is known of a model whose config is not read', () => {
    const base = asked(rules, release, models[0]!, { gpu: 'H100', install: 'image' });
    const model: GivenModel = { ...base.model!, config: { ...base.model!.config, model_type: 'of-no-class' } };
    const { outcome, open, notes } = answerServer(rules, { ...base, model });
    expect(outcome).toBe('unknown');
    expect(open.filter(({ needs }) => needs.some((name) => /^(?:hf|model_arch_config)\./.test(name)))).toEqual([]);
    expect(notes.filter((note) => /^Whether it is refused is open: \d+ checks rest on/.test(note))).toHaveLength(1);
  });

  it('does not know all layers where a model drafts', () => {
    const flags = ['--speculative-config', '{"method": "eagle", "model": "a/head", "num_speculative_tokens": 2}'];
    const { complete, gaps } = answerServer(rules, asked(rules, release, models[0]!, { gpu: 'H100', flags }));
    expect(complete).toBe(false);
    expect(gaps.join('\n')).toContain('drafts');
  });

  it('a line that the command itself refuses does not start', () => {
    const errorOf = (...flags: string[]): string | null | undefined =>
      answerServer(rules, asked(rules, release, models[0]!, { gpu: 'H100', install: 'image', flags })).error?.text;
    expect(errorOf('--enable-auto-tool-choice')).toMatch(/--enable-auto-tool-choice requires --tool-call-parser/);
    expect(errorOf('--enable-auto-tool-choice', '--tool-call-parser', 'hermes')).toBeUndefined();
    expect(errorOf('--enable-log-outputs')).toMatch(/--enable-log-outputs requires --enable-log-requests/);
    expect(errorOf('--enable-log-outputs', '--enable-log-requests')).toBeUndefined();
  });

  it('a change that is named does what it says', () => {
    const flags = ['--kv-cache-dtype', 'auto'];
    const decision = decideServer(rules, asked(rules, release, models[0]!, { gpu: 'L4', install: 'image', flags }), {
      changes: 4,
    });
    for (const { words, backends } of decision.changes) {
      const more = [...flags, ...words.split(' ')];
      const again = answerServer(
        rules,
        asked(rules, release, models[0]!, { gpu: 'L4', install: 'image', flags: more }),
      );
      expect(again.groups.map(({ backend }) => backend)).toEqual(backends);
    }
  });
});

describe('a list of which our copy of a model says only how long it is', () => {
  it.each(releases)('is answered as any list of that length, with vLLM %s', (release) => {
    const rules = serverRulesOf(release, readRelease(release), 'cuda');
    const name = 'nvidia/DeepSeek-V3.1-NVFP4';
    const { left_out: leftOut = [] } = readModel(name);
    const question = asked(rules, release, name, { gpu: 'H100', flags: ['-tp', '8'] });
    const { model } = question;
    const copy = { ...question, model: { ...model!, leftOut } };
    const items = Array.from({ length: Number(/\d+(?= texts)/.exec(leftOut[0]!)![0]) }, (_, i) => `model.layers.${i}`);
    const quantization = model!.quant!['quantization'] as Readonly<Record<string, string>>;
    const quant = { ...model!.quant, quantization: { ...quantization, exclude_modules: items } };
    const [ours, whole] = [copy, { ...question, model: { ...model!, quant } }].map((q) => answerServer(rules, q));
    expect(certain(ours!)).toEqual(certain(whole!));
    expect(ours!.outcome).toBe(whole!.outcome);
  });
});
