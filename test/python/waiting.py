"""A decorator that looks whether a function is one that is awaited, copies that are changed, and a plain one that is called."""

import copy
import functools
import inspect


def told(fn):
    @functools.wraps(fn)
    async def waits(*args, **kwargs):
        return await fn(*args, **kwargs)

    @functools.wraps(fn)
    def plain(*args, **kwargs):
        return [fn.__name__, fn(*args, **kwargs)]

    return waits if inspect.iscoroutinefunction(fn) else plain


class Config:
    def __init__(self, n):
        self.n = n
        self.part = None


@told
def made(config, n):
    inner = copy.deepcopy(config)
    inner.n = n
    return inner.n + config.n


@told
async def later(n):
    return n


class Holder:
    async def waits(self):
        return 1

    def plain(self):
        return 2


def ask(name: str, n: int):
    holder = Holder()
    return [
        made(Config(2), n),
        inspect.iscoroutinefunction(made),
        inspect.iscoroutinefunction(later),
        inspect.iscoroutinefunction(holder.waits),
        inspect.iscoroutinefunction(holder.plain),
        name,
    ]


POOLS = {"name": ["a", "b"], "n": [0, 3]}
