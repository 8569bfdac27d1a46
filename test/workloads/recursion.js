// Recursion that V8 compiles, in turns of the event loop.
process.stdin.resume().on("end", () => process.exit());

function burn(x) {
  for (let i = 0; i < 200_000; i++) x = (x * 48271 + i) % 2147483647;
  return x;
}

function descend(depth, x) {
  return depth === 0 ? burn(x) : descend(depth - 1, x + depth) + 1;
}

function turn() {
  descend(20, 1);
  setImmediate(turn);
}
turn();
