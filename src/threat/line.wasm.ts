/** line.wat, assembled by `npm run kernels`; base64. */
export const bytes =
  'AGFzbQEAAAABCgFgBn98fH9/fwADAgEABQMBAAEHEAIGbWVtb3J5AgADbWl4AAAKbgFsAgF/A3sgAf0UIQggAv0UIQkDQCADIAZq/V0DAP1fIQcgBCAGaiAHIAggBCAGav1dAwD9XyAH/fEB/fIB/fABIAkgByAFIAZq/V0DAP1f/fEB/fIB/fAB/V79WwMAACAGQQhqIgYgAEkNAAsL';
