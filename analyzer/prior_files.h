/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* prior_files.h — prior documents as they were read; for prior*.c only. */
#pragma once

#include "analyzer/digest.h"
#include "analyzer/prior.h"
#include "analyzer/scanner_vex.h"
#include "kubescape-compat/exchange.h"

struct prior_file {
	const cJSON *document; /* the OpenVEX object in its tree */
	char sha256[DIGEST_HEX_BYTES];
	size_t number;            /* of the document in its file */
	bool exchange;            /* Kubescape's: what is not its own there was passed on */
	const cJSON **statements; /* by index */
	size_t statement_count;
	struct vex vex;
};

struct prior_files {
	struct arena *arena;
	struct kube_objects objects;
	cJSON **trees;
	size_t tree_count, tree_room;
	struct prior_file *items; /* by digest, then number */
	size_t count, room;
	size_t statements, components; /* of all documents; components: those that were made here */
};
