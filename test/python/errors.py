"""Errors: which handler takes one, what `finally` does, what is raised from what, and what the interpreter itself says."""


class Bad(ValueError):
    def __init__(self, what, code=3):
        super().__init__(f"bad {what}")
        self.code = code


def check(n, s):
    if n < 0:
        raise Bad(s)
    if n == 0:
        raise KeyError(s)
    if n == 1:
        raise NotImplementedError
    assert n != 2, f"two of {s}"
    return {"a": n}[s]


def ask(n: int, s: str, again: bool):
    log = []
    try:
        try:
            log.append(check(n, s))
        except Bad as e:
            log.append((str(e), e.code))
            if again:
                raise RuntimeError("again") from e
        except (KeyError, IndexError) as e:
            log.append(f"{type(e).__name__} {e}")
            if again:
                raise
        else:
            log.append("fine")
        finally:
            log.append("done")
    except RuntimeError as e:
        log.append(f"{e.__class__.__name__}: {e}")
    return log


POOLS = {"n": [-1, 0, 1, 2, 3], "s": ["a", "b"], "again": [True, False]}
