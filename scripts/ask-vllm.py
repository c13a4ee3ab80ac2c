"""Keeps vLLM's own code open for questions: python ask-vllm.py RECORDER TREE

RECORDER is the program that recorded the answers. Each line of stdin holds a list of questions, {"apart": false, "questions": [...]};
their answers are one line of stdout each, in the same order. Questions for one install share a process that imported vLLM
once; those that are asked apart get a process each, so that what vLLM takes up when it is imported is their own. Ends when
stdin does.
"""

import importlib.util
import json
import os
import signal
import sys
import tempfile

KEPT = 6
"""So many processes are kept open at once."""


def load(path):
    spec = importlib.util.spec_from_file_location("recorder", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class World:
    """A forked process for one install. Owns: the process, a pipe to it and one from it."""

    def __init__(self, recorder, tree, release, first, others):
        asked, self._asking = os.pipe()
        self._answering, answered = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            try:
                # another world's pipes would never end while this one holds them
                for world in [*others, self]:
                    os.close(world._asking)
                    os.close(world._answering)
                self._live(recorder, tree, release, first, asked, answered)
            finally:
                os._exit(0)
        os.close(asked)
        os.close(answered)
        self._answers = os.fdopen(self._answering, "r", closefd=False)

    @staticmethod
    def _live(recorder, tree, release, first, asked, answered):
        os.dup2(os.open(os.devnull, os.O_RDWR), 0)
        os.dup2(0, 1)  # whatever vLLM prints is no answer
        os.dup2(0, 2)
        environment = first.get("env") or {}
        out = os.fdopen(answered, "w")
        error = None
        try:
            for name, value in environment.items():
                os.environ[name] = str(value)
            recorder.setup_world(
                tree, release, first["platform"], first.get("device") or {}, recorder.resolve_install(first, tree, release)
            )
            recorder.selector_module()
            for name in environment:
                os.environ.pop(name, None)
        except Exception as e:
            error = {"type": "OracleSetupError", "text": f"{type(e).__name__}: {e}"}
        for line in os.fdopen(asked):
            q = json.loads(line)
            answer = {"id": q["id"], "release": release, "winner": None, "error": error}
            if error is None:
                try:
                    answer = recorder.answer(q, tree, release)
                    unread = set(q.get("install") or {}) - set(recorder.INSTALL_DEFAULTS)
                    answer["ignored"] = [*answer.get("ignored", []), *(f"install.{key}" for key in sorted(unread))]
                except Exception as e:
                    answer["error"] = {"type": "OracleError", "text": f"{type(e).__name__}: {e}"}
            out.write(recorder.dumps(answer).replace(tree, "<tree>") + "\n")
            out.flush()

    def ask(self, q):
        os.write(self._asking, (json.dumps(q) + "\n").encode())
        line = self._answers.readline()
        return line or json.dumps({"id": q["id"], "error": {"type": "OracleCrash", "text": "the process ended"}}) + "\n"

    def close(self):
        os.close(self._asking)
        os.close(self._answering)
        os.waitpid(self._pid, 0)


def prepare():
    """The environment in which the recorder imports vLLM."""
    for name in list(os.environ):
        if name.startswith(("VLLM_", "FLASHINFER_", "FLASH_ATTENTION_")):
            del os.environ[name]
    os.environ["VLLM_LOGGING_LEVEL"] = "DEBUG"
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    # nothing is written into the tree
    sys.pycache_prefix = os.path.join(tempfile.gettempdir(), "oracle_pyc")


def main():
    # who asks ends this by ending stdin, also when interrupted
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    path, tree = sys.argv[1], os.path.abspath(sys.argv[2])
    prepare()
    recorder = load(path)
    release = recorder.release_of(tree)
    recorder.preload()
    worlds = {}
    for line in sys.stdin:
        batch = json.loads(line)
        for q in batch["questions"]:
            if batch["apart"]:
                world = World(recorder, tree, release, q, worlds.values())
                sys.stdout.write(world.ask(q))
                world.close()
                continue
            key = recorder.world_key(q, tree, release, "fast")
            world = worlds.pop(key, None)
            if world is None:
                if len(worlds) == KEPT:
                    worlds.pop(next(iter(worlds))).close()
                # what is set for one question must not stay for the others
                world = World(recorder, tree, release, {**q, "env": {}}, worlds.values())
            worlds[key] = world
            sys.stdout.write(world.ask(q))
        sys.stdout.flush()
    for world in worlds.values():
        world.close()


if __name__ == "__main__":
    main()
