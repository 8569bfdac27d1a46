# Each level is called by C (map), so that the interpreter's own stack grows with Python's.


def burn(n):
    x = n
    for i in range(2000):
        x = (x * 48271 + i) % 2147483647
    return x


def descend(depth):
    if depth == 0:
        return burn(depth)
    return next(map(descend, (depth - 1,))) + 1


while True:
    descend(12)
