// The part of TensorFlow.js that danfojs-node 1.2.0 calls, in plain JavaScript: exact float64 where TensorFlow is float32,
// and nothing to download. A tensor is a flat array in row order and a shape of at most two dimensions.

class Tensor {
  constructor(values, shape, dtype = "float32") {
    this.flat = values;
    this.shape = shape;
    this.dtype = dtype;
  }
  get rank() {
    return this.shape.length;
  }
  get size() {
    return this.flat.length;
  }
  arraySync() {
    if (this.rank === 0) return this.flat[0];
    if (this.rank === 1) return this.flat.slice();
    const [rows, columns] = this.shape;
    return Array.from({ length: rows }, (_, row) => this.flat.slice(row * columns, (row + 1) * columns));
  }
  async array() {
    return this.arraySync();
  }
  dataSync() {
    return this.flat.slice();
  }
  clone() {
    return new Tensor(this.flat.slice(), this.shape.slice(), this.dtype);
  }
  transpose() {
    if (this.rank < 2) return this.clone();
    const [rows, columns] = this.shape;
    const flat = new Array(this.size);
    for (let r = 0; r < rows; r++)
      for (let c = 0; c < columns; c++) flat[c * rows + r] = this.flat[r * columns + c];
    return new Tensor(flat, [columns, rows], this.dtype);
  }
  sqrt() {
    return new Tensor(this.flat.map(Math.sqrt), this.shape, this.dtype);
  }
  argMax() {
    return scalar(this.flat.reduce((best, value, i) => (value > this.flat[best] ? i : best), 0));
  }
  argMin() {
    return scalar(this.flat.reduce((best, value, i) => (value < this.flat[best] ? i : best), 0));
  }
  max(axis) {
    return reduce(this, axis, (values) =>
      values.reduce((a, b) => (b > a || Number.isNaN(b) ? b : a), -Infinity),
    );
  }
  min(axis) {
    return reduce(this, axis, (values) =>
      values.reduce((a, b) => (b < a || Number.isNaN(b) ? b : a), Infinity),
    );
  }
  mean(axis) {
    return reduce(this, axis, meanOf);
  }
  sum(axis) {
    return reduce(this, axis, (values) => values.reduce((a, b) => a + b, 0));
  }
  dispose() {}
}

const BINARY = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  divNoNan: (a, b) => (b === 0 ? 0 : a / b),
  pow: (a, b) => a ** b,
  mod: (a, b) => a - b * Math.floor(a / b), // the sign of the divisor, as TensorFlow has it
  greater: (a, b) => (a > b ? 1 : 0),
  less: (a, b) => (a < b ? 1 : 0),
  greaterEqual: (a, b) => (a >= b ? 1 : 0),
  lessEqual: (a, b) => (a <= b ? 1 : 0),
  equal: (a, b) => (a === b ? 1 : 0),
  notEqual: (a, b) => (a !== b ? 1 : 0),
};
for (const [name, operation] of Object.entries(BINARY)) {
  Tensor.prototype[name] = function (other) {
    return broadcast(this, typeof other === "number" ? scalar(other) : other, operation);
  };
}

function broadcast(a, b, operation) {
  const rank = Math.max(a.rank, b.rank);
  const [aRows, aColumns] = asMatrix(a);
  const [bRows, bColumns] = asMatrix(b);
  if (
    (aRows !== bRows && aRows !== 1 && bRows !== 1) ||
    (aColumns !== bColumns && aColumns !== 1 && bColumns !== 1)
  ) {
    throw new Error(`Operands could not be broadcast together with shapes ${a.shape} and ${b.shape}.`);
  }
  const rows = aRows === 1 ? bRows : aRows;
  const columns = aColumns === 1 ? bColumns : aColumns;
  const flat = new Array(rows * columns);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) {
      const left = a.flat[(aRows === 1 ? 0 : r) * aColumns + (aColumns === 1 ? 0 : c)];
      const right = b.flat[(bRows === 1 ? 0 : r) * bColumns + (bColumns === 1 ? 0 : c)];
      flat[r * columns + c] = operation(left, right);
    }
  }
  return new Tensor(flat, rank === 2 ? [rows, columns] : rank === 1 ? [columns] : []);
}

function asMatrix(tensor) {
  return tensor.rank === 2 ? tensor.shape : [1, tensor.size];
}

function reduce(tensor, axis, over) {
  if (axis === undefined || tensor.rank < 2) return scalar(over(tensor.flat));
  const [rows, columns] = tensor.shape;
  const lanes = axis === 0 ? columns : rows;
  const lane = (i) =>
    axis === 0
      ? Array.from({ length: rows }, (_, r) => tensor.flat[r * columns + i])
      : tensor.flat.slice(i * columns, (i + 1) * columns);
  return new Tensor(
    Array.from({ length: lanes }, (_, i) => over(lane(i))),
    [lanes],
  );
}

function meanOf(values) {
  return values.reduce((a, b) => a + b, 0) / values.length;
}

function scalar(value) {
  return new Tensor([Number(value)], []);
}

function tensor1d(values, dtype) {
  return new Tensor(Array.from(values), [values.length], dtype);
}

function tensor2d(values, shape, dtype) {
  const flat = Array.isArray(values[0]) ? values.flat() : Array.from(values);
  const numbers = flat.map((value) => (value === null || value === undefined ? NaN : Number(value)));
  return new Tensor(numbers, shape ?? [values.length, values[0]?.length ?? 0], dtype);
}

function moments(tensor, axis) {
  const variance = (values) => {
    const mean = meanOf(values);
    return meanOf(values.map((value) => (value - mean) ** 2));
  };
  return { mean: tensor.mean(axis), variance: reduce(tensor, axis, variance) };
}

/** A data set of which danfojs shuffles and takes: the same seed gives the same order. */
class DataSet {
  constructor(items) {
    this.items = items;
  }
  shuffle(_bufferSize, seed) {
    const items = Array.from(this.items);
    let state = 2166136261;
    for (const c of String(seed)) state = Math.imul(state ^ c.charCodeAt(0), 16777619);
    const random = () => {
      state = (state + 0x6d2b79f5) | 0; // mulberry32
      let t = Math.imul(state ^ (state >>> 15), 1 | state);
      t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
      return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    };
    for (let i = items.length - 1; i > 0; i--) {
      const j = Math.floor(random() * (i + 1));
      [items[i], items[j]] = [items[j], items[i]];
    }
    return new DataSet(items);
  }
  take(count) {
    return new DataSet(this.items.slice(0, count));
  }
  async toArray() {
    return this.items.slice();
  }
}

module.exports = {
  Tensor,
  scalar,
  tensor1d,
  tensor2d,
  moments,
  data: { array: (items) => new DataSet(items) },
};
