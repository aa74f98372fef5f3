#!/bin/sh
# vexxy sign: a result that was made without the key is signed as it would have been; one that does not hold, or is about another image, is not.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh
. tests/e2e/sign_lib.sh

check "the inputs of a case" make_inputs novelty_and_order "$scratch/in"
check "a key" "$vexxy" keygen "$scratch/key.pem" --type ed25519
check "a result is signed when it is made" analyze "$scratch/in" "$scratch/at_once" --image-digest "$image_digest" --key "$scratch/key.pem"
check "another is made without a key" analyze "$scratch/in" "$scratch/later" --image-digest "$image_digest"
check "it has no signature" test ! -e "$scratch/later/evidence.intoto.jsonl"
check "it is signed later" "$vexxy" sign "$scratch/later" --key "$scratch/key.pem" --image-digest "$image_digest"
check "as it would have been, to the byte" cmp "$scratch/at_once/evidence.intoto.jsonl" "$scratch/later/evidence.intoto.jsonl"
check "bundle and all" cmp "$scratch/at_once/vex.sigstore.json" "$scratch/later/vex.sigstore.json"
check "it holds" "$vexxy" verify "$scratch/later" --key "$scratch/key.pub.pem" --image-digest "$image_digest"
check "a key that tells whose it is" "$vexxy" keygen "$scratch/acme.pem" --author "Acme Security"
check "signs no statement of somebody else" fails_with 1 'does not hold: .*rule 4' "$vexxy" sign "$scratch/later" --key "$scratch/acme.pem"
check "its own are made in that name" analyze "$scratch/in" "$scratch/named" --image-digest "$image_digest" --author "Acme Security"
check "… and signed" "$vexxy" sign "$scratch/named" --key "$scratch/acme.pem"
from_stdin() { "$vexxy" sign "$scratch/later" --key - <"$scratch/key.pem" && cmp "$scratch/at_once/evidence.intoto.jsonl" "$scratch/later/evidence.intoto.jsonl"; }
check "the key may come on stdin" from_stdin
from_pipe() { cat "$scratch/key.pem" | "$vexxy" sign "$scratch/later" --key -; }
check "also by a pipe" from_pipe
unsigned() { test ! -e "$scratch/later/evidence.intoto.jsonl" && test ! -e "$scratch/later/vex.sigstore.json"; }
check "a result about another image is not signed" fails_with 1 'the result is about another image' \
	"$vexxy" sign "$scratch/later" --key "$scratch/key.pem" --image-digest "sha256:$(printf %064d 8)"
check "… and has no signature any more" unsigned
sed 's/"not_affected"/"affected"/' "$scratch/at_once/vex.openvex.json" >"$scratch/later/vex.openvex.json"
check "one whose document was changed is not signed" fails_with 1 'does not hold' "$vexxy" sign "$scratch/later" --key "$scratch/key.pem"
check "… and has no signature" unsigned
rm "$scratch/later/vex.openvex.json"
ln -s "$scratch/key.pem" "$scratch/later/vex.openvex.json"
check "a link is no file of a result" eval '"$vexxy" sign "$scratch/later" --key "$scratch/key.pem"; ! grep -q "BEGIN" "$scratch/later/evidence.intoto.jsonl" 2>/dev/null'
check "nothing there: nothing is signed" eval 'mkdir "$scratch/empty" && fails_with 1 "report.json" "$vexxy" sign "$scratch/empty" --key "$scratch/key.pem"'
check "without a key: 2" fails_with 2 'say what to sign with' "$vexxy" sign "$scratch/later"
check "without a directory: 2" fails_with 2 'name the one directory' "$vexxy" sign --key "$scratch/key.pem"
finish
