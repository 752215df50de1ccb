// Filled by the statistics module.
