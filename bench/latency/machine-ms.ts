// One clock for all processes of the machine, so that what one of them sends and another receives can be compared.

/** Milliseconds since an arbitrary start, the same in every process. */
export function machineMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
