/** Whole command lines in bulk: one case a line, in the form in which they are recorded of vLLM itself. */
import { keysOfFloats, parseJson, readPackages, readRelease } from '../disk/index.ts';
import { checkInstall } from '../catalog/index.ts';
import {
  answerServer,
  type CaseAnswer,
  caseAnswer,
  factsOfCase,
  type GivenFact,
  openCase,
  type Question,
  type ReleaseData,
  type ServeCase,
  type ServerRules,
  turnedAwayCase,
  wrongCase,
} from '../engine/index.ts';
import { WhichattnError } from '../rules/index.ts';
import { type Answered, idOf, type Line, noQuestion, textOf } from './bulklines.ts';
import type { Asked } from './command.ts';
import { configFile, withFlagsOf } from './configfile.ts';
import { serverQuestion, serverRulesOf } from './server.ts';
import { TRANSFORMERS_FLAG } from './questionflags.ts';
import { installName } from './surroundings.ts';

/** What holds of all cases. */
export interface AskingCases {
  /** The release, by its version or by the path of its file; else each case says its own. */
  readonly vllm?: string | undefined;
  readonly platform: string;
  /** What is installed; undefined: nothing is said of packages. */
  readonly install: string | undefined;
  /** The release of transformers that reads configs; undefined: the newest that vLLM allows. */
  readonly transformers?: string | undefined;
  /** Facts that the install does not have. */
  readonly set?: Readonly<Record<string, GivenFact>>;
  /** Whether a server is started, which makes metadata builders; else its models are built and no more. */
  readonly started: boolean;
}

export interface CaseAnswerer {
  /** Throws where whole lines of a release have not been learned. */
  check(version: string): void;
  /** The rules that answer a case. Throws where its release has not been learned. */
  rules(one: ServeCase): ServerRules;
  /** A case as a question; its answer where the parser turns it away. Throws where it cannot be one. */
  question(one: ServeCase): Question | CaseAnswer;
  answer(one: ServeCase): CaseAnswer;
}

/** The platform of which whole lines are learned. */
const PLATFORM = 'cuda';

/** Answers lines that hold a case each, as `ask --serve` is given them; what is none becomes an error in its place. */
export function caseLines(asked: Asked): (line: Line) => Answered {
  const vllm = asked.flag('vllm');
  const install = installName(asked);
  // what is wrong with the flags is wrong with all lines
  if (asked.flag('plugin') !== undefined)
    throw new WhichattnError({
      code: 'bad-flag',
      what: '--plugin does not go with --serve: one layer of a plug-in can be asked about',
    });
  if (install !== undefined) checkInstall(readPackages(), PLATFORM, install);
  const answerer = createCaseAnswerer({
    vllm,
    platform: PLATFORM,
    install,
    transformers: asked.flag(TRANSFORMERS_FLAG.name),
    started: asked.has('started'),
  });
  // what is wrong with the release that is named is wrong with all lines
  if (vllm !== undefined) answerer.check(vllm);
  return (line) => {
    let id: string | undefined;
    try {
      const one = caseOf(textOf(line), (found) => (id = found));
      return { text: JSON.stringify(answerer.answer(one)), wrong: false };
    } catch (error) {
      if (!(error instanceof WhichattnError)) throw error;
      return noQuestion(error, id);
    }
  };
}

/** Answers cases; the rules of a release are read once. */
// oxlint-disable-next-line max-lines-per-function -- one function for all that a release's rules are asked
export function createCaseAnswerer({
  vllm,
  platform,
  install,
  transformers,
  set = {},
  started,
}: AskingCases): CaseAnswerer {
  const learned = new Map<string, { readonly release: ReleaseData; readonly rules: ServerRules }>();
  const ofRelease = (version: string): { readonly release: ReleaseData; readonly rules: ServerRules } => {
    const known = learned.get(version);
    if (known !== undefined) return known;
    const release = readRelease(version);
    const made = { release, rules: serverRulesOf(version, release, platform, transformers) };
    learned.set(version, made);
    return made;
  };
  const forCase = (one: ServeCase): { readonly release: ReleaseData; readonly rules: ServerRules } => {
    const version = vllm ?? one.release;
    if (version !== undefined) return ofRelease(version);
    throw new WhichattnError({ code: 'bad-question', what: 'It has no "release", and --vllm says none' });
  };
  const question = (one: ServeCase): Question | CaseAnswer => {
    const { release, rules } = forCase(one);
    const argv = wordsOf(one, rules, release);
    const line = rules.read(argv, one.env ?? {});
    if (line.refusal) return turnedAwayCase(one.id, line.refusal.text);
    const { env = {} } = one;
    const [model, gpu] = [modelOf(one), factsOfCase(one)];
    const said = { release, platform, argv, line, env, model, others: othersOf(one), gpu, install, transformers, set };
    return serverQuestion(rules, said);
  };
  return {
    check: (version) => void ofRelease(version),
    rules: (one) => forCase(one).rules,
    question,
    answer(one) {
      // what is wrong with the release is no answer
      const { rules } = forCase(one);
      try {
        const asked = question(one);
        return 'error' in asked ? asked : caseAnswer(one.id, rules, answerServer(rules, asked), started);
      } catch (error) {
        if (!(error instanceof WhichattnError)) throw error;
        return openCase(one.id, error.message);
      }
    },
  };
}

/** The words of a case's line after `vllm serve`, with those of the file that it names. */
function wordsOf({ args, files = {} }: ServeCase, rules: ServerRules, release: ReleaseData): readonly string[] {
  const argv = args.slice(1);
  const file = configFile(rules, release, { argv });
  if (file === undefined) return argv;
  const text = Object.hasOwn(files, file) ? files[file] : undefined;
  if (text !== undefined) return withFlagsOf(file, text, rules, release, { argv });
  throw new WhichattnError({
    code: 'no-file',
    what: 'The case does not hold the file that its line names',
    where: file,
  });
}

const modelOf = ({ hf_config: config, hf_quant_config: quant, floats = [] }: ServeCase): Question['model'] & {} => ({
  config,
  ...(floats.length > 0 ? { floats } : {}),
  ...(quant ? { quant } : {}),
  from: 'config',
  where: 'config.json',
});

const othersOf = ({ extra_models: models = {}, floats_of: floats = {} }: ServeCase): Question['others'] & {} =>
  Object.fromEntries(
    Object.entries(models).map(([name, config]) => {
      const own = floats[name] ?? [];
      return [
        name,
        { config, ...(own.length > 0 ? { floats: own } : {}), from: 'config', where: `${name}/config.json` },
      ];
    }),
  );

/** The case that a line of JSON holds, alone or beside its recorded answer as `case`. Throws where it holds none. */
export function caseOf(text: string, named: (id: string) => void = () => {}): ServeCase {
  const value = parseJson(text, 'the line');
  const inside = typeof value === 'object' && value !== null && 'case' in value;
  const one = inside ? value.case : value;
  const id = idOf(one);
  if (id !== undefined) named(id);
  const wrong = wrongCase(one);
  if (wrong !== undefined) throw new WhichattnError({ code: 'bad-question', what: wrong });
  const all = keysOfFloats(text);
  const floatsAt = (at: string): readonly string[] => {
    const prefix = `${inside ? 'case.' : ''}${at}.`;
    return all.flatMap((key) => (key.startsWith(prefix) ? key.slice(prefix.length) : []));
  };
  const floats = floatsAt('hf_config');
  const names = Object.keys((one as ServeCase).extra_models ?? {});
  const of =
    names.length > 0 ? { floats_of: Object.fromEntries(names.map((n) => [n, floatsAt(`extra_models.${n}`)])) } : {};
  return { ...(one as ServeCase), ...(floats.length > 0 ? { floats } : {}), ...of };
}
