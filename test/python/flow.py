"""Where control goes: returns and breaks out of loops, handlers and managers, and errors inside comprehensions."""


def search(items, wanted):
    seen = []
    for item in items:
        try:
            if item is None:
                continue
            if item == wanted:
                return ["found", seen]
            if item < 0:
                raise ValueError(f"negative {item}")
            seen.append(item)
        except ValueError as e:
            seen.append(str(e))
            if wanted == 9:
                break
        finally:
            seen.append("-")
    else:
        return ["whole", seen]
    return ["broken", seen]


def risky(n, limit):
    if n > limit:
        raise OverflowError(n)
    return n * 2


def parse(text):
    try:
        return int(text)
    except (TypeError, ValueError):
        pass
    return text or None


def ask(n: int, limit: int | None, text: str):
    out = [search([1, None, n, 5], limit)]
    try:
        out.append([risky(x, limit) for x in (1, 2, n)])
    except OverflowError as e:
        out.append(["over", e.args[0]])
    except TypeError as e:
        out.append([type(e).__name__, str(e)])
    out.append(parse(text))
    for i in range(4):
        if i == n:
            out.append("hit")
            break
        if limit is None:
            continue
        if i * 2 > limit:
            break
    else:
        out.append("none")
    out.append(next((i for i in range(10) if i * i > n), -1))
    while n < 6:
        n += 2
        if limit == n:
            break
    else:
        n = -n
    out.append(n)
    return out


POOLS = {"n": [-1, 0, 2, 5, 7], "limit": [None, 2, 5, 9], "text": ["", "4", "x"]}
