"""Patterns: a text with a letter for every layer, put together of a list of words and read letter by letter."""

LETTERS = {"state": "M", "full": "*", "experts": "E"}
WORDS = {letter: word for word, letter in LETTERS.items()}


class Layer:
    def __init__(self, prefix: str, pattern: str):
        self.index = int(prefix.rsplit(".", 1)[1])
        self.word = WORDS[pattern[self.index]]
        self.parts = prefix.split(".", 1)


def ask(config: dict, pattern: str, more: bool):
    words = config["words"]
    made = "".join(LETTERS[word] for word in words)
    layers = [Layer(f"model.layers.{i}", pattern) for i in range(len(pattern))]
    found = None
    if more:
        for layer in layers:
            if layer.word == "experts":
                found = layer
    return [
        made,
        len(made),
        "E" in made,
        "-".join(words),
        "E" in pattern,
        [layer.word for layer in layers],
        [layer.index for layer in layers],
        more and found is not None,
        len(set(words)),
        len(set(words)) > 1,
    ]


POOLS = {
    "config": [{"words": w} for w in ([], ["state"], ["full", "state", "experts"], ["full", "sliding"], ["full", "full"])],
    "pattern": ["", "M", "ME*", "**", "Mx"],
    "more": [True, False],
}
