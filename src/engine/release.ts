/** A release as it was learned: what the engine evaluates. */
import type { PackedRuleSet, RuleSet, Scalar } from '../rules/index.ts';
import type { ArgumentTable } from './flags.ts';

/** A place that was not read exactly while a release was learned. */
export interface UnreadPlace {
  readonly kind: 'opaque' | 'outside' | 'assumed' | 'skipped' | 'modelled' | 'elsewhere';
  readonly what: string;
  readonly place: string;
  readonly count: number;
}

/** What a release makes of a model's configuration object, in two steps. */
export interface ModelRules {
  /** The number of a model type's kind in `shape`; a type that is not named is of kind 0. */
  readonly kinds: Readonly<Record<string, number>>;
  /**
   * By kind the shape of the model: `<kind>.<field>`, `<kind>.hf.<key>` for what is changed, and `<kind>.events`;
   * `<kind>.unread` where it is not known.
   */
  readonly shape: PackedRuleSet;
  /** The facts that the shapes ask for; left out: all that their rules name. */
  readonly asked?: readonly string[];
  /** The model configuration, `model_config.<field>`, what is changed in the configuration object, and `events`. */
  readonly config: PackedRuleSet;
}

/** What is made of a checkpoint's quantization configuration. */
export interface QuantizationRules {
  /** The methods that have rules: values of the fact `model_config.quantization`. */
  readonly methods: readonly string[];
  /**
   * By method, `<method>/` before each name: `quant_config` (an empty object), `quant_config.class`,
   * `quant_config.<attribute>` and `quant_config.is.<class>` as far as layers ask, and `events`.
   */
  readonly rules: PackedRuleSet;
  /** Why a method has no rules. */
  readonly unread: Readonly<Record<string, string>>;
}

/** The kinds of values with which a key becomes an attribute of the object: before it is put in order, or after. */
export interface OverrideRules {
  readonly early: readonly string[];
  readonly late: readonly string[];
}

/** How a release loads a model's configuration. */
export interface LoadedRules {
  /** By model type that the release names: its kind, and the class (`module:class`) that it takes for it. */
  readonly types: Readonly<Record<string, readonly [kind: number, taken?: string]>>;
  /** What becomes of the keys that a line gives for the object; absent where that was not read. */
  readonly overrides?: OverrideRules;
  /** By kind, 0 for any other type: `<kind>.hf.<key>` for what is changed in the object, `<kind>.made`, `<kind>.events`. */
  readonly rules: PackedRuleSet;
}

/** What a release changes in the configuration object of a model that drafts. */
export interface DraftRules {
  /** The model types that are named, and the architectures. */
  readonly types: readonly string[];
  readonly architectures: readonly string[];
  /** By `type/architecture`, one that is not named left out: the number of its kind, where that is not 0. */
  readonly kinds: Readonly<Record<string, number>>;
  /** By kind: `<kind>.hf.<key>` for what is changed, `<kind>.made`, whether it is the same object, `<kind>.events`; `name`. */
  readonly rules: PackedRuleSet;
}

/** What was learned of one part of a release. */
export interface LearnedPart {
  /** Outcomes, each with the condition under which it happens. */
  readonly rules: number;
  /** Places that could not be read. */
  readonly opaque: number;
  /** What rests on one of them: terms, or model classes or methods that hold such a term. */
  readonly touched: readonly string[];
}

/** A file of `data/releases`. */
export interface ReleaseData {
  readonly schemaVersion: 2;
  readonly release: string;
  /** What was read. */
  readonly source: { readonly file: string; readonly sha256: string };
  /** When it was learned, as YYYY-MM-DD in UTC, and by part what of it. */
  readonly learned?: { readonly on: string; readonly parts: Readonly<Record<string, LearnedPart>> };
  /** The source release from which platforms were read that `source` is not built for. */
  readonly beside?: { readonly file: string; readonly sha256: string };
  /** By platform: the packages its requirements name, and what they ask of their versions. */
  readonly requirements: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** The backends of its registry, in its order. */
  readonly backends: readonly string[];
  /** The variables of the environment that it has of its own, where they are known, and where each stands. */
  readonly environment?: Readonly<Record<string, string>>;
  /** The field of the configuration that some of them set, as `attention_config.backend`. */
  readonly variableFields?: Readonly<Record<string, string>>;
  /** The flags of `vllm serve`. */
  readonly arguments: ArgumentTable;
  /** By platform: how a model's configuration is loaded. */
  readonly loaded?: Readonly<Record<string, LoadedRules>>;
  /** By platform: what is changed in the configuration object of a model that drafts; absent where that was not read. */
  readonly draft?: Readonly<Record<string, DraftRules>>;
  /** By platform: what is made of a model's configuration object. */
  readonly model?: Readonly<Record<string, ModelRules>>;
  /** By platform: what a command line comes to. */
  readonly config: Readonly<Record<string, PackedRuleSet>>;
  /** By platform: how a backend is selected. */
  readonly selection: Readonly<Record<string, PackedRuleSet>>;
  /**
   * By platform: what follows once a model is built whose layers have one backend. `built.<backend>.block_size`, `.is_ssm` and
   * `.events`; `built.cudagraph_mode` and `built.cudagraph.events` for the facts `built.cudagraph_support`, its weakest support of
   * CUDA graphs, `built.cudagraph_backend`, whose that is, and `built.piecewise`, whether there are piecewise graphs.
   */
  readonly built?: Readonly<Record<string, PackedRuleSet>>;
  /** By platform: `engine.events`, what an engine raises once it is up, of the variables of the environment. */
  readonly engine?: Readonly<Record<string, PackedRuleSet>>;
  /** By platform: the quantization object. */
  readonly quantization?: Readonly<Record<string, QuantizationRules>>;
  /** By platform: what layers of weights and rotary embedding refuse when they are made, unquantized (`none`) and by the method. */
  readonly making?: Readonly<Record<string, QuantizationRules>>;
  /** By part: what was not read exactly. */
  readonly unread: Readonly<Record<string, readonly UnreadPlace[]>>;
  /** The package that brings the platforms, where it is not the release itself. */
  readonly plugin?: PluginData;
}

/** A package that brings platforms to a release. */
export interface PluginData {
  readonly name: string;
  readonly version: string;
  readonly source: { readonly file: string; readonly sha256: string };
  /** By platform: what names its class (an entry point, or vLLM's own list), and the class. */
  readonly platforms: Readonly<Record<string, { readonly by: string; readonly class: string }>>;
}

/** The name of a release with the plug-in that was learned with it: `1.2.3+plug-in-4.5.6`. */
export const releaseName = ({ release, plugin }: Pick<ReleaseData, 'release' | 'plugin'>): string =>
  plugin === undefined ? release : `${release}+${plugin.name}-${plugin.version}`;

/** A model class of a release, of the file beside the release's own. */
export interface ModelClassData {
  /** `module:class`. */
  readonly class: string;
  /** The architectures that the release's registry has this class for. */
  readonly architectures: readonly string[];
  /** What the registry says of it: the facts `model_info.<field>`. A field that was not read is left out. */
  readonly info?: Readonly<Record<string, Scalar | readonly Scalar[]>>;
  /** The rules that `buildLayers` plays; absent where they were not read. */
  readonly layers?: RuleSet;
  /** What prepares its inputs says of a model: the facts `model_info.<term>`, `modalities` and `item_tokens` as far as they were read. */
  readonly processing?: RuleSet;
  /** Why something is left out. */
  readonly unread?: readonly string[];
}

/** Such a name in words. */
export const releaseShown = (name: string): string => name.replace(/^([^+]+)\+([a-z\d-]+?)-(\d.*)$/, '$1 with $2 $3');
