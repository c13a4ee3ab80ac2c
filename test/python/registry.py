"""A registry filled by decorators, with names resolved late, overrides, and aliases that warn."""

from enum import Enum, EnumMeta


class Meta(EnumMeta):
    def __getitem__(cls, name):
        try:
            return super().__getitem__(name)
        except KeyError:
            members = ", ".join(cls.__members__)
            raise ValueError(f"unknown {name!r}; valid: {members}") from None


class Backend(Enum, metaclass=Meta):
    ALPHA = "pkg.alpha.Alpha"
    BETA = "pkg.beta.Beta"
    OLD = "pkg.alpha.Alpha"
    CUSTOM = None

    def path(self, overrides):
        path = overrides.get(self, self.value)
        if not path:
            raise ValueError(f"{self.name} must be registered")
        return path

    def short(self):
        return self.value.rsplit(".", 1)[-1] if self.value else "custom"


OVERRIDES = {}


def register(backend, path=None):
    def wrap(cls):
        OVERRIDES[backend] = f"here.{cls.__name__}"
        return cls

    if path is not None:
        OVERRIDES[backend] = path
        return lambda x: x
    return wrap


@register(Backend.BETA)
class Better:
    accepts = (16, 32)

    @classmethod
    def supports(cls, n):
        return not cls.accepts or n in cls.accepts


def ask(name: str, n: int, custom: bool):
    OVERRIDES.pop(Backend.CUSTOM, None)
    if custom:
        register(Backend.CUSTOM, "mine.Custom")
    try:
        backend = Backend[name]
    except ValueError as e:
        return [str(e)]
    try:
        path = backend.path(OVERRIDES)
    except ValueError as e:
        path = f"error: {e}"
    order = {b: i for i, b in enumerate(Backend)}
    ranked = sorted(Backend, key=lambda b: (b is not backend, order[b]))
    return [
        path,
        backend.short(),
        backend.name,
        [b.name for b in ranked],
        len(Backend),
        backend == Backend.ALPHA,
        Better.supports(n),
        register(Backend.BETA, "x")(3) + n,
        OVERRIDES[Backend.BETA],
        backend in OVERRIDES,
    ]


POOLS = {"name": ["ALPHA", "BETA", "OLD", "CUSTOM", "NONE"], "n": [8, 16], "custom": [True, False]}
