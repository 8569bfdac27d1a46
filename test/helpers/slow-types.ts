/** Types that take the compiler minutes. */
export const SLOW_TYPES = `type Count<N, A extends unknown[] = []> = A["length"] extends N ? A : Count<N, [...A, N]>;
${Array.from({ length: 100 }, (_, i) => `let count${i}: Count<${980 - i}>["length"];`).join("\n")}`;
