// The five functions of mathjs that danfojs-node 1.2.0 calls, with mathjs's conventions: sample variance, 0 for one value.

function numbers(args) {
  return args.length === 1 && Array.isArray(args[0]) ? args[0].flat(Infinity) : args;
}

function mean(...args) {
  const values = numbers(args);
  if (values.length === 0) throw new Error("Cannot calculate the mean of an empty array");
  return values.reduce((a, b) => a + b, 0) / values.length;
}

function variance(...args) {
  const values = numbers(args);
  if (values.length === 0) throw new Error("Cannot calculate the variance of an empty array");
  if (values.length === 1) return 0;
  const centre = mean(values);
  return values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1);
}

function std(...args) {
  return Math.sqrt(variance(...args));
}

function median(...args) {
  const values = numbers(args)
    .slice()
    .sort((a, b) => a - b);
  if (values.length === 0) throw new Error("Cannot calculate the median of an empty array");
  const middle = values.length >> 1;
  return values.length % 2 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

function mode(...args) {
  const counts = new Map();
  for (const value of numbers(args)) counts.set(value, (counts.get(value) ?? 0) + 1);
  const most = Math.max(...counts.values());
  return [...counts.keys()].filter((value) => counts.get(value) === most);
}

module.exports = { mean, variance, std, median, mode };
