/* What spatch cannot parse, as something that it can: see scripts/series-check */
#define scoped_guard(...) if (1)
#define PKRAM_ACCESS(name, ...) struct pkram_access name
