// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/*
 * estimate.c — a recorded run, cut off at several points: what the analyzer's own estimator (analyzer/incidence.h) says then of the
 * rest, and what the rest really brought. One line for each cut, on stdout:
 *
 *   run  units  rest  species  next  next_upper  unseen  came  expected  new
 *
 * next: estimated probability that a further unit shows something new; came: the share of the AHEAD next units that did; unseen: the
 * residual risk that verdicts use; expected: new species estimated for all of the rest; new: those that came.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/incidence.h"

#define AHEAD 20u
#define UNITS_MAX 10000u
#define SPECIES_MAX 1000000u

struct run {
	const char *name;
	size_t units, count;
	struct sightings
	    *species; /* the first units in which each was seen, ascending; unit 0: the start */
};

static int load(struct run *run, const char *path)
{
	FILE *in = fopen(path, "r");
	char line[256];

	if (!in || fscanf(in, "units %zu\n", &run->units) != 1 || run->units > UNITS_MAX)
		return -1;
	while (fgets(line, sizeof(line), in)) {
		struct sightings s = {};
		char *at = line, *end;

		for (size_t unit = strtoul(at, &end, 10); end != at; unit = strtoul(at, &end, 10)) {
			sightings_add(&s, unit);
			at = end;
		}
		run->species = realloc(run->species, (run->count + 1) * sizeof(s));
		if (!s.count || !run->species || run->count == SPECIES_MAX)
			return -1;
		run->species[run->count++] = s;
	}
	fclose(in);
	run->name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	return 0;
}

/* As the analyzer counts the first `cut` units: what was there at the start is known, and no sample. */
static struct incidence incidence_of(const struct run *run, size_t cut)
{
	struct incidence in = { .units = cut };
	bool lone[UNITS_MAX + 1] = {};
	size_t last = 0;

	for (size_t i = 0; i < run->count; i++) {
		const struct sightings *s = &run->species[i];
		size_t n = 0;

		while (n < s->count && s->units[n] <= cut)
			n++;
		in.species += n > 0;
		if (!n || !s->units[0])
			continue;
		in.once += n == 1;
		in.twice += n == 2;
		if (n == 1)
			lone[s->units[0]] = true;
		last = s->units[0] > last ? s->units[0] : last;
	}
	for (size_t i = 1; i <= cut; i++)
		in.lone_units += lone[i];
	in.quiet = cut - last;
	return in;
}

/* How many of the units (from, to] showed something for the first time, and how many species. */
static size_t novel_units(const struct run *run, size_t from, size_t to, size_t *species)
{
	bool novel[UNITS_MAX + 1] = {};
	size_t n = 0;

	*species = 0;
	for (size_t i = 0; i < run->count; i++) {
		size_t first = run->species[i].units[0];

		*species += first > from && first <= to;
		novel[first] |= first > from && first <= to;
	}
	for (size_t i = 0; i <= to; i++)
		n += novel[i];
	return n;
}

static void cut_off(const struct run *run, size_t cut)
{
	size_t new, all, came = novel_units(run, cut, cut + AHEAD, &new);
	struct incidence in = incidence_of(run, cut);

	novel_units(run, cut, run->units, &all);
	printf("%.*s\t%zu\t%zu\t%zu\t%.4f\t%.4f\t%.4f\t%.4f\t%.1f\t%zu\n",
	       (int)strcspn(run->name, "\n") - (int)strlen(".tsv"), run->name, cut,
	       run->units - cut, in.species, incidence_next(&in), incidence_next_upper(&in),
	       incidence_residual(&in), (double)came / AHEAD,
	       incidence_new_in_upper(&in, (double)(run->units - cut)), all);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		struct run run = {};

		if (load(&run, argv[i]) < 0) {
			fprintf(stderr, "error: %s is no record of units\n", argv[i]);
			return EXIT_FAILURE;
		}
		for (size_t cut = 10; cut + AHEAD <= run.units; cut += 10)
			cut_off(&run, cut);
		free(run.species);
	}
	return EXIT_SUCCESS;
}
