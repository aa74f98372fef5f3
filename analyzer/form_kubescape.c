// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* form_kubescape.c — the OpenVEX document where users of Kubescape look for it. */
#include "analyzer/form.h"
#include "analyzer/json.h"
#include "analyzer/manifests.h"
#include "analyzer/profiles.h"
#include "kubescape-compat/exchange.h"

/* Which container's it is, and so its name, only a profile tells. */
const char *form_kubescape_refusal(const struct analysis *analysis)
{
	const struct profile_choice *choice = analysis->options.profiles;

	if (!choice)
		return "the object is named by the container's profile: give it by --profile";
	return choice->items[0]->instance_id
		   ? NULL
		   : "the profile has no instance-id, from which the object gets its name";
}

cJSON *form_kubescape_document(const struct form *form, struct err *err)
{
	const struct verdicts *verdicts = form->analysis->verdicts;
	const struct manifest_of_image *manifest = form->analysis->manifest;
	const struct kube_state state = { .completion =
					      verdicts->gate_count ? "partial" : "complete" };
	_cleanup_(cJSON_Deletep) cJSON *tree = kube_exchange_write(
	    form->openvex, form->analysis->options.profiles->items[0], &state, err);

	if (tree && manifest && manifest->found &&
	    kube_put_scan(tree, manifest->manifest.object) < 0) {
		err_oom(err);
		return NULL;
	}
	return take_ptr(tree);
}
