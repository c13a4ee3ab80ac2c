import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readLines } from '../../src/disk/index.ts';
import type { LineTable } from '../../src/engine/index.ts';
import { createObserver, createPatterns, readLiteral, type Start } from '../../src/logs/index.ts';

/** A release that prints as releases do. */
const TABLE: LineTable = {
  release: '9.1.0',
  backends: { FLASH: 'a.Flash', FLASH_MLA: 'a.FlashMla', TRI: 'a.Tri', FLEX: 'a.Flex' },
  lines: [
    {
      at: 'v/core.py:1',
      level: 'INFO',
      text: ['Initializing engine (v', { is: 'release' }, ') with config: ', { is: 'config' }],
    },
    { at: 'v/utils.py:1', level: 'INFO', text: ['non-default args: ', { is: 'arguments' }] },
    {
      at: 'v/cuda.py:1',
      level: 'INFO',
      of: 'attention',
      how: 'forced',
      text: ['Using ', { is: 'backend' }, ' backend.'],
    },
    {
      at: 'v/cuda.py:2',
      level: 'INFO',
      of: 'attention',
      how: 'auto',
      text: ['Using ', { is: 'backend' }, ' attention backend out of potential backends: ', { is: 'candidates' }, '.'],
    },
    {
      at: 'v/cuda.py:3',
      level: 'ValueError',
      raised: true,
      of: 'attention',
      text: ['Selected backend ', { is: 'requested' }, ' is not valid. Reason: ', { is: 'reasons' }],
    },
    {
      at: 'v/cuda.py:4',
      level: 'ValueError',
      raised: true,
      of: 'attention',
      text: ['No backend. Reasons: ', { is: 'reasons' }, '.'],
    },
    {
      at: 'v/cfg.py:1',
      level: 'WARNING',
      text: ['setting cudagraph_mode=PIECEWISE'],
      says: { cudagraphMode: 'PIECEWISE' },
    },
    { at: 'v/runner.py:1', level: 'INFO', text: ['Loading drafter model...'], says: { role: 'drafter' } },
    { at: 'v/core.py:2', level: 'INFO', text: ['init engine took ', { is: null }, ' s'], says: { reached: 'ready' } },
  ],
};
const patterns = createPatterns([TABLE]);

const T = '01-02 03:04:05';
const CONFIG = `(EngineCore pid=7) INFO ${T} [core.py:116] Initializing engine (v9.1.0) with config: model='m/x', dtype=torch.bfloat16, kv_cache_dtype=fp8, compilation_config={'cudagraph_mode': <CUDAGraphMode.FULL_AND_PIECEWISE: (2, 1)>}`;
const CHOSEN = `(EngineCore pid=7) INFO ${T} [cuda.py:482] Using FLASH attention backend out of potential backends: ['FLASH', 'TRI'].`;
const MOE = `(EngineCore pid=7) INFO ${T} [unquantized.py:302] Using TRI Unquantized MoE backend out of potential backends: ['TRI', 'FLEX'].`;
const READY = `(EngineCore pid=7) INFO ${T} [core.py:340] init engine took 45.80 s`;
const ARGS = `INFO ${T} [utils.py:273] non-default args: {'model': 'm/x', 'attention_backend': 'TRI', 'max_model_len': 2048}`;
const LOG = [CONFIG, CHOSEN, MOE, READY];

function startsOf(text: string, longest?: number): readonly Start[] {
  const observer = createObserver(patterns, longest);
  observer.write(text);
  observer.end();
  return observer.seen().starts;
}
const backendsOf = (text: string): (string | null)[] =>
  startsOf(text).flatMap(({ selections }) => selections.map(({ backend }) => backend));

describe('a start', () => {
  it('shows what it chose, from which, and how far it came', () => {
    const [start] = startsOf(LOG.join('\n'));
    expect(start).toMatchObject({
      release: '9.1.0',
      model: 'm/x',
      kvCacheDtype: 'fp8',
      dtype: 'bfloat16',
      cudagraphMode: { asked: 'FULL_AND_PIECEWISE', effective: 'FULL_AND_PIECEWISE' },
      reached: 'ready',
      unknownNames: [],
    });
    expect(start!.selections).toEqual([
      { backend: 'FLASH', candidates: ['FLASH', 'TRI'], how: 'auto', role: null, line: 2, process: 'EngineCore' },
    ]);
  });

  it('serves a model whose path holds a comma', () => {
    expect(startsOf(CONFIG.replace('m/x', 'm/x, y'))[0]!.model).toBe('m/x, y');
  });

  it('takes words that are certain before words with a hole that they would fill', () => {
    const told = { at: 'v/cuda.py:9', level: 'INFO', of: 'attention', how: 'platform' } as const;
    const certain = { ...told, text: ['Using Triton backend.'], says: { backend: 'TRI' } };
    const all = createPatterns([{ ...TABLE, lines: [...TABLE.lines, certain] }]);
    expect(all.line('cuda.py', 'Using Triton backend.', null)?.pattern.says).toEqual({ backend: 'TRI' });
  });

  it('has the graph mode that is settled last as effective, and none before it is ready', () => {
    const lowered = `(EngineCore pid=7) WARNING ${T} [cfg.py:9] setting cudagraph_mode=PIECEWISE`;
    const modes = (lines: readonly string[]): unknown => startsOf(lines.join('\n'))[0]!.cudagraphMode;
    expect(modes([CONFIG, lowered, READY])).toEqual({ asked: 'FULL_AND_PIECEWISE', effective: 'PIECEWISE' });
    expect(modes([CONFIG, lowered])).toEqual({ asked: 'FULL_AND_PIECEWISE', effective: null });
  });

  it('tells a drafter by the line before', () => {
    const drafter = `(EngineCore pid=7) INFO ${T} [runner.py:1] Loading drafter model...`;
    const own = CHOSEN.replace('Using FLASH', 'Using TRI');
    expect(startsOf([CONFIG, CHOSEN, drafter, own].join('\n'))[0]!.selections.map(({ role }) => role)).toEqual([
      null,
      'drafter',
    ]);
  });

  it('takes ranks that say the same as one, and what one process says twice as two', () => {
    const rank = (pid: number): string => CHOSEN.replace('EngineCore pid=7', `Worker_TP${pid} pid=${pid}`);
    expect(backendsOf([CONFIG, rank(1), rank(2), rank(1), rank(2)].join('\n'))).toEqual(['FLASH', 'FLASH']);
  });

  it('reports a name that the release does not have as unknown, and as no backend', () => {
    const [start] = startsOf([CONFIG, CHOSEN.replaceAll('FLASH', 'ASCEND')].join('\n'));
    expect(start).toMatchObject({ selections: [{ backend: null }], unknownNames: ['ASCEND'] });
  });

  it('fails with the error that it prints, its reasons and what was asked for', () => {
    const trace = [
      'Traceback (most recent call last):',
      '  File "x.py", line 1, in x',
      "ValueError: Selected backend BackendEnum.FLASH_MLA is not valid. Reason: ['head_size not supported', 'non-MLA not supported']",
    ];
    const error = (line: string): string => `(EngineCore pid=7) ERROR ${T} [core.py:9] ${line}`;
    const [start] = startsOf(
      [CONFIG, ...trace.map(error), ...trace.map((line) => `(EngineCore pid=7) ${line}`)].join('\n'),
    );
    expect(start).toMatchObject({
      reached: 'failed',
      errors: [
        {
          type: 'ValueError',
          requested: 'FLASH_MLA',
          reasons: ['head_size not supported', 'non-MLA not supported'],
          line: 4,
        },
      ],
    });
    expect(start!.errors).toHaveLength(1);
  });

  it('goes on after an error that did not end it', () => {
    const error = [
      'Traceback (most recent call last):',
      '  File "x.py", line 1, in x',
      'a.ConnectionError: no way out',
    ];
    const late = `(Worker_TP0 pid=8) ${CHOSEN.slice(CHOSEN.indexOf(') ') + 2)}`;
    const text = [ARGS, ...error, CONFIG, late, READY, 'INFO:     1.2.3.4:5 - "POST /v1/completions HTTP/1.1" 200 OK'];
    expect(startsOf(text.join('\n'))).toMatchObject([
      { reached: 'completed', selections: [{ backend: 'FLASH' }], errors: [{ type: 'ConnectionError' }] },
    ]);
    const atOnce = [CONFIG, ...error, READY];
    expect(startsOf(atOnce.join('\n'))).toMatchObject([{ reached: 'ready' }]);
  });

  const errorsOf = (lines: readonly string[]): unknown[] =>
    startsOf([CONFIG, ...lines, ''].join('\n'))[0]!.errors.map(({ type, text, line }) => [type, text, line]);
  const TRACE = ['Traceback (most recent call last):', '  File "x.py", line 1, in x', '    x()'];

  it('fails with the error of a rank that says its rank before each line, beside those of others', () => {
    const [one, other] = [0, 1].map((rank) =>
      [...TRACE, `ValueError: no ${rank}`, '  and more'].map((line) => `[rank${rank}]: ${line}`),
    ) as [string[], string[]];
    const expected = [
      ['ValueError', 'no 0\nand more', 8],
      ['ValueError', 'no 1\nand more', 9],
    ];
    const both = one.flatMap((line, i) => [line, other[i]!]);
    expect(errorsOf(both)).toEqual(expected);
    expect(errorsOf(both.map((line) => `(EngineCore pid=7) ${line}`))).toEqual(expected);
  });

  it('fails with errors whose class has a small letter, and with those of a group', () => {
    expect(errorsOf([...TRACE, 'socket.gaierror: [Errno -2] Name or service not known', 'Killed'])).toEqual([
      ['gaierror', '[Errno -2] Name or service not known', 5],
    ]);
    const group = [
      '  + Exception Group Traceback (most recent call last):',
      ...TRACE.slice(1).map((line) => `  | ${line}`),
      '  | ExceptionGroup: unhandled errors in a TaskGroup (2 sub-exceptions)',
      '  +-+---------------- 1 ----------------',
      ...TRACE.map((line) => `    | ${line}`),
      '    | RuntimeError: one',
      '    |   and more',
      '    +---------------- 2 ----------------',
      '    | queue.Empty',
      '    +------------------------------------',
      'Later: nothing',
    ];
    expect(errorsOf(group)).toEqual([
      ['ExceptionGroup', 'unhandled errors in a TaskGroup (2 sub-exceptions)', 5],
      ['RuntimeError', 'one\nand more', 10],
      ['Empty', '', 13],
    ]);
  });

  it('takes no later line for the error of a traceback that breaks off', () => {
    expect(errorsOf([...TRACE, 'Killed'])).toEqual([]);
    expect(errorsOf([...TRACE, 'going down', 'Note: bye'])).toEqual([]);
    expect(errorsOf([...TRACE, `INFO ${T} [x.py:1] on`, 'Note: bye'])).toEqual([]);
    expect(errorsOf([...TRACE, 'a word between', TRACE[1]!, 'KeyError'])).toEqual([['KeyError', '', 7]]);
    const held = 'ray.exceptions.RayTaskError(ValueError): ray::f() (pid=1)';
    expect(errorsOf([...TRACE, held, ...TRACE.slice(1), 'ValueError: no'])).toEqual([['ValueError', 'no', 8]]);
  });

  it.each([
    ['/v1/completions', 'completed'],
    ['/v1/chat/completions?x=1', 'completed'],
    ['/inference/v1/generate', 'completed'],
    ['/proxy/pooling', 'completed'],
    ['/v1/score', 'completed'],
    ['/classify', 'completed'],
    ['/v1/chat/completions/render', 'ready'],
    ['/v1/messages/count_tokens', 'ready'],
    ['/v1/load_lora_adapter', 'ready'],
    ['/v1/responses/x/cancel', 'ready'],
    ['/tokenize', 'ready'],
  ])('has an answer of its engine to %s or not: it is %s', (path, reached) => {
    const text = [...LOG, `INFO:     1.2.3.4:5 - "POST ${path} HTTP/1.1" 200 OK`];
    expect(startsOf(text.join('\n'))[0]!.reached).toBe(reached);
  });

  it.each(['vllm', 'vllm serve', 'api_server.py'])(
    'fails where %s refuses its command line, which is all there is',
    (program) => {
      const text = `usage: ${program} [options]\n${program}: error: unrecognized arguments: --x\n`;
      expect(startsOf(text)).toMatchObject([
        { reached: 'failed', errors: [{ type: 'error', text: 'unrecognized arguments: --x', line: 2 }] },
      ]);
      expect(startsOf(text.replaceAll(program, 'another'))).toEqual([]);
    },
  );

  it('tells an error before a log is over, once its process says no more, and tells errors in their order', () => {
    const observer = createObserver(patterns);
    const seen = (): unknown[] => observer.seen(false).starts.flatMap(({ errors }) => errors.map(({ text }) => text));
    const other = TRACE.map((line) => `(Main pid=3) ${line}`);
    const lines = [
      CONFIG,
      ...TRACE,
      'ValueError: first',
      ...other,
      '(Main pid=3) ValueError: second',
      '(Main pid=3) on',
    ];
    observer.write(`${lines.join('\n')}\n`);
    expect(seen()).toEqual(['second']);
    observer.write('(Main pid=3) on\n'.repeat(64));
    expect(seen()).toEqual(['first', 'second']);
  });

  it('has what was given as objects, too', () => {
    const more = "{'kv': KVConfig(connector='Nixl', size=1.5, extra={}), 'modules': [Path('/x')], 'some': {'a', 'b'}, ";
    expect(startsOf(ARGS.replace('{', more))[0]!.arguments).toMatchObject({
      attention_backend: 'TRI',
      kv: { connector: 'Nixl', size: 1.5, extra: {} },
      modules: ['/x'],
      some: ['a', 'b'],
    });
  });

  it('does not take what the web server says within a traceback for an error, nor another traceback for its words', () => {
    const text = [
      CONFIG,
      'Traceback (most recent call last):',
      'INFO:     Started server process [7]',
      'ValueError: no such thing',
      '  File "y.py", line 1, in y',
    ];
    expect(startsOf(text.join('\n'))[0]!.errors).toMatchObject([{ type: 'ValueError', text: 'no such thing' }]);
  });

  it('reads reasons backend by backend', () => {
    const text = [
      CONFIG,
      '(E pid=1) Traceback (most recent call last):',
      '(E pid=1) ValueError: No backend. Reasons: {FLASH: [a, b c], TRI: []}.',
    ];
    expect(startsOf(text.join('\n'))[0]!.errors[0]!.reasons).toEqual({ FLASH: ['a', 'b c'], TRI: [] });
  });

  it('was asked for, where the arguments say so', () => {
    const forced = `(EngineCore pid=7) INFO ${T} [cuda.py:422] Using BackendEnum.TRI backend.`;
    expect(startsOf([ARGS, CONFIG, forced].join('\n'))[0]).toMatchObject({
      arguments: { attention_backend: 'TRI', max_model_len: 2048 },
      selections: [{ backend: 'TRI', how: 'forced', candidates: null }],
    });
  });
});

describe('what is around lines', () => {
  const json = (key: string) => (line: string) =>
    JSON.stringify({ [key]: `${line}\n`, stream: 'stderr', time: '2026-01-02T03:04:05Z' });
  const wrappers: Record<string, (line: string) => string> = {
    'docker compose': (line) => `vllm-1  | ${line}`,
    'docker with times': (line) => `2026-01-02T03:04:05.123456789Z ${line}`,
    'a container runtime': (line) => `2026-01-02T03:04:05.123456789Z stderr F ${line}`,
    'kubectl with prefixes': (line) => `[pod/vllm-0/server] ${line}`,
    'kubectl with prefixes and times': (line) => `[pod/vllm-0/server] 2026-01-02T03:04:05.123Z ${line}`,
    'the journal': (line) => `Jan 02 03:04:05 host vllm[99]: ${line}`,
    'JSON of a container': json('log'),
    'JSON of a journal': json('MESSAGE'),
    colours: (line) =>
      line
        .replace('(EngineCore pid=7)', '\u001B[0;36m(EngineCore pid=7)\u001B[0;0m')
        .replace('INFO', '\u001B[32mINFO\u001B[0m'),
    'lines of another system': (line) => `${line}\r`,
    'the journal with a path as its name': (line) => `Jan 02 03:04:05.123456 host /usr/bin/python3[99]: ${line}`,
    'the journal in other forms': (line) => `Fri 2026-01-02 03:04:05 UTC host vllm[99]: ${line}`,
    'the journal by the seconds': (line) => `1704164645.123456 host vllm[99]: ${line}`,
    'syslog with a priority': (line) => `<30>Jan  2 03:04:05 host docker/3f2a4b[99]: ${line}`,
    'syslog as it is now': (line) => `<14>1 2026-01-02T03:04:05Z host vllm 99 - - ${line}`,
    'services of a swarm': (line) => `vllm_server.1.abcdef0123456@node-1    | ${line}`,
    'several pods by another tool': (line) => `vllm-0 server ${line}`,
    'a job that ran elsewhere': (line) => `test\tRun vllm\t2026-01-02T03:04:05.1234567Z ${line}`,
    'a job of another service': (line) => `2026-01-02T03:04:05.123456Z 01E ${line}`,
    'a stream of a cloud': (line) => `2026-01-02T03:04:05.123000+00:00 ecs/vllm/0123abcd ${line}`,
    'labels of a store': (line) => `2026-01-02T03:04:05Z {app="vllm", pod="x"} ${line}`,
    'a time and a tab': (line) => `1704164645123\t2026-01-02T03:04:05.123Z\t${line}`,
    'an object behind a time and a tag': (line) => `2026-01-02T03:04:05+00:00\tkube.log\t${json('log')(line)}`,
    'an object behind a runtime': (line) => `2026-01-02T03:04:05Z stderr F ${json('message')(line)}`,
    'an object in an object': (line) => JSON.stringify({ log: json('message')(line) }),
    'an object that holds an object': (line) => JSON.stringify({ jsonPayload: { message: line }, severity: 'INFO' }),
    'an object over several lines': (line) => `      "message": ${JSON.stringify(line)},`,
    'bytes of a journal': (line) => JSON.stringify({ MESSAGE: [...Buffer.from(`\u001B[32m${line}`)] }),
    'a logger with dashes': (line) => `2026-01-02 03:04:05,123 - runner - INFO - ${line}`,
    'a logger with bars': (line) => `2026-01-02 03:04:05.123 | INFO     | app.runner:pump:42 - ${line}`,
    'an object behind a time, a zone and a tag': (line) => `2026-01-02 03:04:05.000 +0000 tag: ${json('log')(line)}`,
    'what an index gives': (line) => JSON.stringify({ preview: false, result: { _raw: line } }),
    'attributes of an event': (line) => JSON.stringify({ id: 'x', attributes: { message: line, status: 'info' } }),
    'a watcher of processes': (line) => `2026-01-02 03:04:05,123 DEBG 'vllm' stderr output: ${line}`,
    'services with a long bar': (line) => `vllm │ ${line}`,
    'a starter of ranks': (line) => `[1,0]<stderr>:${line}`,
    'a row of a table': (line) => `"2026-01-02 03:04:05.123","${line.replaceAll('"', '""')}"`,
    'a job on several hosts': (line) => `(head, rank=0, pid=4012) ${line}`,
    'a number of a task': (line) => `0: ${line}`,
    'an actor with a long name': (line) => `(ServeReplica:llm:Model pid=12, ip=10.0.0.1) ${line}`,
    'titles and links of a terminal': (line) =>
      `\u001B]0;title\u0007\u001B(B\u001B=${line.replace('[cuda', '[\u001B]8;;file://x\u001B\\cuda')}\u001B[K`,
    'colours without their first character': (line) => line.replace(/^(\(.*?\))/, '[1;36m$1[0;0m'),
    'colours that were written out': (line) => line.replace(/^(\(.*?\))/, '#033[1;36m$1#033[0;0m'),
    'a rank before the number of a process': (line) => line.replace('(EngineCore pid=7)', '(VllmWorker rank=3 pid=7)'),
    'a bar of progress before': (line) =>
      `Loading:  33%|███▎      | 1/3 [00:00<00:01,  1.54it/s]\rLoading: 100%|███| 3/3 [00:01<00:00]\n${line}`,
    'a bar of progress on the line': (line) => `Capturing (PIECEWISE):   0%|          | 0/3 [00:00<?, ?it/s]${line}`,
  };
  it.each(Object.keys(wrappers))('%s', (name) => {
    const text = LOG.map((line) => wrappers[name]!(line)).join('\n');
    expect(startsOf(text)).toHaveLength(1);
    expect(startsOf(text)[0]).toMatchObject({ release: '9.1.0', reached: 'ready', selections: [{ backend: 'FLASH' }] });
  });

  const UP = [
    'INFO:     Application startup complete.',
    'INFO:     1.2.3.4:5 - "POST /v1/completions HTTP/1.1" 200 OK',
  ];
  it.each(['[node-1] ', 'node1: ', 'node1 | ', 'PRE-', '[42] '])(
    'a formatter that is asked to begin with "%s"',
    (put) => {
      const within = [ARGS, ...LOG].map((line) => line.replace('INFO', `${put}INFO`));
      const before = [ARGS.replace('INFO', '(APIServer pid=3) INFO'), ...LOG].map((line) => `${put}${line}`);
      const told = {
        release: '9.1.0',
        reached: 'completed',
        selections: [{ backend: 'FLASH', process: 'EngineCore' }],
      };
      expect(startsOf([...within, ...UP].join('\n'))).toMatchObject([told]);
      // a container's lines have the same form
      if (put.endsWith('| ')) return;
      expect(startsOf([...before, ...UP.map((line) => `(APIServer pid=3) ${line}`)].join('\n'))).toMatchObject([told]);
    },
  );

  it('takes no line for one of the formatter that another process quotes', () => {
    const quoted = `(EngineCore pid=7) as in INFO ${T} [cuda.py:482] Using TRI backend.`;
    expect(backendsOf([...LOG, quoted].join('\n'))).toEqual(['FLASH']);
    expect(backendsOf([...LOG, quoted.replace('as in', `"x" '`)].join('\n'))).toEqual(['FLASH']);
  });

  it('are objects that hold an error and name their process', () => {
    const object = (line: string, more: object = {}): string => {
      const [, , name, message] = /INFO (.{14}) \[(\w+)\.py:\d+\] (.*)$/.exec(line)!;
      return JSON.stringify({
        levelname: 'INFO',
        name: `v.${name}`,
        processName: 'EngineCore',
        process: 7,
        message,
        ...more,
      });
    };
    const error =
      'Traceback (most recent call last):\n  File "x.py", line 1, in x\nValueError: No backend. Reasons: {FLASH: [a]}.';
    const last = object(`INFO ${T} [core.py:1] failed`, { levelname: 'ERROR', exc_info: error });
    const args = object(ARGS, { processName: 'MainProcess', process: 3 });
    const lines = [args, ...LOG.slice(0, 2).map((line) => object(line)), last];
    const told = {
      arguments: { attention_backend: 'TRI' },
      selections: [{ backend: 'FLASH', process: 'EngineCore' }],
      errors: [{ type: 'ValueError', reasons: { FLASH: ['a'] }, line: 4, process: 'EngineCore' }],
      reached: 'failed',
    };
    expect(startsOf(lines.join('\n'))).toMatchObject([told]);
    expect(startsOf(lines.map((line) => JSON.stringify({ log: line })).join('\n'))).toMatchObject([told]);
  });

  it.each([
    ['a logger with dashes', 'runner'],
    ['a logger with bars', 'app.runner'],
    ['a watcher of processes', 'vllm'],
    ['a starter of ranks', null],
    ['an object behind a time, a zone and a tag', null],
  ])('%s is the service %s', (name, service) => {
    expect(startsOf(LOG.map((line) => wrappers[name]!(line)).join('\n')).map((start) => start.service)).toEqual([
      service,
    ]);
  });

  it('keeps two pods apart whose containers have the same name', () => {
    const of = (pod: string, lines: readonly string[]): string[] =>
      lines.map((line) => JSON.stringify({ log: line, kubernetes: { pod_name: pod, container_name: 'server' } }));
    const other = LOG.map((line) => line.replace(CHOSEN, CHOSEN.replace('Using FLASH', 'Using TRI')));
    const [a, b] = [of('a-1', LOG), of('b-1', other)];
    const starts = startsOf(a.flatMap((line, i) => [line, b[i]!]).join('\n'));
    expect(starts.map(({ selections }) => selections.map(({ backend }) => backend))).toEqual([['FLASH'], ['TRI']]);
  });

  it('keeps two services apart', () => {
    const other = LOG.map((line) => line.replaceAll('FLASH', 'TRI').replace("'TRI', 'TRI'", "'TRI'"));
    const text = LOG.flatMap((line, i) => [`a-1  | ${line}`, `b-1  | ${other[i]!}`]).join('\n');
    expect(startsOf(text).map(({ service, selections }) => [service, selections[0]?.backend])).toEqual([
      ['a-1', 'FLASH'],
      ['b-1', 'TRI'],
    ]);
  });

  it('tells several starts apart', () => {
    expect(startsOf([...LOG, ...LOG].join('\n')).map(({ firstLine }) => firstLine)).toEqual([1, 5]);
  });

  it('does not take what a request holds for a line', () => {
    const said = `(APIServer pid=1) INFO ${T} [logger.py:1] Received request: prompt: '(EngineCore pid=7) INFO ${T} [cuda.py:482] Using TRI backend.'`;
    expect(backendsOf([...LOG, said].join('\n'))).toEqual(['FLASH']);
  });

  it('cuts a line that is too long, and goes on', () => {
    const text = [CONFIG, `INFO ${T} [x.py:1] ${'x'.repeat(5000)}`, CHOSEN].join('\n');
    const observer = createObserver(patterns, 1000);
    for (const piece of text.match(/[^]{1,7}/g)!) observer.write(piece);
    observer.end();
    expect(observer.seen()).toMatchObject({
      lines: 3,
      cut: 1,
      starts: [{ selections: [{ backend: 'FLASH', line: 3 }] }],
    });
  });
});

describe('two servers in one stream', () => {
  /** A server of its own numbers, with its own arguments. */
  const server = (first: number, given: string, backend: string, model = 'm/x'): string[] => [
    `(APIServer pid=${first}) INFO ${T} [utils.py:273] non-default args: {'model': '${model}', ${given}}`,
    CONFIG.replace('pid=7', `pid=${first + 1}`).replace('m/x', model),
    `(EngineCore pid=${first + 1}) INFO ${T} [cuda.py:422] Using ${backend} backend.`,
    READY.replace('pid=7', `pid=${first + 1}`),
  ];
  const shown = (lines: readonly string[]): unknown[] =>
    startsOf(lines.join('\n')).map((start) => [
      start.arguments?.['attention_backend'] ?? start.model,
      ...start.selections.map(({ backend }) => backend),
      start.reached,
    ]);
  /** What the servers were asked for whose choices are shown. */
  const askedFor = (lines: readonly string[]): unknown[] =>
    startsOf(lines.join('\n')).flatMap(({ arguments: given, selections }) =>
      selections.map(() => given?.['attention_backend'] ?? null),
    );
  const mingled = (one: readonly string[], other: readonly string[]): string[] =>
    one.flatMap((line, i) => [line, other[i]!]);

  it('are two starts, where what they were asked for tells their engines apart', () => {
    const one = server(10, "'attention_backend': 'TRI'", 'TRI', 'm/x');
    const other = server(20, "'attention_backend': 'FLEX'", 'FLEX', 'm/y');
    expect(shown(mingled(one, other))).toEqual([
      ['TRI', 'TRI', 'ready'],
      ['FLEX', 'FLEX', 'ready'],
    ]);
  });

  it('gives no server a worker of which it cannot be told whose it is', () => {
    const worker = (line: string): string => line.replace(/EngineCore pid=(\d)1(.*backend)/, 'Worker pid=$12$2');
    const one = server(10, "'attention_backend': 'TRI'", 'TRI', 'm/x').map(worker);
    const other = server(20, "'attention_backend': 'FLEX'", 'FLEX', 'm/y').map(worker);
    expect(askedFor(mingled(one, other))).toEqual([null, null]);
    expect(shown([...one, ...other])).toEqual([
      ['TRI', 'TRI', 'ready'],
      ['FLEX', 'FLEX', 'ready'],
    ]);
  });

  it('gives no server an engine of which it cannot be told whose it is', () => {
    const one = server(10, "'attention_backend': 'TRI'", 'TRI');
    const other = server(20, "'attention_backend': 'FLEX'", 'FLEX');
    expect(askedFor(mingled(one, other))).toEqual([null, null]);
  });

  it('are one after the other, where the numbers of processes come again', () => {
    const one = server(10, "'attention_backend': 'TRI'", 'TRI').slice(0, 2);
    expect(shown([...one, ...server(10, "'attention_backend': 'FLEX'", 'FLEX')])).toEqual([
      ['TRI', 'boot'],
      ['FLEX', 'FLEX', 'ready'],
    ]);
  });

  it('are one after the other, where the number of an engine comes again under a server that does not tell its own', () => {
    const of = (backend: string): string[] => [ARGS.replace('TRI', backend), ...server(6, '', backend).slice(1, 3)];
    expect(shown([...of('TRI'), ...of('FLEX'), ...of('FLEX')])).toEqual([
      ['TRI', 'TRI', 'boot'],
      ['FLEX', 'FLEX', 'boot'],
      ['FLEX', 'FLEX', 'boot'],
    ]);
    const ended = [...of('TRI'), READY, ...of('FLEX'), READY];
    expect(shown(ended)).toEqual([
      ['TRI', 'TRI', 'ready'],
      ['FLEX', 'FLEX', 'ready'],
    ]);
  });

  it('are one after the other, where the second has other numbers and the first was killed', () => {
    const one = server(10, "'attention_backend': 'TRI'", 'TRI').slice(0, 2);
    expect(shown([...one, ...server(20, "'attention_backend': 'FLEX'", 'FLEX')])).toEqual([
      ['TRI', 'boot'],
      ['FLEX', 'FLEX', 'ready'],
    ]);
  });

  it('leaves an error alone that either may have printed', () => {
    const one = server(10, "'attention_backend': 'TRI'", 'TRI', 'm/x');
    const other = server(20, "'attention_backend': 'FLEX'", 'FLEX', 'm/y');
    const error = ['Traceback (most recent call last):', 'RuntimeError: Engine core initialization failed.'];
    expect(shown([...mingled(one.slice(0, 2), other.slice(0, 2)), ...error])).toEqual([
      ['TRI', 'boot'],
      ['FLEX', 'boot'],
      [null, 'failed'],
    ]);
    // one that goes on alone is the one that fails
    expect(shown([...one, ...other.slice(0, 2), ...error])).toEqual([
      ['TRI', 'TRI', 'ready'],
      ['FLEX', 'failed'],
    ]);
  });

  it('is one server whose worker says something after an error that ended nothing', () => {
    const [given, config, chosen, ready] = server(10, "'attention_backend': 'TRI'", 'TRI') as [
      string,
      string,
      string,
      string,
    ];
    const worker = chosen.replace('EngineCore pid=11', 'Worker pid=12');
    const error = [
      '(APIServer pid=10) Traceback (most recent call last):',
      '(APIServer pid=10) ValueError: no usage',
      '(APIServer pid=10) on',
    ];
    expect(shown([given, config, ...error, worker, ready])).toMatchObject([['TRI', 'TRI', 'ready']]);
  });

  it('never shows a choice of one beside the arguments of the other', () => {
    const one = server(10, "'attention_backend': 'TRI'", 'TRI');
    const other = server(20, "'attention_backend': 'FLEX', 'seed': 1", 'FLEX');
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }), (turns) => {
        const [a, b] = [[...one], [...other]];
        const lines = turns.map((first) => (first ? (a.shift() ?? b.shift()!) : (b.shift() ?? a.shift()!)));
        const starts = startsOf(lines.join('\n')).filter((start) => start.arguments !== null);
        expect(starts.map((start) => start.selections.map(({ backend }) => backend))).toEqual(
          starts.map((start) => start.selections.map(() => start.arguments!['attention_backend'])),
        );
      }),
    );
  });
});

describe('lines that a container runtime wrote in pieces', () => {
  const day = '2026-01-02T03:04:05.123456789Z';
  const [first, second] = [CONFIG.slice(0, 90), CONFIG.slice(90)];

  it('are whole again, between the pieces of another stream too', () => {
    const lines = [
      `${day} stderr P ${first}`,
      `${day} stdout F a request`,
      `${day} stderr F ${second}`,
      `${day} stderr F ${CHOSEN}`,
    ];
    expect(startsOf(lines.join('\n'))).toMatchObject([
      { release: '9.1.0', kvCacheDtype: 'fp8', selections: [{ backend: 'FLASH', line: 4 }], firstLine: 1 },
    ]);
  });

  it('are whole again where Docker cut them at 16 KiB', () => {
    const long = CONFIG.replace("model='m/x'", `model='m/x', note='${'é'.repeat(9000)}'`);
    const bytes = Buffer.from(long);
    const json = (log: string): string => JSON.stringify({ log, stream: 'stderr', time: day });
    const cut = bytes.subarray(0, 16_384).toString();
    const lines = [json(cut), json(`${bytes.subarray(16_384).toString()}\n`), json(`${CHOSEN}\n`)];
    expect(startsOf(lines.join('\n'))).toMatchObject([
      { kvCacheDtype: 'fp8', selections: [{ backend: 'FLASH', line: 3 }] },
    ]);
  });

  it('are as they are where the last piece never comes', () => {
    expect(backendsOf([`${day} stderr P ${first}`, ...LOG].join('\n'))).toEqual(['FLASH']);
  });
});

describe('damage', () => {
  const lines = [ARGS, CONFIG, CHOSEN, MOE, READY];
  const text = lines.join('\n');
  const edit = fc.record({
    at: fc.nat({ max: text.length }),
    remove: fc.nat({ max: 40 }),
    put: fc.string({ maxLength: 4, unit: 'binary' }),
  });

  it('may lose facts and invents none', () => {
    fc.assert(
      fc.property(fc.array(edit, { maxLength: 3 }), fc.shuffledSubarray(lines), (edits, some) => {
        const damaged = edits.reduce(
          (left, { at, remove, put }) => left.slice(0, at) + put + left.slice(at + remove),
          text,
        );
        for (const seen of [...backendsOf(damaged), ...backendsOf(some.join('\n'))])
          expect(['FLASH', null]).toContain(seen);
      }),
      { numRuns: 2000 },
    );
  });

  it('never throws, whatever stands there', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(...lines))), (all) => {
        for (const start of startsOf(all.join('\n')))
          for (const { backend } of start.selections) expect(['FLASH', null]).toContain(backend);
      }),
    );
  });

  it('tells no value of a line that the text ends within as whole', () => {
    const version = { at: 'v/api.py:1', level: 'INFO', text: ['version ', { is: 'release' }] } as const;
    const variable = { at: 'v/api.py:2', level: 'WARNING', text: ['unknown ', { is: 'variable' }] } as const;
    const all = createPatterns([{ ...TABLE, lines: [...TABLE.lines, version, variable] }]);
    const more = CONFIG.replace(', comp', ", speculative_config=SpeculativeConfig(method='eagle', n=1), comp");
    const whole = [
      `INFO ${T} [api.py:1] version 9.1.0`,
      `WARNING ${T} [api.py:1] unknown AN_OTHER`,
      more,
      'Traceback (most recent call last):',
      'a.b.SomeError',
    ].join('\n');
    const shown = (text: string): Record<string, unknown> => {
      const observer = createObserver(all);
      observer.write(text);
      observer.end();
      const [start] = observer.seen().starts;
      if (!start) return {};
      const { release, dtype, model, speculative, kvCacheDtype, deadVariables, errors } = start;
      const [dead = null] = deadVariables;
      return { release, dtype, model, speculative, kvCacheDtype, dead, error: errors[0]?.type };
    };
    const values = { dtype: 'bfloat16', model: 'm/x', speculative: 'eagle', kvCacheDtype: 'fp8', dead: 'AN_OTHER' };
    expect(shown(`${whole}\n`)).toEqual({ release: '9.1.0', ...values, error: 'SomeError' });
    for (let length = 0; length <= whole.length; length++)
      for (const [name, value] of Object.entries(shown(whole.slice(0, length))))
        expect([undefined, null, { release: '9.1.0', ...values, error: 'SomeError' }[name]], name).toContain(value);
    expect(shown(`INFO ${T} [api.py:1] version 9.1\n`)['release'] ?? null).toBe(null);
  });

  it('does not hold up: neither a line of spaces, nor a path without end, nor reasons that break off', () => {
    const spaces = ' '.repeat(250_000);
    const reasons = Array.from({ length: 60 }, (_, i) => `B${i}: [x, y]`).join(', ');
    const text = [
      CONFIG,
      `INFO ${T} [utils.py:273] non-default args: ${spaces}x`,
      `${spaces}%| .py:`,
      `INFO:     1.2.3.4:5 - "POST /${'a'.repeat(250_000)}`,
      'Traceback (most recent call last):',
      `ValueError: No backend. Reasons: {${reasons}x}.`,
    ];
    const starts = startsOf(text.join('\n'));
    expect(starts.flatMap(({ errors }) => errors)).toMatchObject([{ type: 'ValueError', reasons: null }]);
  });

  it('is the same however the text is cut into pieces', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: text.length }), { maxLength: 8 }), (cuts) => {
        const observer = createObserver(patterns);
        const places = [0, ...cuts.toSorted((a, b) => a - b), text.length];
        for (const [i, from] of places.entries()) observer.write(text.slice(from, places[i + 1]));
        observer.end();
        expect(observer.seen().starts).toEqual(startsOf(text));
      }),
    );
  });
});

describe('what Python prints of a value', () => {
  it.each([
    ["['a', \"b'c\"]", ['a', "b'c"]],
    ["('A',)", ['A']],
    ["{'a': None, 'b': {'c': [1, 2.5, True]}}", { a: null, b: { c: [1, 2.5, true] } }],
    ["{'mode': <Mode.FULL: (2, 1)>}", { mode: 'Mode.FULL' }],
    ["{'type': <Shapes.BACKED: 'backed'>}", { type: 'backed' }],
    ['{}', {}],
    [String.raw`'a\xe9\u20ac\U0001f600\x1b'`, 'aé€😀\u001B'],
    ["Some(a=1, b=Other(), c=Path('x'))", { a: 1, b: {}, c: 'x' }],
  ])('%s', (text, value) => {
    expect(readLiteral(text)).toEqual(value);
  });

  it.each(["['a'", "['a' 'b']", "{'a': }", "['a'] more", ''])('is not %s', (text) => {
    expect(readLiteral(text)).toBeUndefined();
  });
});

describe('the lines that releases print', () => {
  it('says how older releases chose: by what was asked for, where the words stand under that alone', () => {
    const all = createPatterns(readLines());
    const shown = (release: string, file: string, words: string): unknown[] => {
      const observer = createObserver(all);
      observer.write(
        `INFO ${T} [llm_engine.py:2] Initializing a V0 LLM engine (v${release}) with config: model='m/x', x=1\n`,
      );
      observer.write(`INFO ${T} [${file}:1] ${words}\n`);
      return observer.seen().starts.flatMap(({ selections }) => selections.map(({ backend, how }) => [backend, how]));
    };
    expect(shown('0.10.2', 'cuda.py', 'Using FlashInfer backend on V1 engine.')).toEqual([['FLASHINFER', 'forced']]);
    expect(shown('0.6.3', 'selector.py', 'Using Flashinfer backend.')).toEqual([['FLASHINFER', 'forced']]);
    expect(shown('0.9.0', 'cuda.py', 'Using Flash Attention backend on V1 engine.')).toEqual([
      ['FLASH_ATTN', 'platform'],
    ]);
    expect(shown('0.9.0', 'cuda.py', 'Using DualChunkFlashAttention backend.')).toEqual([
      ['DUAL_CHUNK_FLASH_ATTN', 'forced'],
    ]);
    expect(shown('0.8.5', 'cpu.py', 'Using CPU MLA backend.')).toEqual([['CPU_MLA', 'platform']]);
  });

  it('takes the model alone of older releases that print what was given among all that was not', () => {
    const observer = createObserver(createPatterns(readLines()));
    const given = "Namespace(host=None, model='m/x', block_size=16, dispatch_function=<function f at 0x7>)";
    observer.write(
      `INFO ${T} [api_server.py:1] vLLM API server version 0.6.3\nINFO ${T} [api_server.py:2] args: ${given}\n`,
    );
    expect(observer.seen().starts).toMatchObject([
      { release: '0.6.3', model: 'm/x', arguments: null, blockSize: null, lines: { arguments: 2 } },
    ]);
  });

  it('name what is chosen in every release that has been learned', () => {
    const tables = readLines().filter(({ release }) => !release.includes('+'));
    expect(tables.length).toBeGreaterThan(30);
    for (const { release, lines, backends } of tables) {
      const says = (what: string): boolean =>
        lines.some(
          ({ of, text, says: silent }) =>
            of === 'attention' &&
            (text.some((part) => typeof part !== 'string' && part.is === what) || silent?.[what] !== undefined),
        );
      expect(says('backend'), release).toBe(true);
      expect(
        lines.some(({ text }) => text.some((part) => typeof part !== 'string' && part.is === 'config')),
        release,
      ).toBe(true);
      expect(
        lines.some(({ says: silent }) => silent?.['reached'] === 'ready'),
        release,
      ).toBe(true);
      expect(Object.keys(backends).length, release).toBeGreaterThan(5);
    }
  });
});
