/** The part of jStat that serves as a second implementation; the package ships no types. */
declare module 'jstat' {
  const jStat: {
    gammaln(x: number): number;
    ibeta(x: number, a: number, b: number): number;
    normal: { cdf(x: number, mean: number, deviation: number): number };
  };
  export default jStat;
}
