// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
// verify.mjs BUNDLE PUBLIC.pem: does sigstore's own verifier take the bundle as signed by that key? Without transparency log or
// timestamp authority, as is the way with plain keys.
import { readFileSync } from "node:fs";
import { createHash, createPublicKey } from "node:crypto";
import { bundleFromJSON } from "@sigstore/bundle";
import { toSignedEntity, Verifier } from "@sigstore/verify";

const [bundle, pem] = process.argv.slice(2);
const key = createPublicKey(readFileSync(pem));
const hint = createHash("sha256").update(key.export({ type: "spki", format: "der" })).digest("base64");
const material = {
  certificateAuthorities: [], timestampAuthorities: [], tlogs: [], ctlogs: [],
  publicKey: (wanted) => {
    if (wanted !== hint) throw new Error(`the hint is ${wanted}, the key's is ${hint}`);
    return { publicKey: key, validFor: () => true };
  },
};
const verifier = new Verifier(material, { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 0 });
verifier.verify(toSignedEntity(bundleFromJSON(JSON.parse(readFileSync(bundle, "utf8")))));
console.log("accepted");
