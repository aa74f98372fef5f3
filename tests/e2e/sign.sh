#!/bin/sh
# Signed results: openssl and sigstore's own verifier take them, and which keys are refused.
. tests/lib.sh
. tests/e2e/sign_lib.sh

out=$scratch/result
who='Acme Product Security <psirt@acme.example>'
"$vexxy" keygen "$scratch/p256.pem" >/dev/null
"$vexxy" keygen "$scratch/ed25519.pem" --type ed25519 --author "$who" >/dev/null
check "inputs of a case" make_inputs novelty_and_order "$scratch/in"
check "a result is signed with a P-256 key" analyze "$scratch/in" "$out" --image-digest "$image_digest" --key "$scratch/p256.pem"
check "… and with an Ed25519 key" analyze "$scratch/in" "$scratch/ed" --image-digest "$image_digest" --key "$scratch/ed25519.pem"

# The pre-authentication encoding once more, from the specification.
pae() { payload "$1" "$2" >"$scratch/body" && { printf 'DSSEv1 28 application/vnd.in-toto+json %d ' "$(wc -c <"$scratch/body")"; cat "$scratch/body"; } >"$scratch/pae"; }
sig() { sed -n "$1p" "$2" | "$python" -c 'import base64, json, sys; sys.stdout.buffer.write(base64.b64decode(json.load(sys.stdin)["signatures"][0]["sig"]))' >"$scratch/sig"; }
openssl_takes() { # line, file, public key
	pae "$1" "$2" && sig "$1" "$2" || return 1
	case $3 in
	*ed25519*) openssl pkeyutl -verify -pubin -inkey "$3" -rawin -in "$scratch/pae" -sigfile "$scratch/sig" ;;
	*) openssl dgst -sha256 -verify "$3" -signature "$scratch/sig" "$scratch/pae" ;;
	esac
}
authors() { [ "$("$python" -c 'import json, sys; print(json.load(open(sys.argv[1]))["author"])' "$1/vex.openvex.json")" = "$2" ]; }
check "who signs is the author: by a key that tells whose it is, that one" authors "$scratch/ed" "$who"
check "… by one that does not tell, the default" authors "$out" vexxy
check "nobody signs in another one's name: 1" fails_with 1 "the key '.*ed25519.pem' is that of 'Acme Product Security .*', and not of 'Other'" \
	analyze "$scratch/in" "$scratch/other" --image-digest "$image_digest" --key "$scratch/ed25519.pem" --author Other
grep -v '^Author:' "$scratch/ed25519.pem" >"$scratch/nobodys.pem" && chmod 600 "$scratch/nobodys.pem"
check "… unless the key does not tell any more whose it is" analyze "$scratch/in" "$scratch/other" --image-digest "$image_digest" --key "$scratch/nobodys.pem" --author Other
verified() { "$vexxy" verify "$scratch/other" --key "$scratch/ed25519.pub.pem" "$@" >"$scratch/said"; }
told() { verified; [ $? = 3 ] && grep -q "fault: vex.openvex.json: rule 4: its author is 'Other', and the key is that of 'Acme Product Security" "$scratch/said" || { cat "$scratch/said"; false; }; }
check "… which who verifies sees by rule 4: 3" told
check "… and who knows better says" verified --author Other
check "a key of its author holds" "$vexxy" verify "$scratch/ed" --key "$scratch/ed25519.pub.pem"
three_lines() { [ "$(wc -l <"$1")" = 3 ] || { wc -l "$1"; return 1; }; }
check "there are three envelopes" three_lines "$out/evidence.intoto.jsonl"
for line in 1 2 3; do
	check "openssl takes the P-256 signature of envelope $line" openssl_takes $line "$out/evidence.intoto.jsonl" "$scratch/p256.pub.pem"
	check "openssl takes the Ed25519 signature of envelope $line" openssl_takes $line "$scratch/ed/evidence.intoto.jsonl" "$scratch/ed25519.pub.pem"
done
mixed() { pae 1 "$out/evidence.intoto.jsonl" && sig 2 "$out/evidence.intoto.jsonl" && ! openssl dgst -sha256 -verify "$scratch/p256.pub.pem" -signature "$scratch/sig" "$scratch/pae"; }
check "openssl refuses the signature of another envelope" mixed

says() { payload "$1" "$out/evidence.intoto.jsonl" | "$python" -c "import json, sys; s = json.load(sys.stdin); p = s['predicate']; $2"; }
check "the first is the VEX document, whole, of that image" says 1 "
assert s['predicateType'] == 'https://openvex.dev/ns/v0.2.0', s
assert p == json.load(open('$out/vex.openvex.json')), p
assert [x['digest']['sha256'] for x in s['subject']] == ['$image_digest'[7:]], s['subject']
assert {q['@id'] for st in p['statements'] for q in st['products']} == {x['name'] for x in s['subject']}"
check "the second names every trace by digest, with what was lost" says 2 "
inputs = json.load(open('$out/inputs.json'))['inputs']
assert [t['digest']['sha256'] for t in p['vexxy_traces']] == [i['sha256'] for i in inputs if i['role'] == 'trace'], p
assert p['vexxy_lost'] == 0 and p['vexxy_losses']['ring'] == 0 and p['monitorLog']['process'], p"
check "the third links every statement to its evidence, and has the digest of every file" says 3 "
import hashlib, os
files = {a['target']['name']: a['target']['digest']['sha256'] for a in p['attributes'] if a['attribute'] == 'ANALYSIS_FILE'}
assert set(files) == set(os.listdir('$out')) - {'evidence.intoto.jsonl', 'vex.sigstore.json'}, files
for name, digest in files.items(): assert hashlib.sha256(open('$out/' + name, 'rb').read()).hexdigest() == digest, name
report, vex = (json.load(open('$out/' + n)) for n in ('report.json', 'vex.openvex.json'))
links = {a['target']['uri']: a for a in p['attributes'] if a['attribute'] == 'VEX_STATEMENT'}
assert set(links) == {st['@id'] for st in vex['statements']}, links
for st in vex['statements']:
    a = links[st['@id']]
    verdict = report['verdicts'][int(a['evidence']['annotations']['verdicts'][0].split('/')[-1])]
    assert verdict['id'] == st['vulnerability']['name'] and a['conditions']['status'] == st['status'] == verdict['status'], a
    assert float(a['conditions']['confidence']) == verdict['confidence'], a"

# Sigstore's own verifier, from npm, pinned by digest.
if ! command -v npm >/dev/null; then
	skip "sigstore's verifier takes the bundle" "npm is not installed"
else
	cp -r tests/tools/sigstore "$scratch/sigstore"
	if (cd "$scratch/sigstore" && timeout 300 npm ci --ignore-scripts --no-audit --no-fund) >"$scratch/npm.log" 2>&1; then
		verifier() { node "$scratch/sigstore/verify.mjs" "$@"; }
		refuses() { ! verifier "$@"; }
		check "sigstore's verifier takes the bundle of a P-256 key" verifier "$out/vex.sigstore.json" "$scratch/p256.pub.pem"
		check "… and that of an Ed25519 key" verifier "$scratch/ed/vex.sigstore.json" "$scratch/ed25519.pub.pem"
		check "it refuses another key" refuses "$out/vex.sigstore.json" "$scratch/ed25519.pub.pem"
		sed 's/"payload": "eyJf/"payload": "eyJe/' "$out/vex.sigstore.json" >"$scratch/changed.json"
		check "it refuses a changed payload" refuses "$scratch/changed.json" "$scratch/p256.pub.pem"
	else
		sed 's/^/#   /' "$scratch/npm.log" | tail -n 5
		skip "sigstore's verifier takes the bundle" "npm cannot install it here"
	fi
fi

same_payloads() { for line in 1 2 3; do [ "$(payload $line "$1")" = "$(payload $line "$2")" ] || return 1; done; }
again() { analyze "$scratch/in" "$scratch/again" --image-digest "$image_digest" --key "$scratch/$1.pem"; }
check "the same again with the P-256 key" again p256
check "… says the same" same_payloads "$out/evidence.intoto.jsonl" "$scratch/again/evidence.intoto.jsonl"
check "the same again with the Ed25519 key" again ed25519
check "… is the same, byte for byte" diff -r "$scratch/ed" "$scratch/again"
check "the same again without a key" analyze "$scratch/in" "$scratch/again" --image-digest "$image_digest"
check "… leaves no signature of what was there before" sh -c "[ ! -e '$scratch/again/evidence.intoto.jsonl' ] && [ ! -e '$scratch/again/vex.sigstore.json' ]"
check "another predicate type" analyze "$scratch/in" "$scratch/again" --image-digest "$image_digest" --key "$scratch/p256.pem" --predicate-type https://openvex.dev/ns
typed() { payload 1 "$scratch/again/evidence.intoto.jsonl" | grep -q '"predicateType":"https://openvex.dev/ns"'; }
check "… is what stands there" typed

refused() { fails_with "$1" "$2" analyze "$scratch/in" "$scratch/refused" --key "$3" ${4:+"$4" "$5"} && [ -z "$(ls -A "$scratch/refused" 2>/dev/null)" ]; }
cp "$scratch/p256.pem" "$scratch/open.pem" && chmod 644 "$scratch/open.pem"
check "a key that others may read: 1, and nothing is written" refused 1 'open to others than its owner \(mode 0644\)' "$scratch/open.pem"
chmod 640 "$scratch/open.pem"
check "… or the group" refused 1 'mode 0640' "$scratch/open.pem"
openssl genrsa -out "$scratch/rsa.pem" 2048 2>/dev/null && chmod 600 "$scratch/rsa.pem"
check "a key of another type: 1" refused 1 'type RSA: only P-256 and Ed25519' "$scratch/rsa.pem"
openssl ecparam -name secp384r1 -genkey -noout -out "$scratch/p384.pem" && chmod 600 "$scratch/p384.pem"
check "… or on another curve" refused 1 'secp384r1' "$scratch/p384.pem"
cp "$scratch/p256.pub.pem" "$scratch/pub.pem" && chmod 600 "$scratch/pub.pem"
check "the public key: 1" refused 1 'no private key' "$scratch/pub.pem"
check "no such key: 1" refused 1 "cannot open the key '.*none.pem'" "$scratch/none.pem"
check "an unknown predicate type: 2" refused 2 'neither https://openvex.dev/ns' "$scratch/p256.pem" --predicate-type https://example.com/x
VEXXY_KEY_PASSPHRASE='correct horse' "$vexxy" keygen "$scratch/sealed.pem" >/dev/null
check "an encrypted key without passphrase: 1" refused 1 'is encrypted: give its passphrase by --passphrase-file' "$scratch/sealed.pem"
printf 'wrong\n' >"$scratch/wrong" && printf 'correct horse\n' >"$scratch/right" && chmod 600 "$scratch/wrong" "$scratch/right"
check "… with a wrong one: 1" refused 1 'not with the passphrase given' "$scratch/sealed.pem" --passphrase-file "$scratch/wrong"
check "… with the right one it signs" analyze "$scratch/in" "$scratch/sealed" --key "$scratch/sealed.pem" --passphrase-file "$scratch/right"
in_environment() { (VEXXY_KEY_PASSPHRASE='correct horse' && export VEXXY_KEY_PASSPHRASE && analyze "$scratch/in" "$scratch/sealed" --key "$scratch/sealed.pem"); }
check "… also from the environment" in_environment
openssl ec -in "$scratch/p256.pem" -out "$scratch/sec1.pem" 2>/dev/null && chmod 600 "$scratch/sec1.pem"
check "a SEC1 key of openssl signs, too" analyze "$scratch/in" "$scratch/sec1" --key "$scratch/sec1.pem"
check "… and is the same key" sh -c "openssl pkey -in '$scratch/sec1.pem' -pubout | cmp - '$scratch/p256.pub.pem'"
epoch() { (SOURCE_DATE_EPOCH=86400 && export SOURCE_DATE_EPOCH && refused 1 'as of 1970-01-02T00:00:00Z: the clock' "$scratch/p256.pem"); }
check "nothing is signed as of 1970: 1" epoch
check "the private key is nowhere in what was written" sh -c "! grep -rqF '$(sed -n 2p "$scratch/p256.pem")' '$out'"
finish
